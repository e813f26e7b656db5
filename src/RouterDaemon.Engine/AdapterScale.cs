namespace RouterDaemon.Engine;

/// <summary>How strongly a request wants an adapter.</summary>
/// <param name="Id">Number of the adapter among those of the model, from 0.</param>
/// <param name="Scale">1 = as trained, 0 = not at all; -100 to 100.</param>
public readonly record struct AdapterScale(int Id, float Scale);

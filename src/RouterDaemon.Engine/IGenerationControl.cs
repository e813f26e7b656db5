namespace RouterDaemon.Engine;

/// <summary>The scheduler's side of a <see cref="Generation"/>.</summary>
internal interface IGenerationControl
{
    int CachedTokens { get; }

    void Cancel();
}

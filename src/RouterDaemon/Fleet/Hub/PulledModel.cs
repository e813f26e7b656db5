namespace RouterDaemon.Fleet.Hub;

/// <summary>A model that lies complete in the models folder.</summary>
/// <param name="Files">Its files, first part first.</param>
/// <param name="WasThere">True = nothing had to be pulled.</param>
internal sealed record PulledModel(IReadOnlyList<PulledFile> Files, bool WasThere);

namespace RouterDaemon.Store.Records;

/// <summary>The last minutes of one deployment as histograms, opaque here.</summary>
/// <param name="DeploymentId"><c>model/backend</c>.</param>
/// <param name="Format">Number of the layout of the blobs; a reader ignores formats it does not know.</param>
/// <param name="Ttft">Time to the first token.</param>
/// <param name="Itl">Time between tokens.</param>
/// <param name="Latency">Whole requests.</param>
public sealed record WindowState(string DeploymentId, int Format, byte[] Ttft, byte[] Itl, byte[] Latency);

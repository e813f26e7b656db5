namespace RouterDaemon.Relay;

/// <summary>One deployment that died in the middle of an answer.</summary>
/// <param name="DeploymentId">Which.</param>
/// <param name="DeliveredChunks">Chunks with content that it had delivered.</param>
/// <param name="Reason">What happened.</param>
internal sealed record Rescue(string DeploymentId, int DeliveredChunks, string Reason);

namespace RouterDaemon.Core.Routing;

/// <summary>What a decision reads of the router itself; unmanaged.</summary>
internal struct RouterImage
{
    public ulong Seed;
    public double Exploration;
    public double SessionAffinityUsd;
    public int StaticChainCap;
    public int DefaultPolicy;

    /// <summary>Learned answer length of the request's class.</summary>
    public float OutputTokens;
}

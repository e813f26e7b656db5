using RouterDaemon.Core.Routing;

namespace RouterDaemon.Core.Simulation;

/// <summary>One request under way.</summary>
internal struct SimRequest
{
    public long ArrivalNs;
    public long FirstNs;
    public long EndNs;
    public long GapNs;
    public RouteLease Lease;
    public AttemptSet Tried;
    public float PredictedTtftMs;
    public int Node;
    public int Engine;
    public int Attempts;
    public int Cached;
    public int Left;
    public int EstimatedTokens;
    public bool IsPrivate;
}

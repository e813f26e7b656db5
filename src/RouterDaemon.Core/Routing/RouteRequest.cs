using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Wire;

namespace RouterDaemon.Core.Routing;

/// <summary>What a decision needs to know of a request. A zero means: not said.</summary>
public struct RouteRequest
{
    /// <summary>Prompt tokens, estimated.</summary>
    public int PromptTokens;

    /// <summary>Prompt tokens that may be billed at most (<see cref="RequestPeek.MostPromptTokens"/>): what budgets set aside. 0 = as estimated.</summary>
    public int MostPromptTokens;

    /// <summary>Most tokens of an answer allowed; 0 = no limit given.</summary>
    public int MaxTokens;

    /// <summary>
    /// Most tokens of an answer that the upstream will be told where the client set no limit, cut to what fits its context: a bound for budgets, no demand on
    /// the context. 0 = none.
    /// </summary>
    public int CapTokens;

    /// <summary>Answers asked for, each of them billed; 0 = one.</summary>
    public int Answers;

    /// <summary>Bytes of prompt that <see cref="PromptTokens"/> stands for; teaches bytes per token. 0 = unknown.</summary>
    public int PromptBytes;

    /// <summary>Answer tokens expected; 0 = as learned.</summary>
    public int ExpectedOutputTokens;

    /// <summary>Bytes that the prefix hashes were taken from (<see cref="RequestPeek.PrefixBytes"/>).</summary>
    public int PrefixBytes;

    /// <summary>Tokens covered by each prefix hash when they are equally spaced (simulator, token blocks); 0 = <see cref="PrefixHasher"/>'s byte boundaries.</summary>
    public int PrefixBlockTokens;

    /// <summary>Capabilities that a deployment must have.</summary>
    public Capability Required;

    /// <summary>Least trust level.</summary>
    public TrustLevel PrivacyFloor;

    /// <summary>Kind of work, for quality priors.</summary>
    public TaskClass TaskClass;

    /// <summary>The answer is streamed.</summary>
    public bool Stream;

    /// <summary>Weights; start from a <see cref="RoutingPreset"/>.</summary>
    public RoutingWeights Weights;

    /// <summary>Most the request may cost, USD; 0 = no limit.</summary>
    public double MaxCostUsd;

    /// <summary>Objective for the first token; 0 = the weights' own.</summary>
    public float SloTtftMs;

    /// <summary>Objective for the time between tokens; 0 = the weights' own.</summary>
    public float SloTpotMs;

    /// <summary>Time left until the request's deadline; 0 = none.</summary>
    public float DeadlineMs;

    /// <summary>Hash of the session; 0 = none. Requests of one session prefer one deployment, until load makes it dear.</summary>
    public ulong SessionHash;

    /// <summary>Tag bits that a deployment must have.</summary>
    public ulong RequiredTags;

    /// <summary>Number of the policy in <see cref="RoutingPolicies.Table"/> plus one; 0 = the router's default.</summary>
    public int Policy;

    /// <summary>Randomness of this request; equal seeds and equal states give equal decisions.</summary>
    public ulong Seed;

    /// <summary>Deployments tried before.</summary>
    public AttemptSet Tried;
}

using System.Runtime.Intrinsics;

namespace RouterDaemon.Core.Routing;

/// <summary>The terms of eight prices side by side; seconds and USD. <see cref="CandidateTerms"/> says what they are.</summary>
internal struct TermLanes
{
    public Vector256<float> Ttft;
    public Vector256<float> Ahead;
    public Vector256<float> Queue;
    public Vector256<float> Prefill;
    public Vector256<float> Itl;
    public Vector256<float> Cached;
    public Vector256<float> Miss;
    public Vector256<float> Cost;
    public Vector256<float> Money;
    public Vector256<float> Time;
    public Vector256<float> Externality;
    public Vector256<float> Failure;
    public Vector256<float> Quality;
    public Vector256<float> Affinity;
    public Vector256<float> Total;
}

namespace RouterDaemon.Engine.Scheduling;

/// <summary>
/// How many prompt tokens may ride in a batch beside decoding sequences, so that a long prompt delays their next token by a bounded
/// time and no more. Learns the cost of a prompt token from the steps themselves.
/// </summary>
internal sealed class PromptBudget(int batchTokens)
{
    /// <summary>Added to the step of decoding sequences, in milliseconds: half of a gap that a reader notices.</summary>
    public const double TargetMs = 50;

    private const int MinTokens = 16;
    private const double Weight = 0.25;

    private double _msPerToken;

    public int Tokens(bool othersDecode)
    {
        if (!othersDecode || _msPerToken <= 0)
            return othersDecode ? Math.Min(128, batchTokens) : batchTokens;
        return (int)Math.Clamp(TargetMs / _msPerToken, Math.Min(MinTokens, batchTokens), batchTokens);
    }

    public void Observe(int promptTokens, double stepMs)
    {
        // Below this the fixed cost of a step dominates and would be read as cost per token.
        if (promptTokens < MinTokens)
            return;
        double cost = stepMs / promptTokens;
        _msPerToken = _msPerToken <= 0 ? cost : _msPerToken + Weight * (cost - _msPerToken);
    }
}

namespace RouterDaemon.Engine.Scheduling;

/// <summary>
/// How many prompt tokens may ride in a batch beside decoding sequences, so that a long prompt delays their next token by a bounded
/// time and no more. Learns the cost of a prompt token from the steps themselves.
/// </summary>
internal sealed class PromptBudget(int batchTokens)
{
    /// <summary>Added to the step of decoding sequences, in milliseconds: half of a gap that a reader notices.</summary>
    public const double TargetMs = 50;

    /// <summary>
    /// Shortest piece of a longer prompt: below it a token costs more on the CPU (134 M weights Q8_0, one thread: 512 and 128 at a time
    /// 300 tokens/s, 65 212, 32 69), and below 64 llama.cpp's flash attention leaves its tiled kernel.
    /// </summary>
    private const int MinTokens = 128;

    private const int MinObservedTokens = 16;
    private const double Weight = 0.25;

    private double _msPerToken;

    public int Tokens(bool othersDecode)
    {
        if (!othersDecode || _msPerToken <= 0)
            return othersDecode ? Math.Min(MinTokens, batchTokens) : batchTokens;
        return (int)Math.Clamp(TargetMs / _msPerToken, Math.Min(MinTokens, batchTokens), batchTokens);
    }

    /// <summary>Cuts a prompt into equal pieces of at most <paramref name="most"/> tokens, so that no short and dear one is left at its end.</summary>
    /// <returns>Tokens of the next piece.</returns>
    public static int Piece(int left, int most)
    {
        int pieces = (left + most - 1) / most;
        return (left + pieces - 1) / pieces;
    }

    public void Observe(int promptTokens, double stepMs)
    {
        // Below this the fixed cost of a step dominates and would be read as cost per token.
        if (promptTokens < MinObservedTokens)
            return;
        double cost = stepMs / promptTokens;
        _msPerToken = _msPerToken <= 0 ? cost : _msPerToken + Weight * (cost - _msPerToken);
    }
}

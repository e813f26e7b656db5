using RouterDaemon.Engine.Scheduling;

namespace RouterDaemon.Engine.Speculation;

/// <summary>Where each run of three tokens of a text was last followed by something. Open for one job; grows with its text.</summary>
internal sealed class TokenIndex
{
    /// <summary>Tokens of a run: of two, too many are chance; longer ones miss the first words of a repetition.</summary>
    public const int RunTokens = 3;

    private const int Empty = 0;

    /// <summary>By hash of the run: position of the token behind it. A newer run takes the place of an older one.</summary>
    private int[] _behind;
    private int _taken = RunTokens;

    public TokenIndex(Job job)
    {
        Job = job;
        _behind = new int[SizeFor(job.Prompt.Length)];
    }

    /// <summary>Whose text it is.</summary>
    public Job Job { get; }

    /// <summary>Enters the runs that now have a token behind them.</summary>
    /// <param name="tokens">The text without its last token; only ever longer than at the call before.</param>
    public void Take(ReadOnlySpan<int> tokens)
    {
        if (tokens.Length * 2 > _behind.Length)
        {
            _behind = new int[SizeFor(tokens.Length)];
            _taken = RunTokens;
        }
        // The run before tokens[i] has tokens[i] behind it.
        for (; _taken < tokens.Length; _taken++)
            _behind[Place(tokens[_taken - 3], tokens[_taken - 2], tokens[_taken - 1])] = _taken;
    }

    /// <summary>Position of the token that followed the text's last run when it last occurred, -1 = it never did.</summary>
    /// <param name="tokens">The text without its last token.</param>
    /// <param name="last">Its last token.</param>
    public int Find(ReadOnlySpan<int> tokens, int last)
    {
        if (tokens.Length < RunTokens)
            return -1;
        int at = _behind[Place(tokens[^2], tokens[^1], last)];
        return at != Empty && tokens[at - 3] == tokens[^2] && tokens[at - 2] == tokens[^1] && tokens[at - 1] == last ? at : -1;
    }

    private int Place(int a, int b, int c)
    {
        ulong hash = ((ulong)(uint)a * 0x9E3779B97F4A7C15UL) ^ ((ulong)(uint)b * 0xC2B2AE3D27D4EB4FUL) ^ ((ulong)(uint)c * 0x165667B19E3779F9UL);
        return (int)((hash ^ (hash >> 32)) & (uint)(_behind.Length - 1));
    }

    /// <summary>Four places for each token, a power of two.</summary>
    private static int SizeFor(int tokens) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(tokens, 256) * 4);
}

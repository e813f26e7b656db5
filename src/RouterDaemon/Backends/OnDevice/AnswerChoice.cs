using System.Buffers;
using RouterDaemon.Engine;

namespace RouterDaemon.Backends.OnDevice;

/// <summary>One choice of an answer: its generation and what has come of it.</summary>
internal sealed class AnswerChoice(int index, Generation generation, string? echo)
{
    private Task<bool>? _wait;

    public int Index { get; } = index;

    public Generation Generation { get; } = generation;

    /// <summary>The prompt to begin with; null = none.</summary>
    public string? Echo { get; } = echo;

    /// <summary>The stream has its role chunk.</summary>
    public bool Begun { get; set; }

    /// <summary>How it ended; null while it runs.</summary>
    public GenerationResult? Result { get; private set; }

    /// <summary>The engine gave it up, so the answer stays unfinished.</summary>
    public bool Broken { get; private set; }

    public bool Open => Result is null && !Broken;

    /// <summary>Text of a whole answer.</summary>
    public ArrayBufferWriter<byte> Content { get; } = new(256);

    /// <summary>Reasoning of a whole answer.</summary>
    public ArrayBufferWriter<byte> Reasoning { get; } = new(16);

    /// <summary>Tool calls so far; their arguments are kept for a whole answer only.</summary>
    public List<AnswerCall> Calls { get; } = [];

    public List<TokenLogProb> LogProbs { get; } = [];

    /// <summary>Tokens that were reasoning, as far as events tell.</summary>
    public int ReasoningTokens { get; set; }

    /// <summary>OpenAI's name of the end: <c>stop</c>, <c>length</c> or <c>tool_calls</c>.</summary>
    public string FinishReason => Result!.Reason == Engine.FinishReason.Length ? "length" : Calls.Count > 0 ? "tool_calls" : "stop";

    /// <summary>The next event, if one is there.</summary>
    public bool TryRead(out GenerationEvent e)
    {
        if (!Open || !Generation.Events.TryRead(out e))
        {
            e = default;
            return false;
        }

        Result = e.Finished;
        return true;
    }

    /// <summary>Waits for an event. One wait at a time stands on a channel, whoever else of the answer is waited for beside it.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        if (!await Generation.Events.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            Broken = true;
        }
    }

    /// <summary>The wait that stands, or a new one.</summary>
    public Task<bool> Waiting(CancellationToken cancellationToken) =>
        _wait is { IsCompleted: false } ? _wait : _wait = Generation.Events.WaitToReadAsync(cancellationToken).AsTask();

    /// <summary>Takes over a wait that has ended. False while it stands.</summary>
    public async ValueTask<bool> TakeWaitAsync()
    {
        if (_wait is not { IsCompleted: true } done)
        {
            return false;
        }

        _wait = null;
        Broken = !await done.ConfigureAwait(false);
        return true;
    }
}

using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using RouterDaemon.Engine;
using RouterDaemon.Engine.Answers;

namespace RouterDaemon.Backends.OnDevice;

/// <summary>The generations of one request as bytes in OpenAI's dialect: events of a stream, or one JSON answer.</summary>
internal sealed class GenerationResponse : BackendResponse
{
    private const string IdCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    /// <summary>Mistral's templates refuse ids of any other length.</summary>
    private const int CallIdLength = 9;

    private readonly AnswerChoice[] _choices;
    private readonly int _choicesPerPrompt;
    private readonly bool _isStream;
    private readonly bool _isChat;
    private readonly ArrayBufferWriter<byte> _pending = new(1024);
    private readonly AnswerJson _json;
    private int _sent;
    private bool _ended;

    /// <param name="choices">Choices of the answer by index.</param>
    /// <param name="choicesPerPrompt">How many of them share a prompt.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="createdUnixSeconds">Time of the answer.</param>
    public GenerationResponse(AnswerChoice[] choices, int choicesPerPrompt, BackendRequest request, long createdUnixSeconds)
    {
        _choices = choices;
        _choicesPerPrompt = choicesPerPrompt;
        _isStream = request.Peek.Stream;
        _isChat = request.Operation == Operation.Chat;
        _json = new AnswerJson(_pending, request, createdUnixSeconds);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (_sent == _pending.WrittenCount)
        {
            if (_ended)
            {
                return 0;
            }

            _pending.ResetWrittenCount();
            _sent = 0;
            try
            {
                await WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (EngineException e)
            {
                throw EngineErrors.ToUpstream(e);
            }

            // Everything that is ready goes out in one piece: a busy client costs fewer writes, an idle one waits for nothing.
            TakeReady(buffer.Length);
            if (Array.TrueForAll(_choices, static c => !c.Open))
            {
                End();
            }
        }

        var count = Math.Min(buffer.Length, _pending.WrittenCount - _sent);
        _pending.WrittenSpan.Slice(_sent, count).CopyTo(buffer.Span);
        _sent += count;
        return count;
    }

    public override ValueTask DisposeAsync()
    {
        _json.Dispose();
        foreach (var choice in _choices)
        {
            choice.Generation.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        if (_choices is [var only])
        {
            await only.WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        var open = Array.FindAll(_choices, static c => c.Open);
        await Task.WhenAny(Array.ConvertAll(open, c => c.Waiting(cancellationToken))).ConfigureAwait(false);
        foreach (var choice in open)
        {
            await choice.TakeWaitAsync().ConfigureAwait(false);
        }
    }

    private void TakeReady(int limit)
    {
        foreach (var choice in _choices)
        {
            while (_pending.WrittenCount < limit && choice.TryRead(out var e))
            {
                if (_isStream)
                {
                    Stream(choice, e);
                }
                else
                {
                    Collect(choice, e);
                }
            }
        }
    }

    /// <summary>An answer that the engine has given up ends here, unfinished: the relay tells the client.</summary>
    private void End()
    {
        _ended = true;
        if (Array.Exists(_choices, static c => c.Broken))
        {
            return;
        }

        if (_isStream)
        {
            _json.WriteEnd(_choices, _choicesPerPrompt);
        }
        else
        {
            _json.WriteWhole(_choices, _choicesPerPrompt);
        }
    }

    private void Collect(AnswerChoice choice, in GenerationEvent e)
    {
        choice.LogProbs.AddRange(e.LogProbs ?? []);
        if (choice.Generation.Answer is null)
        {
            choice.Content.Write(e.Text.Span);
            return;
        }

        foreach (var delta in Deltas(choice, e))
        {
            switch (delta.Kind)
            {
                case AnswerDeltaKind.Content:
                    Encoding.UTF8.GetBytes(delta.Text, choice.Content);
                    break;
                case AnswerDeltaKind.Reasoning:
                    Encoding.UTF8.GetBytes(delta.Text, choice.Reasoning);
                    break;
                default:
                    choice.Calls[delta.CallIndex].Arguments.Append(delta.Text);
                    break;
            }
        }
    }

    private void Stream(AnswerChoice choice, in GenerationEvent e)
    {
        if (!choice.Begun)
        {
            choice.Begun = true;
            if (_isChat)
            {
                _json.WriteRole(choice);
            }
            else if (choice.Echo is { Length: > 0 } prompt)
            {
                _json.WriteText(choice, Encoding.UTF8.GetBytes(prompt), null);
            }
        }

        if (choice.Generation.Answer is null)
        {
            if (e.Text.Length > 0)
            {
                _json.WriteText(choice, e.Text.Span, e.LogProbs);
            }
        }
        else
        {
            var logProbs = e.LogProbs;
            foreach (var delta in Deltas(choice, e))
            {
                _json.WriteDelta(choice, delta, logProbs);
                logProbs = null;
            }
        }

        if (e.Finished is not null)
        {
            _json.WriteFinish(choice);
        }
    }

    /// <summary>What an event adds; calls that it begins get their ids.</summary>
    private static List<AnswerDelta> Deltas(AnswerChoice choice, in GenerationEvent e)
    {
        var reader = choice.Generation.Answer!;
        List<AnswerDelta> deltas = [.. reader.Push(e.Text.Span), .. e.Finished is null ? [] : reader.Finish()];
        foreach (var delta in deltas)
        {
            if (delta.CallName is not null)
            {
                choice.Calls.Add(new AnswerCall(RandomNumberGenerator.GetString(IdCharacters, CallIdLength), delta.CallName));
            }
        }

        if (deltas is [{ Kind: AnswerDeltaKind.Reasoning }, ..])
        {
            choice.ReasoningTokens += e.TokenCount;
        }

        return deltas;
    }
}

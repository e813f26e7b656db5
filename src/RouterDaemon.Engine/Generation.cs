using System.Threading.Channels;
using RouterDaemon.Engine.Answers;

namespace RouterDaemon.Engine;

/// <summary>A running generation. Dispose it when done or to cancel: the slot is free after at most one decode step.</summary>
public sealed class Generation : IAsyncDisposable, IDisposable
{
    private readonly IGenerationControl _control;

    internal Generation(IGenerationControl control, ChannelReader<GenerationEvent> events, int promptTokens)
    {
        _control = control;
        Events = events;
        PromptTokens = promptTokens;
    }

    /// <summary>Tokens of the prompt, BOS and template included.</summary>
    public int PromptTokens { get; }

    /// <summary>Prompt tokens taken from the KV cache instead of computed; final once the first event has arrived.</summary>
    public int CachedTokens => _control.CachedTokens;

    /// <summary>
    /// Bounded: a reader that stops reading parks its own sequence, nobody else's. The last event has
    /// <see cref="GenerationEvent.Finished"/> set; a failed decode completes the channel with an <see cref="EngineException"/>.
    /// </summary>
    public ChannelReader<GenerationEvent> Events { get; }

    /// <summary>Splits the text into reasoning, content and tool calls; null when all of it is content.</summary>
    public AnswerReader? Answer { get; init; }

    /// <summary>Stops the generation. Idempotent; does not wait.</summary>
    public void Dispose() => _control.Cancel();

    public ValueTask DisposeAsync()
    {
        _control.Cancel();
        return ValueTask.CompletedTask;
    }
}

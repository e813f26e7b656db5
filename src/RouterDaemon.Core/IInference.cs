namespace RouterDaemon.Core;

/// <summary>The agents' only way to a model: through the router itself, whoever serves it.</summary>
public interface IInference
{
    /// <summary>True when some usable deployment takes tool definitions; the bundled model alone does not count.</summary>
    bool HasToolModel { get; }

    /// <summary>
    /// One chat completion, streamed: text deltas, whole tool calls, then one <see cref="InferenceEventKind.Finished"/>.
    /// Throws <see cref="InferenceException"/> when nothing could serve it.
    /// </summary>
    IAsyncEnumerable<InferenceEvent> ChatAsync(InferenceRequest request, CancellationToken cancellation);
}

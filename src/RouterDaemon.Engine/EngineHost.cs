using RouterDaemon.Native;

namespace RouterDaemon.Engine;

/// <summary>
/// The on-device engine: any number of configured models, loaded on demand, each with its own inference thread. Thread-safe.
/// </summary>
public sealed class EngineHost : IAsyncDisposable
{
    public EngineHost(IEngineLog log, TimeProvider time) => throw new NotSupportedException($"{log}{time}");

    /// <summary>
    /// Loads the llama.cpp libraries (once for the process) and checks them. Never throws.
    /// </summary>
    /// <param name="directory">Where they are; null = <c>ROUTERD_LLAMA_DIR</c>, else <c>llama/</c> beside the executable.</param>
    public static NativeStatus Probe(string? directory) => throw new NotSupportedException(directory);

    /// <summary>
    /// Replaces the set of models. Unchanged records keep their loaded model; removed and changed ones finish what they run, then unload.
    /// </summary>
    public void SetModels(IReadOnlyList<EngineModelOptions> models) => throw new NotSupportedException();

    public IReadOnlyList<EngineModelStatus> Status() => throw new NotSupportedException();

    /// <summary>Cheap enough for every request.</summary>
    public bool TryGetStatus(string modelId, out EngineModelStatus status) => throw new NotSupportedException();

    /// <summary>Loads the model if it is not loaded; concurrent calls share one load.</summary>
    public Task PreloadAsync(string modelId, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>Unloads the model as soon as its running requests have ended.</summary>
    public Task UnloadAsync(string modelId) => throw new NotSupportedException();

    /// <summary>
    /// Queues a request, loading its model first when needed. Returns once the prompt is tokenised and queued.
    /// </summary>
    /// <exception cref="EngineException">The request is refused; the kind says why.</exception>
    public ValueTask<Generation> SubmitAsync(string modelId, GenerationRequest request, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>Facts of the model, which is loaded first when needed.</summary>
    public ValueTask<ModelFacts> GetFactsAsync(string modelId, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>Token ids of a text.</summary>
    public ValueTask<int[]> TokenizeAsync(string modelId, string text, bool addSpecial, bool parseSpecial, CancellationToken ct) =>
        throw new NotSupportedException();

    /// <summary>UTF-8 text of token ids.</summary>
    public ValueTask<byte[]> DetokenizeAsync(string modelId, ReadOnlyMemory<int> tokens, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>The prompt that the messages of the request become.</summary>
    public ValueTask<string> ApplyTemplateAsync(string modelId, GenerationRequest request, CancellationToken ct) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}

using RouterDaemon.Engine.Hosting;
using RouterDaemon.Engine.Isolation;
using RouterDaemon.Engine.Vectors;
using RouterDaemon.Native;

namespace RouterDaemon.Engine;

/// <summary>
/// The on-device engine: any number of configured models, loaded on demand, each with its own inference thread. Thread-safe.
/// </summary>
public sealed class EngineHost : IAsyncDisposable
{
    private readonly IEngineLog _log;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<string>? _childCommand;
    private readonly IDisposable _nativeLog;
    private readonly Lock _gate = new();
    private Dictionary<string, ModelEntry> _models = new(StringComparer.Ordinal);

    /// <param name="log">Where the engine and the library write.</param>
    /// <param name="time">Clock of the timings and of <c>KeepAlive</c>.</param>
    /// <param name="childCommand">Program and arguments that run <see cref="EngineChild"/>; null = every model runs in this process.</param>
    public EngineHost(IEngineLog log, TimeProvider time, IReadOnlyList<string>? childCommand = null)
    {
        _childCommand = childCommand;
        _log = log;
        _time = time;
        _nativeLog = NativeLog.Subscribe((level, line) => log.Write(
            level switch
            {
                NativeLogLevel.Error => EngineLogLevel.Error,
                NativeLogLevel.Warning => EngineLogLevel.Warning,
                _ => EngineLogLevel.Debug,
            },
            line));
    }

    /// <summary>
    /// Loads the llama.cpp libraries (once for the process) and checks them. Never throws.
    /// </summary>
    /// <param name="directory">Where they are; null = <c>ROUTERD_LLAMA_DIR</c>, else <c>llama/</c> beside the executable.</param>
    public static NativeStatus Probe(string? directory) => LlamaLibrary.Probe(directory);

    /// <summary>
    /// Replaces the set of models. Unchanged records keep their loaded model; removed and changed ones finish what they run, then unload.
    /// </summary>
    /// <exception cref="ArgumentException">Two models share an id, or an option is out of its range.</exception>
    public void SetModels(IReadOnlyList<EngineModelOptions> models)
    {
        List<ModelEntry> fresh = [];
        List<ModelEntry> gone;
        lock (_gate)
        {
            Dictionary<string, ModelEntry> next = new(StringComparer.Ordinal);
            foreach (EngineModelOptions options in models)
            {
                Check(options);
                ModelEntry entry = _models.TryGetValue(options.Id, out ModelEntry? old) && old.Options == options
                    ? old
                    : new ModelEntry(options, _log, _time, _childCommand);
                if (!next.TryAdd(options.Id, entry))
                    throw new ArgumentException($"two models have the id {options.Id}", nameof(models));
                if (entry != old)
                    fresh.Add(entry);
            }
            gone = [.. _models.Values.Where(e => !next.ContainsValue(e))];
            Volatile.Write(ref _models, next);
        }
        foreach (ModelEntry entry in gone)
            _ = entry.RetireAsync();
        foreach (ModelEntry entry in fresh.Where(e => e.Options.Preload))
            _ = PreloadQuietlyAsync(entry);
    }

    public IReadOnlyList<EngineModelStatus> Status() => [.. Volatile.Read(ref _models).Values.Select(e => e.Status)];

    /// <summary>Cheap enough for every request: a dictionary look-up and one read, no lock.</summary>
    public bool TryGetStatus(string modelId, out EngineModelStatus status)
    {
        bool found = Volatile.Read(ref _models).TryGetValue(modelId, out ModelEntry? entry);
        status = found ? entry!.Status : null!;
        return found;
    }

    /// <summary>What the slots of a model do, between two of its steps; empty while it is not loaded. Neither loads it nor keeps it loaded.</summary>
    /// <exception cref="EngineException">Unknown model.</exception>
    public async ValueTask<IReadOnlyList<SlotState>> GetSlotsAsync(string modelId, CancellationToken ct)
    {
        ModelEntry entry = Find(modelId);
        if (entry.Loaded is not { } model)
            return [];
        try
        {
            return await model.SlotsAsync(ct).ConfigureAwait(false);
        }
        catch (EngineException)
        {
            // Its process has ended in the meantime; so have its slots.
            return [];
        }
    }

    /// <summary>Loads the model if it is not loaded; concurrent calls share one load.</summary>
    /// <exception cref="EngineException">Unknown model or failed load.</exception>
    public async Task PreloadAsync(string modelId, CancellationToken ct)
    {
        ModelEntry entry = Find(modelId);
        await entry.AcquireAsync(ct).ConfigureAwait(false);
        entry.Release();
    }

    /// <summary>Unloads the model as soon as its running requests have ended.</summary>
    public Task UnloadAsync(string modelId) => Find(modelId).UnloadAsync();

    /// <summary>
    /// Queues a request, loading its model first when needed. Returns once the prompt is tokenised and queued. Cancelling
    /// <paramref name="ct"/> ends the wait and, later, the generation, as disposing it does.
    /// </summary>
    /// <exception cref="EngineException">The request is refused; the kind says why.</exception>
    public async ValueTask<Generation> SubmitAsync(string modelId, GenerationRequest request, CancellationToken ct)
    {
        RequestRules.Check(request);
        return await SubmitOneAsync(Find(modelId), request, ct).ConfigureAwait(false);
    }

    /// <summary>
    /// Queues several requests to one model, all or none of them. Neighbours that differ in their sampling only share one prompt, which
    /// is computed once.
    /// </summary>
    /// <exception cref="EngineException">One of them is refused; the kind says why.</exception>
    public async ValueTask<IReadOnlyList<Generation>> SubmitAsync(string modelId, IReadOnlyList<GenerationRequest> requests, CancellationToken ct)
    {
        foreach (GenerationRequest request in requests)
            RequestRules.Check(request);
        ModelEntry entry = Find(modelId);
        List<Generation> generations = new(requests.Count);
        try
        {
            foreach (GenerationRequest request in requests)
                generations.Add(await SubmitOneAsync(entry, request, ct).ConfigureAwait(false));
            return generations;
        }
        catch
        {
            foreach (Generation generation in generations)
                generation.Dispose();
            throw;
        }
    }

    /// <summary>Facts of the model, which is loaded first when needed.</summary>
    public ValueTask<ModelFacts> GetFactsAsync(string modelId, CancellationToken ct) => WithModelAsync(modelId, static m => ValueTask.FromResult(m.Facts), ct);

    /// <summary>Token ids of a text.</summary>
    /// <param name="modelId">The model.</param>
    /// <param name="text">Any text.</param>
    /// <param name="addSpecial">Add the BOS and EOS that the model asks for.</param>
    /// <param name="parseSpecial">Recognise special tokens spelt out in the text.</param>
    /// <param name="ct">Ends the wait for the load.</param>
    public ValueTask<int[]> TokenizeAsync(string modelId, string text, bool addSpecial, bool parseSpecial, CancellationToken ct) =>
        WithModelAsync(modelId, m => m.TokenizeAsync(text, addSpecial, parseSpecial, ct), ct);

    /// <summary>UTF-8 text of token ids, special tokens spelt out.</summary>
    public ValueTask<byte[]> DetokenizeAsync(string modelId, ReadOnlyMemory<int> tokens, CancellationToken ct) =>
        WithModelAsync(modelId, m => m.DetokenizeAsync(tokens, ct), ct);

    /// <summary>Bytes of one token, special ones spelt out.</summary>
    public ValueTask<byte[]> PieceAsync(string modelId, int token, CancellationToken ct) => WithModelAsync(modelId, m => m.PieceAsync(token, ct), ct);

    /// <summary>The prompt that the messages of the request become.</summary>
    public ValueTask<string> ApplyTemplateAsync(string modelId, GenerationRequest request, CancellationToken ct) =>
        WithModelAsync(modelId, m => m.RenderAsync(request, ct), ct);

    /// <summary>Vectors of texts, as the model gives them.</summary>
    /// <exception cref="EngineException">The model makes none, or an input is wrong.</exception>
    public ValueTask<VectorResult> EmbedAsync(string modelId, IReadOnlyList<VectorInput> inputs, CancellationToken ct) =>
        QueueAsync(modelId, m => m.EmbedAsync(inputs, ct), ct);

    /// <summary>How well documents fit a query.</summary>
    /// <exception cref="EngineException">The model makes no scores, or a document is too long.</exception>
    public ValueTask<ScoreResult> ScoreAsync(string modelId, string query, IReadOnlyList<string> documents, CancellationToken ct) =>
        QueueAsync(modelId, m => m.ScoreAsync(query, documents, ct), ct);

    /// <summary>Ends every generation and unloads every model.</summary>
    public async ValueTask DisposeAsync()
    {
        ModelEntry[] entries;
        lock (_gate)
        {
            entries = [.. _models.Values];
            Volatile.Write(ref _models, new Dictionary<string, ModelEntry>(StringComparer.Ordinal));
        }
        await Task.WhenAll(entries.Select(e => e.DisposeAsync().AsTask())).ConfigureAwait(false);
        _nativeLog.Dispose();
    }

    private async ValueTask<Generation> SubmitOneAsync(ModelEntry entry, GenerationRequest request, CancellationToken ct)
    {
        long submittedAt = _time.GetTimestamp();
        entry.EnterQueue();
        IModel model;
        try
        {
            model = await entry.AcquireAsync(ct).ConfigureAwait(false);
        }
        catch
        {
            entry.LeaveQueue(submittedAt);
            throw;
        }
        return await model.SubmitAsync(request, submittedAt, () =>
        {
            entry.LeaveQueue(submittedAt);
            entry.Release();
        }, ct).ConfigureAwait(false);
    }

    /// <summary>Uses a model within its queue limit.</summary>
    private async ValueTask<T> QueueAsync<T>(string modelId, Func<IModel, ValueTask<T>> use, CancellationToken ct)
    {
        ModelEntry entry = Find(modelId);
        long submittedAt = _time.GetTimestamp();
        entry.EnterQueue();
        try
        {
            IModel model = await entry.AcquireAsync(ct).ConfigureAwait(false);
            try
            {
                return await use(model).ConfigureAwait(false);
            }
            finally
            {
                entry.Release();
            }
        }
        finally
        {
            entry.LeaveQueue(submittedAt);
        }
    }

    private async ValueTask<T> WithModelAsync<T>(string modelId, Func<IModel, ValueTask<T>> use, CancellationToken ct)
    {
        ModelEntry entry = Find(modelId);
        IModel model = await entry.AcquireAsync(ct).ConfigureAwait(false);
        try
        {
            return await use(model).ConfigureAwait(false);
        }
        finally
        {
            entry.Release();
        }
    }

    private async Task PreloadQuietlyAsync(ModelEntry entry)
    {
        try
        {
            await entry.AcquireAsync(CancellationToken.None).ConfigureAwait(false);
            entry.Release();
        }
        catch (Exception)
        {
            // The load has logged its failure and the status shows it; the next request will try again.
        }
    }

    private ModelEntry Find(string modelId) =>
        Volatile.Read(ref _models).TryGetValue(modelId, out ModelEntry? entry)
            ? entry
            : throw new EngineException(EngineErrorKind.UnknownModel, $"there is no on-device model {modelId}", "model");

    private static void Check(EngineModelOptions options)
    {
        Require(options.Id.Length > 0, options, "Id is empty");
        Require(Path.IsPathFullyQualified(options.Path), options, $"Path {options.Path} is not absolute");
        Require(options.Slots is >= 1 and <= 64, options, $"Slots is {options.Slots}, it must be 1 to 64");
        Require(options.ContextTokens is 0 or >= 16, options, $"ContextTokens is {options.ContextTokens}, it must be 0 or at least 16");
        Require((long)options.ContextTokens * options.Slots <= int.MaxValue, options, "ContextTokens times Slots is too large");
        Require(options.QueueLimit >= 0, options, $"QueueLimit is {options.QueueLimit}, it must be at least 0");
        Require(options.Threads is >= 0 and <= 512, options, $"Threads is {options.Threads}, it must be 0 to 512");
        Require(options.Adapters.Count <= AdapterFiles.MaxCount, options, $"Adapters has {options.Adapters.Count} entries, the limit is {AdapterFiles.MaxCount}");
        Require(options.Adapters.All(a => Path.IsPathFullyQualified(a.Path) && float.IsFinite(a.Scale)), options, "Adapters holds a path that is not absolute, or a scale that is no number");
        Require(
            options.KeepAlive >= TimeSpan.Zero || options.KeepAlive == Timeout.InfiniteTimeSpan, options, $"KeepAlive is {options.KeepAlive}");
    }

    private static void Require(bool condition, EngineModelOptions options, string message)
    {
        if (!condition)
            throw new ArgumentException($"model {options.Id}: {message}", nameof(options));
    }
}

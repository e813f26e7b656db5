using Microsoft.Win32.SafeHandles;
using RouterDaemon.Native.Interop;

namespace RouterDaemon.Native;

/// <summary>
/// A KV cache and compute graph of a model. Belongs to one thread at a time. Arguments that llama.cpp would answer with an abort of
/// the process are refused here first.
/// </summary>
public sealed class LlamaContext : SafeHandleZeroOrMinusOneIsInvalid
{
    private const int MaxSequencesSupported = 64;
    private const int ThreadPoolParamsBytes = 528;

    private readonly LlamaModel _model;
    private readonly bool _modelHeld;
    private nint _memory;
    private nint _threadPool;
    private int _poolThreads;
    private IReadOnlyList<LlamaAdapter>? _adapters;

    private LlamaContext(LlamaModel model) : base(ownsHandle: true)
    {
        _model = model;
        model.DangerousAddRef(ref _modelHeld);
    }

    public LlamaModel Model => _model;

    /// <summary>Cells of the cache as made, which may be more than asked for.</summary>
    public int ContextTokens { get; private set; }

    public int BatchTokens { get; private set; }

    public int MaxSequences { get; private set; }

    public int MaxOutputs { get; private set; }

    public bool UnifiedCache { get; private set; }

    public int PoolingType { get; private set; }

    public int Threads { get; private set; }

    /// <exception cref="InvalidDataException">llama.cpp could not make the context, most often for lack of memory.</exception>
    public static LlamaContext Create(LlamaModel model, ContextSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.ContextTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.BatchTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.Threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.MaxSequences, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(settings.MaxSequences, MaxSequencesSupported);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.MaxOutputs, settings.MaxSequences);
        LlamaContextParams p = LlamaApi.llama_context_default_params();
        p.ContextTokens = (uint)settings.ContextTokens;
        p.BatchTokens = p.MicroBatchTokens = (uint)settings.BatchTokens;
        p.MaxSequences = (uint)settings.MaxSequences;
        p.MaxOutputs = (uint)settings.MaxOutputs;
        // Pooling reads every token of a sequence.
        p.MaxOutputsPerSequence = settings.Embeddings ? (uint)settings.MaxOutputs : (uint)settings.OutputsPerSequence;
        p.Threads = p.ThreadsBatch = settings.Threads;
        p.KvUnified = settings.UnifiedCache ? (byte)1 : (byte)0;
        p.Embeddings = settings.Embeddings ? (byte)1 : (byte)0;
        p.PoolingType = settings.PoolingType;
        p.FlashAttentionType = settings.FlashAttention ? -1 : 0;
        LlamaContext context = new(model);
        NativeLog.CollectErrors();
        context.SetHandle(LlamaApi.llama_init_from_model(model.Pointer, p));
        string errors = NativeLog.TakeErrors();
        if (context.IsInvalid)
        {
            context.Dispose();
            throw new InvalidDataException(errors.Length > 0 ? errors : "llama.cpp gave no reason");
        }
        context._memory = LlamaApi.llama_get_memory(context.handle);
        context.ContextTokens = (int)LlamaApi.llama_n_ctx(context.handle);
        context.BatchTokens = (int)LlamaApi.llama_n_batch(context.handle);
        context.MaxSequences = (int)LlamaApi.llama_n_seq_max(context.handle);
        context.MaxOutputs = settings.MaxOutputs;
        context.UnifiedCache = settings.UnifiedCache;
        context.PoolingType = LlamaApi.llama_pooling_type(context.handle);
        context.Threads = settings.Threads;
        context.MakeThreadPool(settings.Threads);
        return context;
    }

    /// <summary>Computes a batch.</summary>
    /// <returns>0 done; 1 no room in the cache, nothing changed; other values: failed, part of the batch may be in the cache.</returns>
    public unsafe int Decode(TokenBatch batch)
    {
        ThrowIfClosed();
        ArgumentOutOfRangeException.ThrowIfLessThan(batch.Count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(batch.Count, BatchTokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(batch.OutputCount, MaxOutputs);
        batch.Validate(_model.VocabularySize, MaxSequences);
        return LlamaApi.llama_decode(handle, batch.Native());
    }

    /// <summary>Logits of a token of the last batch that asked for output, [vocabulary]; valid until the next decode. May be written to.</summary>
    public unsafe Span<float> Logits(int batchIndex)
    {
        ThrowIfClosed();
        float* logits = LlamaApi.llama_get_logits_ith(handle, batchIndex);
        return logits is null ? [] : new Span<float>(logits, _model.VocabularySize);
    }

    /// <summary>Pooled embedding of a sequence of the last batch, [embedding output length]; empty when the context does not pool.</summary>
    public unsafe ReadOnlySpan<float> SequenceEmbedding(int sequence)
    {
        CheckSequence(sequence);
        float* values = LlamaApi.llama_get_embeddings_seq(handle, sequence);
        return values is null ? [] : new ReadOnlySpan<float>(values, _model.EmbeddingOutputLength);
    }

    /// <summary>Score of a sequence of the last batch in a context that pools by rank; NaN when there is none.</summary>
    public unsafe float SequenceScore(int sequence)
    {
        CheckSequence(sequence);
        float* values = LlamaApi.llama_get_embeddings_seq(handle, sequence);
        return values is null ? float.NaN : *values;
    }

    /// <summary>Computes with these adapters from the next decode on. Changing them makes that decode plan its graph anew; setting the same again is free.</summary>
    /// <param name="adapters">Adapters of this context's model.</param>
    /// <param name="scales">One for each; 0 = without it.</param>
    public unsafe void SetAdapters(IReadOnlyList<LlamaAdapter> adapters, ReadOnlySpan<float> scales)
    {
        ThrowIfClosed();
        ArgumentOutOfRangeException.ThrowIfNotEqual(scales.Length, adapters.Count, nameof(scales));
        nint* pointers = stackalloc nint[adapters.Count];
        for (int i = 0; i < adapters.Count; i++)
        {
            ObjectDisposedException.ThrowIf(adapters[i].IsClosed || adapters[i].IsInvalid, adapters[i]);
            pointers[i] = ReferenceEquals(adapters[i].Model, _model) ? adapters[i].Pointer : throw new ArgumentException("an adapter belongs to another model", nameof(adapters));
        }
        // Kept, because llama.cpp keeps their addresses.
        _adapters = adapters;
        fixed (float* s = scales)
            _ = LlamaApi.llama_set_adapters_lora(handle, pointers, (nuint)adapters.Count, s);
    }

    /// <summary>Changes the number of compute threads from the next decode on; more than at creation is cut to that.</summary>
    public void SetThreads(int threads)
    {
        ThrowIfClosed();
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = Math.Min(threads, _poolThreads);
        LlamaApi.llama_set_n_threads(handle, Threads, Threads);
    }

    /// <summary>Forgets positions from <paramref name="from"/> on.</summary>
    /// <returns>False when the model's state cannot be cut there; nothing was changed then.</returns>
    public bool TryTruncate(int sequence, int from)
    {
        CheckSequence(sequence);
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        return _memory == 0 || LlamaApi.llama_memory_seq_rm(_memory, sequence, from, -1) != 0;
    }

    /// <summary>Forgets a whole sequence.</summary>
    public void Clear(int sequence)
    {
        CheckSequence(sequence);
        if (_memory != 0)
            LlamaApi.llama_memory_seq_rm(_memory, sequence, -1, -1);
    }

    /// <summary>
    /// Makes <paramref name="target"/>, which must be empty, share all that <paramref name="source"/> holds. Cut it afterwards: a
    /// cache that is not unified copies whole sequences only.
    /// </summary>
    public void CopyAll(int source, int target)
    {
        CheckSequence(source);
        CheckSequence(target);
        ArgumentOutOfRangeException.ThrowIfEqual(source, target);
        if (_memory != 0)
            LlamaApi.llama_memory_seq_cp(_memory, source, target, -1, -1);
    }

    /// <summary>Bytes that <see cref="SaveSequence"/> would copy; 0 = the sequence has no state.</summary>
    public long SequenceStateBytes(int sequence)
    {
        CheckSequence(sequence);
        return (long)LlamaApi.llama_state_seq_get_size(handle, sequence);
    }

    /// <summary>Copies a sequence's state; null when llama.cpp could not, or there is no memory for it.</summary>
    public unsafe SequenceState? SaveSequence(int sequence)
    {
        nuint bytes = (nuint)SequenceStateBytes(sequence);
        if (bytes == 0 || SequenceState.TryCreate(bytes) is not { } state)
            return null;
        if (LlamaApi.llama_state_seq_get_data(handle, (byte*)state.Pointer, bytes, sequence) == bytes)
            return state;
        state.Dispose();
        return null;
    }

    /// <summary>Puts a copy into a sequence, whose old content is lost. False when llama.cpp could not: clear the sequence then.</summary>
    public unsafe bool TryRestoreSequence(int sequence, SequenceState state)
    {
        CheckSequence(sequence);
        ObjectDisposedException.ThrowIf(state.IsClosed, state);
        return LlamaApi.llama_state_seq_set_data(handle, (byte*)state.Pointer, (nuint)state.Bytes, sequence) > 0;
    }

    /// <summary>Lowest position held, -1 = none.</summary>
    public int FirstPosition(int sequence)
    {
        CheckSequence(sequence);
        return _memory == 0 ? -1 : LlamaApi.llama_memory_seq_pos_min(_memory, sequence);
    }

    /// <summary>Highest position held, -1 = none.</summary>
    public int LastPosition(int sequence)
    {
        CheckSequence(sequence);
        return _memory == 0 ? -1 : LlamaApi.llama_memory_seq_pos_max(_memory, sequence);
    }

    protected override unsafe bool ReleaseHandle()
    {
        LlamaApi.llama_free(handle);
        GC.KeepAlive(_adapters);
        if (_threadPool != 0)
            ((delegate* unmanaged<nint, void>)LlamaLibrary.CpuFunction("ggml_threadpool_free\0"u8))(_threadPool);
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        bool first = !IsClosed;
        base.Dispose(disposing);
        if (first && disposing && _modelHeld)
            _model.DangerousRelease();
    }

    /// <summary>Without a pool of its own the CPU backend starts and joins its threads at every decode.</summary>
    private unsafe void MakeThreadPool(int threads)
    {
        _poolThreads = threads;
        nint create = LlamaLibrary.CpuFunction("ggml_threadpool_new\0"u8);
        if (threads < 2 || create == 0 || LlamaLibrary.CpuFunction("ggml_threadpool_free\0"u8) == 0)
            return;
        byte* parameters = stackalloc byte[ThreadPoolParamsBytes];
        GgmlApi.ggml_threadpool_params_init(parameters, threads);
        _threadPool = ((delegate* unmanaged<byte*, nint>)create)(parameters);
        if (_threadPool != 0)
            LlamaApi.llama_attach_threadpool(handle, _threadPool, _threadPool);
    }

    private void CheckSequence(int sequence)
    {
        ThrowIfClosed();
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)sequence, (uint)MaxSequences, nameof(sequence));
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(IsClosed || IsInvalid, this);
}

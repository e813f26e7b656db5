using RouterDaemon.Engine.Gguf;

namespace RouterDaemon.Engine.Hosting;

/// <summary>How much context a model gets, decided before anything is allocated.</summary>
/// <param name="SlotTokens">Context of each slot.</param>
/// <param name="KvBytes">Estimated size of the cache, 0 = unknown.</param>
/// <param name="ExtraBytes">Size of the adapters and of the draft model's weights.</param>
internal sealed record MemoryPlan(int SlotTokens, long KvBytes, long ExtraBytes)
{
    private const int MinSlotTokens = 256;

    /// <summary>Longest text that a model makes a vector of, unless the configuration sets a context.</summary>
    public const int MaxVectorTokens = 2048;

    private const int Granularity = 256;

    /// <summary>Compute buffers and the like, on top of weights and cache.</summary>
    private const long Reserve = 128L << 20;

    /// <param name="header">The file.</param>
    /// <param name="options">Configured context and slots.</param>
    /// <param name="traits">What it is used for: one that makes vectors needs one more sequence for them.</param>
    /// <param name="extraBytes">Size of its adapters and of its draft model, which count as weights.</param>
    /// <param name="extraKvBytesPerToken">What the draft model's cache adds to each token.</param>
    /// <param name="availableBytes">Memory free for weights and cache together.</param>
    /// <param name="weightBytes">Size of the weights; null = as the header says.</param>
    /// <exception cref="InvalidDataException">It cannot fit; the message holds the numbers.</exception>
    public static MemoryPlan For(
        GgufHeader header, EngineModelOptions options, ModelTraits traits, long extraBytes, long extraKvBytesPerToken, long availableBytes, long? weightBytes = null)
    {
        if (!traits.Generates)
        {
            // A whole text is one batch, whose buffers grow with it.
            int trainedContext = header.ContextTokens > 0 ? header.ContextTokens : MaxVectorTokens;
            options = options with { ContextTokens = options.ContextTokens > 0 ? options.ContextTokens : Math.Min(trainedContext, MaxVectorTokens) };
        }
        int sequences = (traits.Generates ? options.Slots : 0) + (traits.Pooling != PoolingKind.None ? 1 : 0);
        long weights = (weightBytes ?? header.WeightBytes) + extraBytes;
        if (weights > availableBytes)
            throw new InvalidDataException($"its weights need {Mib(weights)} MiB, {Mib(availableBytes)} MiB are free");
        long perToken = header.KvBytesPerToken + (header.KvBytesPerToken > 0 ? extraKvBytesPerToken : 0);
        int trained = header.ContextTokens > 0 ? header.ContextTokens : 4096;
        if (options.ContextTokens > 0)
        {
            long need = perToken * options.ContextTokens * sequences;
            if (weights + need > availableBytes)
                throw new InvalidDataException(
                    $"weights ({Mib(weights)} MiB) and a context of {sequences} x {options.ContextTokens} tokens ({Mib(need)} MiB) need more than "
                    + $"the {Mib(availableBytes)} MiB that are free: lower context or slots");
            return new MemoryPlan(options.ContextTokens, need, extraBytes);
        }
        if (perToken == 0)
            return new MemoryPlan(Math.Min(trained, 4096), 0, extraBytes);
        long room = Math.Max(0, availableBytes - weights - Reserve) / 2;
        long fits = room / perToken / sequences / Granularity * Granularity;
        int tokens = (int)Math.Min(trained, Math.Max(fits, Math.Min(MinSlotTokens, trained)));
        if (weights + perToken * tokens * sequences > availableBytes)
            throw new InvalidDataException(
                $"weights ({Mib(weights)} MiB) and the smallest context ({sequences} x {tokens} tokens) need more than the {Mib(availableBytes)} MiB that are free");
        return new MemoryPlan(tokens, perToken * tokens * sequences, extraBytes);
    }

    private static long Mib(long bytes) => bytes >> 20;
}

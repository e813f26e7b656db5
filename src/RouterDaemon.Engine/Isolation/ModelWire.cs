using RouterDaemon.Engine.Scheduling;

namespace RouterDaemon.Engine.Isolation;

/// <summary>What is said of a model on the wire: its options, what loading found, its state, its failures.</summary>
internal static class ModelWire
{
    public static void Write(WireWriter w, EngineModelOptions o)
    {
        w.Text(o.Id);
        w.Text(o.Path);
        w.Int(o.ContextTokens);
        w.Int(o.Slots);
        w.Int(o.GpuLayers ?? -1);
        w.Bool(o.Deterministic);
        w.Int(o.Pooling is { } pooling ? (int)pooling : -1);
        w.Int(o.Threads);
        w.Long(o.PrefixCacheBytes);
        w.Byte((byte)o.Speculation);
        w.Text(o.DraftPath);
        w.Int(o.Adapters.Count);
        foreach (AdapterFile adapter in o.Adapters)
        {
            w.Text(adapter.Path);
            w.Float(adapter.Scale);
        }
    }

    /// <summary>The options that matter where the model runs; queueing and lifetime stay with the daemon.</summary>
    public static EngineModelOptions ReadOptions(WireReader r) => new()
    {
        Id = r.Text()!,
        Path = r.Text()!,
        ContextTokens = r.Int(),
        Slots = r.Int(),
        GpuLayers = r.Int() is >= 0 and var layers ? layers : null,
        Deterministic = r.Bool(),
        Pooling = r.Int() is >= 0 and var pooling ? (PoolingKind)pooling : null,
        Threads = r.Int(),
        PrefixCacheBytes = r.Long(),
        Speculation = (SpeculationMode)r.Byte(),
        DraftPath = r.Text(),
        Adapters = ReadAdapters(r),
        Isolation = EngineIsolation.None,
    };

    private static AdapterFiles ReadAdapters(WireReader r)
    {
        AdapterFile[] adapters = new AdapterFile[r.Int()];
        for (int i = 0; i < adapters.Length; i++)
            adapters[i] = new AdapterFile(r.Text()!, r.Float());
        return new AdapterFiles(adapters);
    }

    public static void Write(WireWriter w, ModelFacts f)
    {
        w.Text(f.Id);
        w.Text(f.Description);
        w.Text(f.Architecture);
        w.Long(f.ParameterCount);
        w.Long(f.WeightBytes);
        w.Int(f.TrainedContextTokens);
        w.Int(f.ContextTokens);
        w.Int(f.EmbeddingLength);
        w.Int(f.LayerCount);
        w.Int(f.VocabularySize);
        w.Text(f.ChatTemplate);
    }

    public static ModelFacts ReadFacts(WireReader r) => new(
        r.Text()!, r.Text()!, r.Text()!, r.Long(), r.Long(), r.Int(), r.Int(), r.Int(), r.Int(), r.Int(), r.Text());

    public static void Write(WireWriter w, in LoopSnapshot s)
    {
        w.Byte((byte)WireKind.Status);
        w.Int(s.Active);
        w.Int(s.Queued);
        w.Int(s.Threads);
        w.Text(s.LastError);
        w.Long(s.DraftTokens);
        w.Long(s.AcceptedDraftTokens);
        w.Long(s.PrefixCacheBytes);
    }

    public static LoopSnapshot ReadSnapshot(WireReader r) => new(r.Int(), r.Int(), r.Int(), r.Text(), r.Long(), r.Long(), r.Long());

    public static void Write(WireWriter w, IReadOnlyList<SlotState> slots)
    {
        w.Int(slots.Count);
        foreach (SlotState s in slots)
        {
            w.Int(s.Id);
            w.Byte((byte)s.Activity);
            w.Int(s.HeldTokens);
            w.Int(s.PromptTokens);
            w.Int(s.CachedTokens);
            w.Int(s.GeneratedTokens);
            w.Int(s.MaxTokens);
            w.Double(s.RunningMs);
            w.Text(s.FairnessKey);
        }
    }

    public static SlotState[] ReadSlots(WireReader r)
    {
        SlotState[] slots = new SlotState[r.Int()];
        for (int i = 0; i < slots.Length; i++)
            slots[i] = new SlotState(r.Int(), (SlotActivity)r.Byte(), r.Int(), r.Int(), r.Int(), r.Int(), r.Int(), r.Double(), r.Text());
        return slots;
    }

    public static void Write(WireWriter w, Exception e)
    {
        EngineException error = e as EngineException ?? new EngineException(EngineErrorKind.Internal, e.Message, null, e);
        w.Byte((byte)WireKind.Failed);
        w.Byte((byte)error.Kind);
        w.Text(error.Message);
        w.Text(error.Param);
    }

    public static EngineException ReadError(WireReader r) => new((EngineErrorKind)r.Byte(), r.Text()!, r.Text());
}

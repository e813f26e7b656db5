using RouterDaemon.Engine.Gguf;
using RouterDaemon.Engine.Hosting;
using RouterDaemon.Native;

namespace RouterDaemon.Engine;

/// <summary>Whether a model would run on this machine, by the plan that the engine makes when it loads one.</summary>
/// <param name="SlotTokens">Context that each slot would get; 0 = it does not fit.</param>
/// <param name="NeededBytes">Weights and KV cache; for one that does not fit, the weights alone.</param>
/// <param name="Problem">Why it does not fit; null = it fits.</param>
public sealed record MemoryFit(int SlotTokens, long NeededBytes, string? Problem)
{
    public bool Fits => Problem is null;

    /// <summary>Memory that a model could have now: the machine's, and that of its GPUs.</summary>
    public static long AvailableBytes()
    {
        NativeStatus native = LlamaLibrary.Probe(null);
        return MachineMemory.AvailableBytes() + native.Devices.Where(d => d.IsGpu).Sum(d => d.FreeBytes);
    }

    /// <param name="header">The file's header.</param>
    /// <param name="weightBytes">Size of the weights; null = as the header says.</param>
    /// <param name="availableBytes">Memory for weights and cache together.</param>
    public static MemoryFit Of(GgufHeader header, long? weightBytes, long availableBytes)
    {
        long weights = weightBytes ?? header.WeightBytes;
        try
        {
            MemoryPlan plan = MemoryPlan.For(header, new EngineModelOptions { Id = "", Path = header.Path }, ModelTraits.Of(header, null), 0, 0, availableBytes, weights);
            return new MemoryFit(plan.SlotTokens, weights + plan.KvBytes, null);
        }
        catch (InvalidDataException tooLarge)
        {
            return new MemoryFit(0, weights, tooLarge.Message);
        }
    }
}

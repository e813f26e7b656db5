using RouterDaemon.Config;
using RouterDaemon.Engine.Gguf;
using RouterDaemon.Fleet;

namespace RouterDaemon.Cli;

/// <summary>One on-device model as its file describes it.</summary>
internal sealed record ModelReport(OnDeviceModelConfig Model, string Source, GgufHeader? Header, long AdapterBytes, string? Problem)
{
    /// <summary>Context of one slot: as configured, else as trained.</summary>
    public int ContextTokens => Model.ContextTokens > 0 ? Model.ContextTokens : Header?.ContextTokens ?? 0;

    /// <summary>KV cache of all slots at full context, F16.</summary>
    public long KvBytes => (Header?.KvBytesPerToken ?? 0) * ContextTokens * Model.Slots;

    /// <summary>Weights, adapters and KV cache; compute buffers come on top.</summary>
    public long NeededBytes => (Header?.WeightBytes ?? 0) + AdapterBytes + KvBytes;

    /// <summary>Memory this process may use, a container's limit included.</summary>
    public static long MachineBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    public bool Fits => NeededBytes <= MachineBytes;

    /// <summary>Configured models, then the files of the models folder that are not among them.</summary>
    public static List<ModelReport> All(RouterdConfig config)
    {
        var reports = config.Models.Select(m => Read(m, m.LastResort ? "bundled" : "configured")).ToList();
        foreach (var found in ModelsFolder.Scan(config.ModelsDirectory))
        {
            if (!config.Models.Any(m => m.Id == found.Id || m.FilePath == found.FilePath))
            {
                reports.Add(Read(found, "folder"));
            }
        }

        return reports;
    }

    private static ModelReport Read(OnDeviceModelConfig model, string source)
    {
        try
        {
            var header = GgufHeader.Read(model.FilePath);
            return new ModelReport(model, source, header, FleetManager.ToEngine(model).Adapters.Sum(a => a.Check(header.Architecture)), null);
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return new ModelReport(model, source, null, 0, broken.Message);
        }
    }
}

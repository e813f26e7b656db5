using RouterDaemon.Config;
using RouterDaemon.Engine;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Fleet;

/// <summary>What the headers of model files say, read anew when a file changes. Not thread-safe.</summary>
internal sealed class ModelFiles(ILogger log)
{
    private readonly Dictionary<(string Path, PoolingMode? Pooling), (Stamp Stamp, ModelTraits? Traits)> _known = [];

    /// <summary>What a model can be used for; null when its file cannot be used, which is logged once.</summary>
    public ModelTraits? TraitsOf(OnDeviceModelConfig model)
    {
        var stamp = Stamp.Of(model.FilePath);
        if (_known.TryGetValue((model.FilePath, model.Pooling), out var known) && known.Stamp == stamp)
        {
            return known.Traits;
        }

        ModelTraits? traits = null;
        try
        {
            traits = ModelTraits.Read(model.FilePath, PoolingOf(model));
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Log.Warning(log, $"model {model.Id} cannot be used: {e.Message}");
        }

        _known[(model.FilePath, model.Pooling)] = (stamp, traits);
        return traits;
    }

    /// <summary>True when a file is no longer what was read of it.</summary>
    public bool HaveChanged(IReadOnlyList<OnDeviceModelConfig> models)
    {
        foreach (var model in models)
        {
            if (_known.TryGetValue((model.FilePath, model.Pooling), out var known) && known.Stamp != Stamp.Of(model.FilePath))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The engine's word for a model's pooling.</summary>
    public static PoolingKind? PoolingOf(OnDeviceModelConfig model) => model.Pooling switch
    {
        null => null,
        PoolingMode.Mean => PoolingKind.Mean,
        PoolingMode.Cls => PoolingKind.Cls,
        PoolingMode.Last => PoolingKind.Last,
        PoolingMode.Rank => PoolingKind.Rank,
        _ => PoolingKind.None,
    };

    private readonly record struct Stamp(long Bytes, DateTime WrittenUtc)
    {
        public static Stamp Of(string path)
        {
            var file = LinkedFile.Of(path);
            return file.Exists ? new Stamp(file.Length, file.LastWriteTimeUtc) : default;
        }
    }
}

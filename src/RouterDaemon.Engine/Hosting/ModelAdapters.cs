using RouterDaemon.Engine.Scheduling;
using RouterDaemon.Native;

namespace RouterDaemon.Engine.Hosting;

/// <summary>The LoRA adapters of a loaded model.</summary>
internal sealed class ModelAdapters : IDisposable
{
    private readonly List<LlamaAdapter> _loaded = [];
    private readonly AdapterSet _configured;

    private ModelAdapters(AdapterFiles files) =>
        _configured = files.Count == 0 ? AdapterSet.None : new AdapterSet([.. files.Select(f => f.Scale)]);

    public IReadOnlyList<LlamaAdapter> Loaded => _loaded;

    /// <summary>The scales of requests that say nothing.</summary>
    public AdapterSet Configured => _configured;

    /// <summary>Loads files that were checked.</summary>
    /// <exception cref="InvalidDataException">A file does not fit the model; the message names it.</exception>
    public static ModelAdapters Load(AdapterFiles files, LlamaModel model)
    {
        ModelAdapters adapters = new(files);
        foreach (AdapterFile file in files)
        {
            try
            {
                adapters._loaded.Add(LlamaAdapter.Load(model, file.Path));
            }
            catch (InvalidDataException e)
            {
                adapters.Dispose();
                throw file.Refused(e);
            }
        }
        return adapters;
    }

    /// <summary>What a request asks for.</summary>
    /// <exception cref="EngineException">It names an adapter that the model has not, or one twice.</exception>
    public AdapterSet Of(GenerationRequest request)
    {
        if (request.Adapters.Count == 0)
            return _configured;
        float?[] scales = new float?[_loaded.Count];
        for (int i = 0; i < request.Adapters.Count; i++)
        {
            (int id, float scale) = request.Adapters[i];
            if ((uint)id >= (uint)scales.Length)
            {
                throw RequestRules.Invalid(
                    scales.Length == 0 ? $"lora[{i}].id is {id}, the model has no adapters" : $"lora[{i}].id is {id}, the model's adapters are 0 to {scales.Length - 1}", "lora");
            }
            if (scales[id] is not null)
                throw RequestRules.Invalid($"lora names adapter {id} twice", "lora");
            scales[id] = scale;
        }
        AdapterSet set = new(Array.ConvertAll(scales, static s => s ?? 0f));
        return set.Equals(_configured) ? _configured : set;
    }

    public void Dispose()
    {
        foreach (LlamaAdapter adapter in _loaded)
            adapter.Dispose();
    }
}

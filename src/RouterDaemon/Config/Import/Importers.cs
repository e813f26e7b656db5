using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Config.Import;

/// <summary>THE table of formats that <c>config import</c> reads. To add one: its file, one line here.</summary>
internal static class Importers
{
    public static IReadOnlyList<(string Name, Func<string, byte[], ImportResult> Import)> Table { get; } =
    [
        ("litellm", (name, bytes) => Yaml(name, bytes, LiteLlmImport.Import)),
        ("llama-swap", (name, bytes) => Yaml(name, bytes, LlamaSwapImport.Import)),
        ("ollama", ModelfileImport.Import),
    ];

    private static ImportResult Yaml(string name, byte[] bytes, Func<ConfigMapping, ImportResult> import)
    {
        var faults = new List<ConfigFault>();
        var root = YamlReader.Read(name, bytes, faults);
        if (root is not ConfigMapping mapping)
        {
            if (faults.Count == 0)
            {
                faults.Add(new ConfigFault(FaultSeverity.Error, name, root?.Line ?? 0, root?.Column ?? 0, "", $"{root?.Kind ?? "nothing"} stands here, expected a mapping"));
            }

            return new ImportResult { Faults = faults };
        }

        return import(mapping) with { Faults = faults };
    }
}

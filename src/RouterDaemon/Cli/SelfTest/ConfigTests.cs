using System.Text;
using RouterDaemon.Config;

namespace RouterDaemon.Cli.SelfTest;

/// <summary>The YAML reader, the table of keys and both printers.</summary>
internal static class ConfigTests
{
    private const string Name = "/selftest/routerd.yaml";

    private const string Full = """
        listen: ["http://127.0.0.1:0", "unix:/selftest/s.sock"]
        models: [{ id: m, file: m.gguf, gpu_layers: all, keep_alive: -1 }]
        backends:
          - id: b
            kind: openai
            url: http://127.0.0.1:1
            deployments: [{ model: x, price: { input: 1, output: 2 }, capabilities: [chat, tools], quality: 0.5 }]
        virtual_models: { v: { deployments: ["*/b"], preset: batch, fallbacks: [auto] } }
        """;

    public static string? RoundTrip()
    {
        var first = Load(Full);
        if (first.Loaded is null)
        {
            return string.Join("; ", first.Faults);
        }

        var shown = ConfigPrinter.ShowYaml(first.Loaded.Config);
        var second = Load(shown);
        return second.Loaded is null ? string.Join("; ", second.Faults)
            : ConfigPrinter.ShowYaml(second.Loaded.Config) == shown ? null
            : "the configuration reads back differently";
    }

    public static string? ShippedSchema()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "routerd.schema.json");
        return !File.Exists(path) ? $"there is no {path}"
            : File.ReadAllText(path) == ConfigPrinter.Schema() ? null
            : $"{path} is not what \"routerd config schema\" prints";
    }

    public static string? Fault()
    {
        var faults = Load("listen: [http://127.0.0.1:8000]\nretries: { backoff: 2x }\n").Faults;
        const string Expected = "/selftest/routerd.yaml:2:21: retries.backoff: \"2x\" is not a duration (examples: 500ms, 2s)";
        return faults.Count == 1 && faults[0].ToString() == Expected ? null : $"expected {Expected}, got {string.Join("; ", faults)}";
    }

    private static ConfigResult Load(string yaml) => ConfigLoader.Load(new ConfigSources
    {
        ConfigPath = Name,
        Environment = new Dictionary<string, string> { ["ROUTERD_HOME"] = "/selftest" },
        UserDirectory = "/selftest",
        Files = new OneFile(Encoding.UTF8.GetBytes(yaml)),
    });

    private sealed class OneFile(byte[] bytes) : IConfigFiles
    {
        public bool Exists(string path) => true;

        public byte[] Read(string path, int maxBytes) => bytes;
    }
}

using System.Globalization;
using System.Text;
using RouterDaemon.Config;
using RouterDaemon.Config.Yaml;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Simulation;

namespace RouterDaemon.Cli;

/// <summary>A fleet for the simulator: a built-in name, or a YAML file with <c>replicas</c>.</summary>
internal static class SimFleetFile
{
    private const string Keys =
        "count, t0_ms, prefill_us_per_token, attention_ns, decode_ms_per_seq, kv_ns, kv_tokens, max_seqs, prefill_budget, cache_blocks, price, quality, trust, stall, " +
        "engines, hosted, jitter, network_ms, slots, reject_above, dead_from_s, dead_until_s";

    /// <exception cref="FormatException">Says what is wrong and where.</exception>
    public static SimFleet Read(string nameOrFile)
    {
        if (SimFleet.BuiltIn.FirstOrDefault(f => f.Name == nameOrFile) is { } builtIn)
        {
            return builtIn;
        }

        if (!File.Exists(nameOrFile))
        {
            throw new FormatException($"--fleet: \"{nameOrFile}\" is neither a file nor one of {string.Join(", ", SimFleet.BuiltIn.Select(f => f.Name))}");
        }

        var faults = new List<ConfigFault>();
        var root = YamlReader.Read(nameOrFile, File.ReadAllBytes(nameOrFile), faults);
        if (faults.Count > 0)
        {
            throw new FormatException(faults[0].ToString());
        }

        if (root is not ConfigMapping map || map.Entries.FirstOrDefault(e => e.Key.Text == "replicas").Value is not ConfigSequence { Items.Count: > 0 } list)
        {
            throw new FormatException($"{nameOrFile}: replicas: must be a list of at least one replica");
        }

        return new SimFleet(Path.GetFileNameWithoutExtension(nameOrFile), [.. list.Items.Select(item => Replica(nameOrFile, item))]);
    }

    private static SimReplica Replica(string file, ConfigNode node)
    {
        if (node is not ConfigMapping map)
        {
            throw Bad(file, node, "a replica must be a mapping");
        }

        var replica = new SimReplica();
        foreach (var (key, value) in map.Entries)
        {
            replica = key.Text switch
            {
                "name" => replica with { Name = Text(file, value) },
                "count" => replica with { Count = (int)Number(file, key, value, 1, 1024) },
                "t0_ms" => replica with { T0Ms = Number(file, key, value, 0, 1e6) },
                "prefill_us_per_token" => replica with { PrefillUsPerToken = Number(file, key, value, 0, 1e6) },
                "attention_ns" => replica with { AttentionNs = Number(file, key, value, 0, 1e6) },
                "decode_ms_per_seq" => replica with { DecodeMsPerSeq = Number(file, key, value, 0, 1e6) },
                "kv_ns" => replica with { KvNs = Number(file, key, value, 0, 1e6) },
                "kv_tokens" => replica with { KvTokens = (int)Number(file, key, value, 1, int.MaxValue) },
                "max_seqs" => replica with { MaxSeqs = (int)Number(file, key, value, 1, 65536) },
                "prefill_budget" => replica with { PrefillBudget = (int)Number(file, key, value, 1, int.MaxValue) },
                "cache_blocks" => replica with { CacheBlocks = (int)Number(file, key, value, 0, int.MaxValue) },
                "price" => Price(file, replica, value),
                "quality" => replica with { Quality = Number(file, key, value, 0, 1) },
                "trust" => replica with { Trust = Trust(file, value) },
                "stall" => replica with { Stall = Stall(file, value) },
                "engines" => replica with { Engines = (int)Number(file, key, value, 1, 1024) },
                "hosted" => replica with { Hosted = Flag(file, value) },
                "jitter" => replica with { Jitter = Number(file, key, value, 0, 10) },
                "network_ms" => replica with { NetworkMs = Number(file, key, value, 0, 1e6) },
                "slots" => replica with { Slots = (int)Number(file, key, value, 0, 65536) },
                "reject_above" => replica with { RejectAbove = (int)Number(file, key, value, 0, int.MaxValue) },
                "dead_from_s" => replica with { DeadFromSeconds = Number(file, key, value, 0, 1e9) },
                "dead_until_s" => replica with { DeadUntilSeconds = Number(file, key, value, 0, 1e9) },
                _ => throw Bad(file, key, $"unknown key \"{key.Text}\"; known are name, {Keys}"),
            };
        }

        return replica;
    }

    private static SimReplica Price(string file, SimReplica replica, ConfigNode node)
    {
        foreach (var (key, value) in Entries(file, node))
        {
            replica = key.Text switch
            {
                "input" => replica with { PriceInput = Number(file, key, value, 0, 1e6) },
                "cached_input" => replica with { PriceCachedInput = Number(file, key, value, 0, 1e6) },
                "output" => replica with { PriceOutput = Number(file, key, value, 0, 1e6) },
                _ => throw Bad(file, key, $"unknown key \"{key.Text}\"; known are input, cached_input, output"),
            };
        }

        return replica;
    }

    private static SimStall Stall(string file, ConfigNode node)
    {
        double every = 0, length = 0, factor = 0;
        foreach (var (key, value) in Entries(file, node))
        {
            _ = key.Text switch
            {
                "every_s" => every = Number(file, key, value, 0, 1e6),
                "for_s" => length = Number(file, key, value, 0, 1e6),
                "factor" => factor = Number(file, key, value, 0, 1e6),
                _ => throw Bad(file, key, $"unknown key \"{key.Text}\"; known are every_s, for_s, factor"),
            };
        }

        return new SimStall(every, length, factor);
    }

    private static bool Flag(string file, ConfigNode node) => Text(file, node) switch
    {
        "true" => true,
        "false" => false,
        var other => throw Bad(file, node, $"\"{other}\" is not true or false"),
    };

    private static TrustLevel Trust(string file, ConfigNode node) => Text(file, node) switch
    {
        "device" => TrustLevel.Device,
        "private" => TrustLevel.Private,
        "public" => TrustLevel.Public,
        var other => throw Bad(file, node, $"\"{other}\" is not device, private or public"),
    };

    private static IReadOnlyList<KeyValuePair<ConfigScalar, ConfigNode>> Entries(string file, ConfigNode node) =>
        node is ConfigMapping map ? map.Entries : throw Bad(file, node, "must be a mapping");

    private static string Text(string file, ConfigNode node) => node is ConfigScalar scalar ? scalar.Text : throw Bad(file, node, "must be a single value");

    private static double Number(string file, ConfigScalar key, ConfigNode node, double min, double max) =>
        double.TryParse(Text(file, node), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw Bad(file, node, new StringBuilder().Append(CultureInfo.InvariantCulture, $"{key.Text}: \"{Text(file, node)}\" is not a number from {min} to {max}").ToString());

    private static FormatException Bad(string file, ConfigNode node, string what) => new($"{file}:{node.Line}:{node.Column}: {what}");
}

using System.Text;
using RouterDaemon.Config;
using RouterDaemon.Tests.Architecture;
using Xunit;

namespace RouterDaemon.Tests.Config;

/// <summary>A configuration read from texts alone: no disk, no environment of this process.</summary>
internal sealed class ConfigFixture : IConfigFiles
{
    public const string Home = "/home/ada/.routerd";

    public Dictionary<string, byte[]> FilesByPath { get; } = [];

    public Dictionary<string, string> Environment { get; } = [];

    public string? ConfigPath { get; set; }

    public string? BundledModelPath { get; set; }

    public string UserDirectory { get; set; } = "/home/ada";

    public bool IsRoot { get; set; }

    public Func<string, int?>? CountKeys { get; set; }

    public static string Folder { get; } = Path.Combine(RepositoryTree.Root, "tests", "RouterDaemon.Tests", "Config");

    public static string Sample => File.ReadAllText(Path.Combine(Folder, "sample.yaml"));

    public ConfigSources Sources => new()
    {
        ConfigPath = ConfigPath,
        ConfigDisplayName = ConfigPath is null ? null : Path.GetFileName(ConfigPath),
        Environment = Environment,
        UserDirectory = UserDirectory,
        IsRoot = IsRoot,
        BundledModelPath = BundledModelPath,
        CountKeys = CountKeys,
        Files = this,
    };

    /// <summary>Reads the text as the file <c>/etc/ada/routerd.yaml</c>, named <c>routerd.yaml</c> in messages.</summary>
    public static ConfigResult Read(string yaml, params (string Name, string Value)[] environment)
    {
        var fixture = new ConfigFixture();
        foreach (var (name, value) in environment)
        {
            fixture.Environment[name] = value;
        }

        return fixture.With(yaml).Load();
    }

    /// <summary>All faults, one line each.</summary>
    public static string Faults(string yaml, params (string Name, string Value)[] environment) =>
        string.Join('\n', Read(yaml, environment).Faults.Select(f => f.ToString()));

    public static RouterdConfig Good(string yaml, params (string Name, string Value)[] environment)
    {
        var result = Read(yaml, environment);
        Assert.True(result.Loaded is not null, string.Join('\n', result.Faults));
        return result.Loaded.Config;
    }

    public ConfigFixture With(string yaml, string path = "/etc/ada/routerd.yaml")
    {
        ConfigPath = path;
        FilesByPath[path] = Encoding.UTF8.GetBytes(yaml);
        FilesByPath["/etc/ada/x"] = [];
        return this;
    }

    public ConfigResult Load() => ConfigLoader.Load(Sources);

    public bool Exists(string path) => FilesByPath.ContainsKey(path);

    public byte[] Read(string path, int maxBytes) => FilesByPath[path].AsSpan(0, Math.Min(FilesByPath[path].Length, maxBytes + 1)).ToArray();
}

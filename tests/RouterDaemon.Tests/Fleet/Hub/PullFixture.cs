using System.Collections.Concurrent;
using RouterDaemon.Config;
using RouterDaemon.Fleet.Hub;
using RouterDaemon.Store;
using RouterDaemon.Store.Records;
using RouterDaemon.Tests.Architecture;
using RouterDaemon.Tests.Store;
using Xunit;

namespace RouterDaemon.Tests.Fleet.Hub;

/// <summary>A hub with the bundled model as <c>tiny-Q4_K_M.gguf</c>, and a models folder to pull into.</summary>
internal sealed class PullFixture : IAsyncDisposable
{
    public const string FileName = "tiny-Q4_K_M.gguf";

    /// <summary>In no message, no file and no request to another host.</summary>
    public const string Token = "hf_VerySecretToken";

    private readonly TempFolder _home = new();

    private PullFixture(FakeHub hub) => Hub = hub;

    public static byte[] Model { get; } = System.IO.File.ReadAllBytes(Path.Combine(RepositoryTree.Root, "models", "routerd-tiny-1m.gguf"));

    public FakeHub Hub { get; }

    public string Folder => _home.File("models");

    public string File => Path.Combine(Folder, FileName);

    public string Part => File + ".part";

    public ConcurrentQueue<string> Notes { get; } = new();

    /// <summary>The file outside the hub: by another name of the host, so that it is another origin.</summary>
    public Uri FileUrl => new($"http://localhost:{Hub.Url.Port}/files/{FileName}");

    public IReadOnlyDictionary<string, ModelFileRow> Rows => ModelStore.FilesAt(_home.File("models.db"));

    public static async Task<PullFixture> StartAsync()
    {
        var fixture = new PullFixture(await FakeHub.StartAsync());
        fixture.Hub.Files[FileName] = Model;
        return fixture;
    }

    /// <summary>Pulls, without the pauses of real life.</summary>
    public async Task<PulledModel> PullAsync(string name = "ada/model-GGUF", Func<PullOptions, PullOptions>? change = null, bool hasToken = false, CancellationToken? cancellation = null)
    {
        var settings = new HubSettings(Hub.Url, hasToken ? new Secret(Token) : null);
        var options = new PullOptions
        {
            Folder = Folder,
            RegistryPath = _home.File("models.db"),
            Note = Notes.Enqueue,
            FirstPause = TimeSpan.FromMilliseconds(1),
            FreeDiskBytes = _ => 1L << 40,
            FreeMemoryBytes = () => 1L << 40,
        };
        using var client = new HubClient(settings);
        return await new ModelPull(client, change?.Invoke(options) ?? options).RunAsync(PullName.Parse(name, Hub.Url), cancellation ?? TestContext.Current.CancellationToken);
    }

    /// <summary>The message of a pull that must fail.</summary>
    public async Task<string> RefusedAsync(string name = "ada/model-GGUF", Func<PullOptions, PullOptions>? change = null, bool hasToken = false)
    {
        var message = (await Assert.ThrowsAsync<PullException>(() => PullAsync(name, change, hasToken))).Message;
        Assert.DoesNotContain(Token, message, StringComparison.Ordinal);
        return message;
    }

    /// <summary>The folder holds the model, complete, and nothing else.</summary>
    public void AssertComplete()
    {
        Assert.Equal([FileName], Directory.GetFiles(Folder).Select(Path.GetFileName));
        Assert.True(Model.AsSpan().SequenceEqual(System.IO.File.ReadAllBytes(File)), "the file is not what the hub has");
    }

    public void AssertEmpty() => Assert.Empty(Directory.Exists(Folder) ? Directory.GetFileSystemEntries(Folder) : []);

    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        _home.Dispose();
    }
}

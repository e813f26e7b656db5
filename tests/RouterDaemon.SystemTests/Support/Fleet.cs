using System.Globalization;
using System.Text;
using RouterDaemon.Bench.Mock;

namespace RouterDaemon.SystemTests.Support;

/// <summary>A daemon in front of mock upstreams <c>m/a</c>, <c>m/b</c>, ... whose settings matter to the choice.</summary>
public sealed class Fleet : IAsyncDisposable
{
    private Fleet(MockUpstream[] upstreams, DaemonProcess daemon) => (Upstreams, Daemon) = (upstreams, daemon);

    public MockUpstream[] Upstreams { get; }

    public DaemonProcess Daemon { get; private set; }

    public HttpClient Client => Daemon.Client;

    public MockUpstream this[int i] => Upstreams[i];

    /// <summary>Starts one upstream for each text; the text is the deployment's further settings in YAML, with the backend's after a bar:
    /// <c>quality: 0.9 | trust: public</c>. The virtual model <c>pool</c> holds all of them.</summary>
    public static async Task<Fleet> StartAsync(string[] deployments, string more = "", string? home = null, string kind = "openai", IReadOnlyDictionary<string, string>? environment = null)
    {
        MockUpstream[] upstreams = [.. deployments.Select(_ => MockUpstream.Start())];
        DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions
        {
            Config = Config(upstreams, deployments, more, kind),
            NoModel = true,
            Home = home,
            Environment = environment ?? new Dictionary<string, string>(),
        });
        return new Fleet(upstreams, daemon);
    }

    /// <summary>Ends the daemon in order and starts it again with the same home.</summary>
    public async Task RestartAsync(IReadOnlyDictionary<string, string>? environment = null)
    {
        (string home, int port) = (Daemon.Home, Daemon.Port);
        Daemon.Signal(DaemonProcess.SigTerm);
        await Daemon.WaitForExitAsync(TimeSpan.FromSeconds(15));
        await Daemon.DisposeAsync();
        Daemon = await DaemonProcess.StartAsync(new DaemonOptions { Home = home, Port = port, NoModel = true, WaitReady = true, Environment = environment ?? new Dictionary<string, string>() });
    }

    /// <summary>Sends streamed requests to one model.</summary>
    public async Task WarmAsync(string model, int requests = 12)
    {
        for (int i = 0; i < requests; i++)
        {
            StreamReply reply = await Client.StreamAsync(Chat.Body(model, $"warm {i}"));
            if (!reply.Done)
                throw new InvalidOperationException($"{reply}\n{Daemon.Log}");
        }
    }

    /// <summary>The deployment that answers a request to the pool, or the status when it fails.</summary>
    public async Task<string> ChooseAsync(string model = "pool", params (string Name, string Value)[] headers)
    {
        ChatReply reply = await Client.AskAsync(Chat.Body(model, "hi"), headers);
        return reply.Status == 200 ? reply.Header("x-routerd-deployment")! : reply.Status.ToString(CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        await Daemon.DisposeAsync();
        foreach (MockUpstream upstream in Upstreams)
            await upstream.DisposeAsync();
    }

    private static string Config(MockUpstream[] upstreams, string[] deployments, string more, string kind)
    {
        var text = new StringBuilder("backends:\n");
        for (int i = 0; i < upstreams.Length; i++)
        {
            string[] parts = deployments[i].Split('|', 2, StringSplitOptions.TrimEntries);
            string own = parts[0].Length > 0 ? ", " + parts[0] : "";
            string backend = parts.Length > 1 ? ", " + parts[1].Replace("METRICS", $"{upstreams[i].Url}metrics", StringComparison.Ordinal) : ", trust: private";
            string url = kind == "openai" ? $"{upstreams[i].Url}v1" : upstreams[i].Url.ToString();
            text.Append(CultureInfo.InvariantCulture, $"  - {{ id: {(char)('a' + i)}, kind: {kind}, url: \"{url}\"{backend}, deployments: [{{ model: m{own} }}] }}\n");
        }

        text.Append("virtual_models:\n  pool: { deployments: [").AppendJoin(", ", upstreams.Select((_, i) => $"m/{(char)('a' + i)}")).Append("] }\n");
        return text.Append(more).ToString();
    }
}

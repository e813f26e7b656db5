using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using RouterDaemon.Tests.Config;
using Xunit;

namespace RouterDaemon.Tests.Cli;

/// <summary>Verbs that speak to a daemon or to backends, against peers on real sockets.</summary>
public sealed class DaemonVerbTests
{
    private const string Decision = """
        {"model":"auto","policy":"priced","prompt_tokens_estimate":2,"would_choose":"a/x","candidates":[
        {"deployment":"a/x","in_flight":1,"ttft_ms":12.5,"terms_usd":{"money":0,"total":0.25}},
        {"deployment":"b/y","in_flight":0,"ttft_ms":null,"terms_usd":{"money":0.5,"total":0.75}}],
        "masked":[{"deployment":"c/z","reasons":["privacy","context"],"ttft_ms":80,"itl_ms":5,"cost_usd":0.25,"terms_usd":{"total":0.5}}]}
        """;

    [Fact]
    public async Task ExplainShowsEveryCandidateAndTerm()
    {
        using var peer = new OneAnswer(200, Decision);
        var run = await CliRun.With(Listening(peer.Port), "explain", "-m", "fast", "--max-tokens", "9", "@what \"now\"");
        Assert.Equal((0, ""), (run.Exit, run.Error));
        Assert.Equal(
            """
            auto, policy priced, about 2 prompt tokens -> a/x
            deployment  in_flight  ttft_ms  money (USD)  total (USD)
            a/x         1          12.5     0            0.25
            b/y         0                   0.5          0.75
            masked  reasons           ttft_ms  itl_ms  cost_usd  total (USD)
            c/z     privacy, context  80       5       0.25      0.5

            """,
            run.Out);
        var request = await peer.Request;
        Assert.StartsWith("POST /v1/route/explain HTTP/1.1\r\n", request, StringComparison.Ordinal);
        Assert.Contains("Authorization: Bearer adm", request, StringComparison.Ordinal);
        using var body = JsonDocument.Parse(request[(request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
        Assert.Equal(("fast", "@what \"now\"", 9), (
            body.RootElement.GetProperty("model").GetString(),
            body.RootElement.GetProperty("messages")[0].GetProperty("content").GetString(),
            body.RootElement.GetProperty("max_tokens").GetInt32()));
    }

    [Fact]
    public async Task ExplainPassesTheDaemonsErrorOn()
    {
        using var peer = new OneAnswer(404, """{"error":{"message":"there is no model \"fats\"","code":"model_not_found"}}""");
        var run = await CliRun.With(Listening(peer.Port), "explain", "-m", "fats", "x");
        Assert.Equal(new CliRun(1, "", "routerd: status 404: there is no model \"fats\"\n"), run);
    }

    [Fact]
    public async Task ExplainNeedsARouterd()
    {
        using var peer = new OneAnswer(200, "<html>");
        Assert.Equal(
            new CliRun(1, "", "routerd: the answer (status 200) is not JSON: is this a routerd?\n"), await CliRun.With(Listening(peer.Port), "explain", "x"));
        var nobody = await CliRun.With(Listening(FreePort()), "explain", "x");
        Assert.Equal(1, nobody.Exit);
        Assert.Contains("start it with \"routerd serve\"", nobody.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await CliRun.Of("explain", "--url", "nowhere", "x")).Exit);
    }

    [Fact]
    public async Task ExplainTakesAPromptOrARequestAndNotBoth()
    {
        foreach (string[] arguments in (string[][])[["explain"], ["explain", "--request", "req_a", "prompt"]])
        {
            var run = await CliRun.Of(arguments);
            Assert.Equal((2, ""), (run.Exit, run.Out));
            Assert.Contains("Give a prompt, or --request", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AnInterruptedVerbEndsWith130()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var interrupt = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        var run = await CliRun.With(Listening(((IPEndPoint)silent.LocalEndpoint).Port), false, null, interrupt.Token, "explain", "x");
        Assert.Equal(130, run.Exit);
    }

    [Fact]
    public async Task DoctorTellsGoodFromBad()
    {
        using var backend = new OneAnswer(200, """{"data":[]}""");
        using var wrongKey = new OneAnswer(401, "{}");
        using var stranger = new OneAnswer(200, "hello");
        var data = Directory.CreateTempSubdirectory("routerd-doctor");
        try
        {
            var fixture = new ConfigFixture().With(
                $$"""
                listen: [http://127.0.0.1:{{FreePort()}}, http://127.0.0.1:{{stranger.Port}}]
                data: {{data.FullName}}
                backends:
                  - { id: good, kind: openai, url: "http://127.0.0.1:{{backend.Port}}" }
                  - { id: key, kind: openai, url: "http://127.0.0.1:{{wrongKey.Port}}" }
                  - { id: gone, kind: openai, url: "http://127.0.0.1:{{FreePort()}}" }
                  - { id: unset, kind: openai, api_key_env: NO_SUCH_KEY, deployments: [{ model: gpt-4o }, { model: gpt-99 }, { model: gpt-98, price: { input: 1, output: 1 } }] }
                """);
            var run = await CliRun.With(fixture, "doctor", "--json", "--config", "routerd.yaml");
            using var json = JsonDocument.Parse(run.Out);
            var states = json.RootElement.EnumerateArray().Select(f => (Check: f.GetProperty("check").GetString()!, State: f.GetProperty("state").GetString())).ToList();
            Assert.Equal(1, run.Exit);
            Assert.Contains(("configuration", "good"), states);
            Assert.Contains(($"folder {data.FullName}", "good"), states);
            Assert.Contains(("backend good", "good"), states);
            Assert.Contains(("backend key", "bad"), states);
            Assert.Contains(("backend gone", "bad"), states);
            Assert.Contains(("backend unset", "warning"), states);
            Assert.Equal([("price of gpt-99/unset", "warning")], states.Where(s => s.Check.StartsWith("price ", StringComparison.Ordinal)));
            Assert.Equal(["good", "bad"], states.Where(s => s.Check.StartsWith("listen ", StringComparison.Ordinal)).Select(s => s.State));
            Assert.Empty(Directory.EnumerateFileSystemEntries(data.FullName));
        }
        finally
        {
            data.Delete(true);
        }
    }

    [Fact]
    public async Task DoctorSpeaksOfABrokenConfiguration()
    {
        var run = await CliRun.With(new ConfigFixture().With("retries: 3"), "doctor", "--config", "routerd.yaml");
        Assert.Equal(1, run.Exit);
        Assert.Contains("routerd.yaml:1:10: retries: a single value stands here", run.Out, StringComparison.Ordinal);
    }

    private static ConfigFixture Listening(int port)
    {
        var fixture = new ConfigFixture();
        fixture.Environment["ROUTERD_LISTEN"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        fixture.Environment["ROUTERD_ADMIN_KEY"] = "adm";
        return fixture;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A peer that gives the same answer to every connection and keeps its first request.</summary>
    private sealed class OneAnswer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly TaskCompletionSource<string> _request = new();

        public OneAnswer(int status, string body)
        {
            _listener.Start();
            _ = ServeAsync(status, body);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public Task<string> Request => _request.Task.WaitAsync(TimeSpan.FromSeconds(10));

        public void Dispose() => _listener.Stop();

        private async Task ServeAsync(int status, string body)
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    var stream = client.GetStream();
                    _request.TrySetResult(await ReadAsync(stream));
                    var bytes = Encoding.UTF8.GetBytes(body);
                    await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {bytes.Length}\r\nConnection: close\r\n\r\n"));
                    await stream.WriteAsync(bytes);
                }
            }
            catch (Exception end) when (end is SocketException or ObjectDisposedException or IOException)
            {
                _request.TrySetCanceled();
            }
        }

        private static async Task<string> ReadAsync(NetworkStream stream)
        {
            var text = new StringBuilder();
            var buffer = new byte[4096];
            while (true)
            {
                var read = await stream.ReadAsync(buffer);
                text.Append(Encoding.UTF8.GetString(buffer, 0, read));
                var all = text.ToString();
                var end = all.IndexOf("\r\n\r\n", StringComparison.Ordinal);
                if (read == 0 || (end >= 0 && all.Length - end - 4 >= Length(all[..end])))
                {
                    return all;
                }
            }
        }

        private static int Length(string head)
        {
            var line = head.Split("\r\n").FirstOrDefault(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
            return line is null ? 0 : int.Parse(line[15..], CultureInfo.InvariantCulture);
        }
    }
}

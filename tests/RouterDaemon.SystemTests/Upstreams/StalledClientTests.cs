using System.Net;
using System.Net.Sockets;
using System.Text;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Upstreams;

/// <summary>A client that stops reading costs a bounded buffer for a bounded time, and nobody blames the upstream.</summary>
public sealed class StalledClientTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AClientThatStopsReadingIsLeft(bool stream)
    {
        await using MockUpstream upstream = MockUpstream.Start();
        upstream.Default = stream ? new MockBehaviour { AnswerTokens = 400_000 } : MockBehaviour.Ok(new string('x', 12 << 20));
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions
        {
            Config = Yaml.Fleet([upstream], more: "limits: { client_stall: 1s }\n"),
            NoModel = true,
        });
        long before = daemon.RssBytes;
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(IPAddress.Loopback, daemon.Port);
        string body = $$"""{"model":"m","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"hi"}]}""";
        await client.SendAsync(Encoding.ASCII.GetBytes($"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{daemon.Port}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        MockRequest seen = await upstream.WaitForAsync(r => r.Method == "POST", TimeSpan.FromSeconds(5));
        await seen.Finished.WaitAsync(TimeSpan.FromSeconds(20));
        if (stream)
        {
            Assert.NotEqual(0, seen.ClientGoneAt);
            Assert.True(daemon.RssBytes - before < 16 << 20, $"{(daemon.RssBytes - before) >> 20} MiB for one stalled client");
        }

        await Eventually.TrueAsync(async () => (await daemon.Client.GetStringAsync("/metrics")).Contains("routerd_deployment_in_flight{deployment=\"m/b0\"} 0", StringComparison.Ordinal), TimeSpan.FromSeconds(10), () => daemon.Log);
        Assert.Contains("routerd_deployment_error_rate{deployment=\"m/b0\"} 0\n", await daemon.Client.GetStringAsync("/metrics"));

        // Longer than the limit: the connection is closed by now. What the kernel still holds comes, then its end, not the whole answer.
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        long received = 0;
        byte[] scratch = new byte[1 << 20];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            int read;
            while ((read = await client.ReceiveAsync(scratch, limit.Token)) > 0)
                received += read;
        }
        catch (SocketException)
        {
            // Reset: closed as well.
        }

        Assert.InRange(received, 0, 12 << 20);
    }
}

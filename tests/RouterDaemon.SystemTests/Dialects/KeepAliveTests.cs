using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Dialects;

/// <summary>What clients of each dialect get while an upstream thinks for longer than the keep-alive's ten seconds.</summary>
public sealed class KeepAliveTests
{
    [Fact]
    public async Task ASilentUpstreamIsBridgedInTheClientsDialect()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        upstream.Default = MockBehaviour.Ok("at last") with { FirstTokenMs = 10_400 };
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = Yaml.Fleet([upstream], timeouts: "connect: 1s, first_token: 20s, between_tokens: 5s, total: 60s"), NoModel = true });
        (string Path, string Body, string Bridge)[] cases =
        [
            ("/v1/chat/completions", """{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}""", ": keep-alive\n\n"),
            ("/v1/messages", """{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"}]}""", "event: ping\ndata: {\"type\": \"ping\"}\n\n"),
            ("/v1/responses", """{"model":"m","stream":true,"input":"hi"}""", ": keep-alive\n\n"),
            ("/api/chat", """{"model":"m","messages":[{"role":"user","content":"hi"}]}""", "{\"model\":\"m\""),
        ];
        ChatReply[] replies = await Task.WhenAll(cases.Select(c => daemon.Client.AskAsync(c.Path, Chat.Json(c.Body))));
        foreach (((string path, _, string bridge), ChatReply reply) in cases.Zip(replies))
        {
            Assert.StartsWith(bridge, reply.Body);
            Assert.Contains("last", reply.Body);
            Assert.Equal(path == "/v1/chat/completions", reply.Body.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal));
            // The bridge went out before the final deployment was certain: the stream's end names it.
            Assert.Equal(path != "/api/chat", reply.Body.Contains("\"routerd\":{\"deployment\":\"m/b0\"", StringComparison.Ordinal));
        }
    }
}

using System.IO.Pipelines;
using System.Text;
using RouterDaemon.Core;
using RouterDaemon.Inference;
using Xunit;

namespace RouterDaemon.Tests.Inference;

public sealed class ChatEventsTests
{
    private const string Closing = "data: {\"choices\":[],\"routerd\":{\"deployment\":\"m/b\",\"actual\":{\"cost_usd\":0.25}}}\n\n";

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    public async Task TextToolCallsAndCostInAnyCut(int size)
    {
        var events = await ReadAsync(
            "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n: keep-alive\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"Let \"}}]}\n\n"
            + "data: {\"choices\":[{\"delta\":{\"content\":\"me\",\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"two\",\"arguments\":\"{\"}}]}}]}\n\n"
            + "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"one\",\"arguments\":\"{}\"}},{\"index\":1,\"function\":{\"arguments\":\"}\"}}]}}]}\n\n"
            + Closing + "data: [DONE]\n\n", size);
        Assert.Equal("Let me", string.Concat(events.Select(e => e.Text)));
        Assert.Equal(["a one {}", "b two {}"], events.Where(e => e.Kind == InferenceEventKind.ToolCall).Select(e => $"{e.ToolCallId} {e.ToolName} {e.ArgumentsJson}"));
        Assert.Equal(("m/b", 0.25), (events[^1].Deployment, events[^1].CostUsd));
    }

    [Theory]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n", "ended before its end")]
    [InlineData("data: {\"error\":{\"message\":\"it broke\"}}\n\n", "it broke")]
    [InlineData("data: {nonsense\n\n", "cannot be read")]
    [InlineData("data: [1]\n\n", "cannot be read")]
    [InlineData("", "ended before its end")]
    public async Task ABrokenStreamIsAnError(string stream, string message) =>
        Assert.Contains(message, (await Assert.ThrowsAsync<InferenceException>(() => ReadAsync(stream, 4096))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{\"error\":{\"message\":\"no such model\"}}", "no such model")]
    [InlineData("{\"error\":\"plain\"}", "\"plain\"")]
    [InlineData("<html>", "status 502")]
    [InlineData("", "status 502")]
    public void AnErrorBodySaysItsMessage(string body, string expected) => Assert.Equal(expected, ChatEvents.ErrorOf(502, Encoding.UTF8.GetBytes(body)));

    private static async Task<List<InferenceEvent>> ReadAsync(string stream, int size)
    {
        var reader = PipeReader.Create(new MemoryStream(Encoding.UTF8.GetBytes(stream)), new StreamPipeReaderOptions(bufferSize: size, minimumReadSize: 1));
        var events = new List<InferenceEvent>();
        await foreach (var e in ChatEvents.ReadAsync(reader, TestContext.Current.CancellationToken))
        {
            events.Add(e);
        }

        return events;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace RouterDaemon.Bench.Mock;

/// <summary>One scripted event stream.</summary>
internal sealed class MockStream(MockRequest request, MockBehaviour behaviour, MockWriter writer, string id, CancellationToken clientGone)
{
    private static readonly byte[] LastChunk = "0\r\n\r\n"u8.ToArray();
    private readonly bool _legacy = !request.Path.EndsWith("/chat/completions", StringComparison.Ordinal);
    private readonly bool _chunked = !behaviour.CloseDelimited && behaviour.Fault is not (MockFault.LengthTooLong or MockFault.LengthTooShort);
    private MemoryStream? _held;

    /// <summary>True when the connection can carry another request.</summary>
    public async Task<bool> SendAsync(MockResponder responder)
    {
        MockFault fault = behaviour.Fault;
        long? length = fault switch
        {
            MockFault.LengthTooLong => 1 << 20,
            MockFault.LengthTooShort => 300,
            _ => behaviour.CloseDelimited ? null : -1,
        };
        await responder.HeadAsync(MockHead.Build(behaviour, 200, "text/event-stream", length, fault == MockFault.Gzip ? "gzip" : null));
        _held = fault == MockFault.Gzip ? new MemoryStream() : null;
        if (!_legacy)
            await EventAsync(Frame("{\"role\":\"assistant\",\"content\":\"\"}", "null"));

        List<string> pieces = MockJson.Pieces(behaviour);
        int faultAt = Math.Min(Math.Max(behaviour.FaultAt, 0), pieces.Count);
        long first = Stopwatch.GetTimestamp() + (long)(behaviour.FirstTokenMs / 1000 * Stopwatch.Frequency);
        double gap = behaviour.TokensPerSecond > 0 ? Stopwatch.Frequency / behaviour.TokensPerSecond : 0;
        if (behaviour.Reasoning is not null)
            await EventAsync(Frame($"{{\"reasoning_content\":\"{MockJson.Escape(behaviour.Reasoning)}\"}}", "null"));
        if (behaviour.ToolName is not null)
            pieces = ["", .. Halves(behaviour.ToolArguments)];

        (byte[] before, byte[] after) = ContentFrame();
        for (int i = 0; i <= pieces.Count; i++)
        {
            if (i == faultAt && fault != MockFault.None && !await BreakAsync(responder))
                return await EndAsync();
            if (i == pieces.Count)
                break;
            if (behaviour.FirstTokenMs > 0 || gap > 0)
                await responder.UntilAsync(first + (long)(gap * i));
            if (behaviour.ToolName is null)
                await EventAsync([.. before, .. Encoding.UTF8.GetBytes(behaviour.Stamps ? $"@{Stopwatch.GetTimestamp()}" : MockJson.Escape(pieces[i])), .. after]);
            else
                await EventAsync(Frame(ToolDelta(i, pieces[i]), "null"));
            request.ChunksSent++;
        }

        string finish = behaviour.ToolName is null ? "\"stop\"" : "\"tool_calls\"";
        await EventAsync(Frame("{}", finish));
        if (behaviour.Usage == MockUsage.Always || (behaviour.Usage == MockUsage.AsAsked && request.IncludeUsage))
        {
            string usage = MockJson.Usage(behaviour, MockJson.PromptTokens(request, behaviour), pieces.Count);
            await EventAsync(Encoding.UTF8.GetBytes($"data: {Top()},\"choices\":[],\"usage\":{usage}}}\n\n"));
        }

        await EventAsync("data: [DONE]\n\n"u8.ToArray());
        return await EndAsync();
    }

    public static byte[] Chunk(ReadOnlySpan<byte> bytes) =>
        [.. Encoding.ASCII.GetBytes(bytes.Length.ToString("x", CultureInfo.InvariantCulture)), .. "\r\n"u8, .. bytes, .. "\r\n"u8];

    public static byte[] BrokenChunk(MockFault fault) =>
        fault == MockFault.ChunkTooShort ? "1000\r\ndata: {\"id\""u8.ToArray() : "zz\r\ndata: {}\n\n\r\n"u8.ToArray();

    /// <summary>Does the fault's harm; true when the stream goes on after it.</summary>
    private async Task<bool> BreakAsync(MockResponder responder)
    {
        await responder.BreakConnectionAsync();
        switch (behaviour.Fault)
        {
            case MockFault.Garbage:
                await EventAsync(MockResponder.Garbage);
                return false;
            case MockFault.MissingDone:
                return false;
            case MockFault.ErrorBody:
                await EventAsync(Encoding.UTF8.GetBytes($"data: {MockJson.Error("The engine died", "server_error", null)}\n\n"));
                return false;
            case MockFault.ChunkTooShort or MockFault.ChunkSizeGarbage:
                await Task.Delay(MockResponder.SettleMs, clientGone);
                await writer.WriteAsync(BrokenChunk(behaviour.Fault));
                throw new MockCutException(reset: false);
            case MockFault.HalfUtf8:
                (byte[] before, byte[] after) = ContentFrame();
                await EventAsync([.. before, 0xE2, 0x82, .. after]);
                return true;
            case MockFault.SplitUtf8:
                byte[] whole = Chunk([.. ContentFrame().Before, .. "€"u8, .. ContentFrame().After]);
                int split = whole.AsSpan().IndexOf((byte)0xE2) + 1;
                await writer.WriteAsync(whole.AsMemory(0, split));
                await Task.Delay(20, clientGone);
                await writer.WriteAsync(whole.AsMemory(split));
                return true;
            case MockFault.HugeEvent:
                (before, after) = ContentFrame();
                await EventAsync([.. before, .. Encoding.UTF8.GetBytes(MockJson.Long(MockResponder.HugeBytes)), .. after]);
                return true;
            default:
                return true;
        }
    }

    private ValueTask EventAsync(byte[] bytes)
    {
        if (_held is not null)
        {
            _held.Write(bytes);
            return ValueTask.CompletedTask;
        }

        return writer.WriteAsync(_chunked ? Chunk(bytes) : bytes);
    }

    private async Task<bool> EndAsync()
    {
        if (_held is not null)
            await writer.WriteAsync(Chunk(MockResponder.Compress(_held.ToArray())));
        if (!_chunked)
            throw new MockCutException(reset: false);
        await writer.WriteAsync(LastChunk);
        return !behaviour.ConnectionClose;
    }

    private string Top() =>
        $"{{\"id\":\"{id}\",\"object\":\"{(_legacy ? "text_completion" : "chat.completion.chunk")}\",\"created\":1700000000,\"model\":\"{MockJson.Escape(request.Model)}\"";

    private byte[] Frame(string delta, string finish) => Encoding.UTF8.GetBytes(_legacy
        ? $"data: {Top()},\"choices\":[{{\"index\":0,\"text\":\"\",\"logprobs\":null,\"finish_reason\":{finish}}}]}}\n\n"
        : $"data: {Top()},\"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{finish}}}]}}\n\n");

    private (byte[] Before, byte[] After) ContentFrame()
    {
        string open = _legacy ? "\"text\":\"" : "\"delta\":{\"content\":\"";
        string close = _legacy ? "\"" : "\"}";
        return (Encoding.UTF8.GetBytes($"data: {Top()},\"choices\":[{{\"index\":0,{open}"), Encoding.UTF8.GetBytes($"{close},\"logprobs\":null,\"finish_reason\":null}}]}}\n\n"));
    }

    private string ToolDelta(int i, string piece) => i == 0
        ? $"{{\"tool_calls\":[{{\"index\":0,\"id\":\"call_1\",\"type\":\"function\",\"function\":{{\"name\":\"{MockJson.Escape(behaviour.ToolName!)}\",\"arguments\":\"\"}}}}]}}"
        : $"{{\"tool_calls\":[{{\"index\":0,\"function\":{{\"arguments\":\"{MockJson.Escape(piece)}\"}}}}]}}";

    private static string[] Halves(string text) => text.Length < 2 ? [text] : [text[..(text.Length / 2)], text[(text.Length / 2)..]];
}

using System.Diagnostics;
using System.IO.Compression;
using System.Text;

namespace RouterDaemon.Bench.Mock;

/// <summary>Sends one scripted answer.</summary>
internal sealed class MockResponder(MockRequest request, MockBehaviour behaviour, MockWriter writer, long number, double jitter, CancellationToken clientGone)
{
    public const int HugeBytes = (1 << 20) + 1024;
    public const int SettleMs = 20;

    private static readonly byte[] GarbageBytes = [.. "<<\u0001not json, not an event {{"u8, 0xFF, 0xFE, 0x00, .. "\n\n"u8];
    private readonly string _id = $"chatcmpl-mock-{number}";

    /// <summary>True when the connection can carry another request.</summary>
    public async Task<bool> RespondAsync(MockUpstream upstream)
    {
        double wait = behaviour.LatencyMs + (behaviour.JitterMs * jitter);
        if (wait > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(wait), clientGone);
        if (behaviour.FaultAt == MockBehaviour.BeforeHead)
            await BreakConnectionAsync();

        if (behaviour.Status != 200)
        {
            await BodyAsync(Encoding.UTF8.GetBytes(behaviour.ErrorBody), behaviour.Status, behaviour.ErrorContentType);
            return !behaviour.ConnectionClose;
        }

        if (request.Method == "GET")
        {
            await BodyAsync(upstream.Get(request.Path), 200, request.Path.EndsWith("/metrics", StringComparison.Ordinal) ? "text/plain" : "application/json");
            return !behaviour.ConnectionClose;
        }

        if (request.Path.EndsWith("/embeddings", StringComparison.Ordinal))
        {
            await BodyAsync(MockJson.Embeddings(request, behaviour), 200, "application/json");
            return !behaviour.ConnectionClose;
        }

        if (request.Stream && !(behaviour.Fault == MockFault.ErrorBody && behaviour.FaultAt == MockBehaviour.BeforeHead))
            return await new MockStream(request, behaviour, writer, _id, clientGone).SendAsync(this);
        return await WholeAsync();
    }

    /// <summary>Cut, reset and stall; any other fault returns.</summary>
    public async Task BreakConnectionAsync()
    {
        // A reset throws away what the peer has not read yet: let it read first.
        if (behaviour.Fault == MockFault.Reset)
            await Task.Delay(SettleMs, clientGone);
        if (behaviour.Fault is MockFault.Cut or MockFault.Reset)
            throw new MockCutException(behaviour.Fault == MockFault.Reset);
        if (behaviour.Fault == MockFault.Stall)
            await Task.Delay(Timeout.Infinite, clientGone);
    }

    public async Task HeadAsync(byte[] head)
    {
        if (behaviour.Fault != MockFault.SlowHeaders)
        {
            await writer.WriteAsync(head);
            return;
        }

        for (int i = 0; i < head.Length; i++)
        {
            await writer.WriteAsync(head.AsMemory(i, 1));
            await Task.Delay(behaviour.SlowHeaderMs, clientGone);
        }
    }

    public static byte[] Garbage => GarbageBytes;

    public static byte[] Compress(byte[] bytes)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return target.ToArray();
    }

    private async Task<bool> WholeAsync()
    {
        List<string> pieces = MockJson.Pieces(behaviour);
        string answer = behaviour.Fault switch
        {
            MockFault.HugeEvent => MockJson.Long(HugeBytes),
            MockFault.SplitUtf8 => "€€€",
            _ => string.Concat(pieces),
        };
        byte[] body = MockJson.Completion(request, behaviour, _id, answer, pieces.Count);
        bool half = behaviour.FaultAt > 0;
        switch (behaviour.Fault)
        {
            case MockFault.Cut or MockFault.Reset or MockFault.Stall:
                await HeadAsync(MockHead.Build(behaviour, 200, "application/json", body.Length));
                if (half)
                    await writer.WriteAsync(body.AsMemory(0, body.Length / 2));
                await BreakConnectionAsync();
                return false;
            case MockFault.Garbage:
                body = half ? [.. body.AsSpan(0, body.Length / 2), .. GarbageBytes] : GarbageBytes;
                break;
            case MockFault.HalfUtf8:
                int at = body.AsSpan().IndexOf("\"content\":\""u8) + "\"content\":\""u8.Length;
                body = [.. body.AsSpan(0, at), 0xE2, 0x82, .. body.AsSpan(at)];
                break;
            case MockFault.ErrorBody:
                body = Encoding.UTF8.GetBytes(MockJson.Error("The engine died", "server_error", null));
                break;
            case MockFault.ChunkTooShort or MockFault.ChunkSizeGarbage:
                await HeadAsync(MockHead.Build(behaviour, 200, "application/json", -1));
                if (half)
                    await writer.WriteAsync(MockStream.Chunk(body.AsSpan(0, body.Length / 2)));
                await writer.WriteAsync(MockStream.BrokenChunk(behaviour.Fault));
                throw new MockCutException(reset: false);
            case MockFault.LengthTooLong:
                await HeadAsync(MockHead.Build(behaviour, 200, "application/json", body.Length + 100));
                await writer.WriteAsync(half ? body : body.AsMemory(0, 0));
                throw new MockCutException(reset: false);
            case MockFault.LengthTooShort:
                await HeadAsync(MockHead.Build(behaviour, 200, "application/json", half ? body.Length / 2 : 0));
                await writer.WriteAsync(body);
                return true;
            case MockFault.Gzip:
                body = Compress(body);
                await HeadAsync(MockHead.Build(behaviour, 200, "application/json", body.Length, "gzip"));
                await writer.WriteAsync(body);
                return true;
        }

        await BodyAsync(body, 200, "application/json");
        request.ChunksSent = 1;
        return !behaviour.ConnectionClose;
    }

    private async Task BodyAsync(byte[] body, int status, string contentType)
    {
        byte[] head = MockHead.Build(behaviour, status, contentType, body.Length);
        if (behaviour.Fault is not (MockFault.SlowHeaders or MockFault.SplitUtf8))
        {
            await writer.WriteAsync((byte[])[.. head, .. body]);
            return;
        }

        await HeadAsync(head);
        int split = behaviour.Fault == MockFault.SplitUtf8 ? body.AsSpan().IndexOf((byte)0xE2) + 1 : 0;
        await writer.WriteAsync(body.AsMemory(0, split));
        await writer.WriteAsync(body.AsMemory(split));
    }

    /// <summary>Waits until a moment on the <see cref="Stopwatch"/>'s scale, so that a token rate does not drift.</summary>
    public async ValueTask UntilAsync(long timestamp)
    {
        TimeSpan wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), timestamp);
        if (wait > TimeSpan.FromMilliseconds(0.5))
            await Task.Delay(wait, clientGone);
    }
}

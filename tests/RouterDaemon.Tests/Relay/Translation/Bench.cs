using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using RouterDaemon.Backends;
using RouterDaemon.Config;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.State;
using RouterDaemon.Core.Wire;
using RouterDaemon.Fleet;
using RouterDaemon.Http;
using RouterDaemon.Relay;
using RouterDaemon.Relay.Translation;

namespace RouterDaemon.Tests.Relay.Translation;

/// <summary>Drives translators without sockets: a call with a body, answers cut into chunks, events as name and JSON.</summary>
internal static class Bench
{
    private static ulong _requests;

    /// <summary>A call whose body is <paramref name="body"/>, translated by <paramref name="client"/>.</summary>
    public static async Task<InferenceCall> CallAsync(ClientDialect client, string body)
    {
        var http = new DefaultHttpContext();
        http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        var context = new RequestContext();
        context.Attach(http.Features);
        context.Begin(TimeProvider.System, Interlocked.Increment(ref _requests));
        var deployment = new DeploymentEntry { Id = "m/b", ModelId = "m", BackendId = "b", UpstreamModel = "up", State = new DeploymentState() };
        var snapshot = new FleetSnapshot([deployment], 1);
        var fleet = new FleetState { Config = new RouterdConfig(), Snapshot = snapshot, Names = new NameIndex(snapshot, []), Backends = [] };
        var call = new InferenceCall(context, Operation.Chat, await RequestBody.ReadAsync(context, 1 << 20), fleet, client);
        await client.TranslateAsync(call);
        call.Read(salt: 0);
        call.Deployment = deployment;
        return call;
    }

    /// <summary>The translated body.</summary>
    public static async Task<JsonNode> TranslateAsync(ClientDialect client, string body)
    {
        using var call = await CallAsync(client, body);
        return JsonNode.Parse(call.Body.Span)!;
    }

    /// <summary>What a client gets for a stream of OpenAI chunks, forwarded in the groups that <paramref name="random"/> makes of them.</summary>
    public static string Stream(InferenceCall call, string upstream, Random? random = null, Dialect dialect = Dialect.OpenAi)
    {
        var path = call.Client.PathFrom(dialect, call);
        var output = new ArrayBufferWriter<byte>();
        var bytes = Encoding.UTF8.GetBytes(upstream);
        var at = 0;
        while (at < bytes.Length)
        {
            var end = at;
            do
            {
                SseScanner.TryReadEvent(bytes.AsSpan(end), out var e);
                end += e.Length;
            }
            while (end < bytes.Length && random?.Next(2) == 1);
            path.Forward(output, bytes.AsSpan(at, end - at));
            at = end;
        }

        path.End(output, call);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>What a client gets for a whole answer.</summary>
    public static JsonNode Answer(InferenceCall call, string upstream)
    {
        var output = new ArrayBufferWriter<byte>();
        call.Client.PathFrom(Dialect.OpenAi, call).Answer(output, Encoding.UTF8.GetBytes(upstream), call);
        return JsonNode.Parse(output.WrittenSpan)!;
    }

    /// <summary>A backend's answer that arrives in pieces of 1 to <paramref name="maxPiece"/> bytes.</summary>
    public static async Task<string> ReadAsync(Func<BackendResponse, BackendResponse> translate, string upstream, string mediaType, Random random, int maxPiece)
    {
        await using var response = translate(new Pieces(Encoding.UTF8.GetBytes(upstream), random, maxPiece) { Status = 200, MediaType = mediaType });
        using var all = new MemoryStream();
        var buffer = new byte[random.Next(1, 4096)];
        int read;
        while ((read = await response.ReadAsync(buffer, CancellationToken.None)) > 0)
        {
            all.Write(buffer, 0, read);
        }

        return Encoding.UTF8.GetString(all.ToArray());
    }

    /// <summary>The events of a stream: <c>name data</c>, or the data alone.</summary>
    public static List<string> Events(string stream) =>
        [.. stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(e => e.Replace("event: ", "", StringComparison.Ordinal).Replace("\ndata: ", " ", StringComparison.Ordinal).Replace("data: ", "", StringComparison.Ordinal))];

    /// <summary>Chunks of OpenAI's chat: each argument is a choice's <c>delta</c>, or a whole chunk when it starts with <c>{"choices"</c>.</summary>
    public static string Chunks(params string[] deltas)
    {
        var text = new StringBuilder();
        foreach (var delta in deltas)
        {
            var choices = delta.StartsWith("{\"choices\"", StringComparison.Ordinal) ? delta[1..^1] : $$"""
                "choices":[{"index":0,"delta":{{delta}},"finish_reason":null}]
                """;
            text.Append("data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"up\",").Append(choices).Append("}\n\n");
        }

        return text.ToString();
    }

    /// <summary>A chunk that ends an answer, and the usage behind it.</summary>
    public static string[] Finish(string reason, int prompt = 12, int completion = 5, int cached = 4) =>
    [
        $$"""{"choices":[{"index":0,"delta":{},"finish_reason":"{{reason}}"}]}""",
        $$$$"""{"choices":[],"usage":{"prompt_tokens":{{{{prompt}}}},"completion_tokens":{{{{completion}}}},"total_tokens":{{{{prompt + completion}}}},"prompt_tokens_details":{"cached_tokens":{{{{cached}}}}}}}""",
    ];

    private sealed class Pieces(byte[] bytes, Random random, int maxPiece) : BackendResponse
    {
        private int _at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            var count = Math.Min(Math.Min(buffer.Length, random.Next(1, maxPiece + 1)), bytes.Length - _at);
            bytes.AsMemory(_at, count).CopyTo(buffer);
            _at += count;
            return ValueTask.FromResult(count);
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

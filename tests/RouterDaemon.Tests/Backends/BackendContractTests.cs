#pragma warning disable xUnit1051 // Every wait here has a limit of its own.
using System.Text;
using RouterDaemon.Backends;
using RouterDaemon.Bench.Mock;
using RouterDaemon.Config;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Wire;
using RouterDaemon.Relay;
using Xunit;

namespace RouterDaemon.Tests.Backends;

/// <summary>What every kind of remote backend in the table must do, against a peer on a real socket that speaks its language.</summary>
public sealed class BackendContractTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly MockUpstream _peer = MockUpstream.Start();
    private Backend? _backend;

    /// <summary>Kinds whose peers speak OpenAI's dialect, as the mock does; Anthropic's wire has tests of its own, against a peer of its own.</summary>
    public static TheoryData<string> Kinds => [.. BackendTable.Rows.Where(r => r.Kind != BackendKind.Anthropic).Select(r => r.Kind.ToString())];

    /// <summary>Kinds that list their models at OpenAI's path; Ollama is asked in its own way.</summary>
    public static TheoryData<string> OpenAiListings => [.. BackendTable.Rows.Where(r => r.Kind is not (BackendKind.Anthropic or BackendKind.Ollama)).Select(r => r.Kind.ToString())];

    [Fact]
    public void EveryRowSaysWhenToChooseIt()
    {
        Assert.Equal(BackendTable.Rows.Count, BackendTable.Rows.Select(r => r.Kind).Distinct().Count());
        Assert.All(BackendTable.Rows, r => Assert.NotEmpty(r.WhenToChoose));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task StreamsArriveInOpenAisDialect(string kind)
    {
        _peer.Default = MockBehaviour.Ok("one two three") with { TokensPerSecond = 100 };
        await using BackendResponse response = await SendAsync(kind, stream: true);
        Assert.Equal((200, "text/event-stream"), (response.Status, response.MediaType));
        string text = await ReadAsync(response);
        Assert.Contains("\"content\":\" three\"", text);
        Assert.EndsWith("data: [DONE]\n\n", text);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task ToolCallsArrive(string kind)
    {
        _peer.Default = new MockBehaviour { ToolName = "look_up", ToolArguments = "{\"a\":1}" };
        await using BackendResponse response = await SendAsync(kind, stream: false);
        string text = await ReadAsync(response);
        Assert.Contains("look_up", text);
        Assert.Contains("tool_calls", text);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task ErrorsKeepTheirStatusAndTheirTime(string kind)
    {
        foreach ((MockBehaviour behaviour, int status, double? seconds) in new[]
        {
            (MockBehaviour.Error(400, "bad"), 400, (double?)null), (MockBehaviour.RateLimited(7), 429, 7), (MockBehaviour.Error(500, "boom"), 500, null),
            (MockBehaviour.Error(307, "moved") with { Headers = ["Location: http://127.0.0.1:1/"] }, 307, null),
        })
        {
            _peer.Default = behaviour;
            await using BackendResponse response = await SendAsync(kind, stream: false);
            Assert.Equal((status, seconds), (response.Status, response.RetryAfter?.TotalSeconds));
            Assert.Equal(status is 429 or 500, Of(kind).IsRetryable(response.Status));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task ACancelReachesThePeer(string kind)
    {
        _peer.Default = MockBehaviour.Broken(MockFault.Stall, 1) with { AnswerTokens = 3 };
        using var cancel = new CancellationTokenSource();
        BackendResponse response = await SendAsync(kind, stream: true, cancel.Token);
        byte[] buffer = new byte[4096];
        Assert.True(await response.ReadAsync(buffer, cancel.Token) > 0);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await response.ReadAsync(buffer, cancel.Token) > 0)
            {
            }
        });
        await response.DisposeAsync();
        await _peer.Posts[0].ClientGone.WaitAsync(Limit);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task AnAnswerThatIsDroppedClosesItsConnection(string kind)
    {
        _peer.Default = new MockBehaviour { AnswerTokens = 1000, TokensPerSecond = 50 };
        BackendResponse response = await SendAsync(kind, stream: true);
        Assert.True(await response.ReadAsync(new byte[4096], CancellationToken.None) > 0);
        await response.DisposeAsync();
        await _peer.Posts[0].ClientGone.WaitAsync(Limit);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task ATornAnswerIsNamed(string kind)
    {
        foreach ((MockFault fault, int at) in new[] { (MockFault.Cut, 1), (MockFault.Reset, 1), (MockFault.ChunkTooShort, 1), (MockFault.ChunkSizeGarbage, 1), (MockFault.Cut, MockBehaviour.BeforeHead), (MockFault.HeaderFlood, 1) })
        {
            _peer.Default = MockBehaviour.Broken(fault, at) with { AnswerTokens = 3 };
            UpstreamException e = await Assert.ThrowsAsync<UpstreamException>(async () =>
            {
                await using BackendResponse response = await SendAsync(kind, stream: true);
                await ReadAsync(response);
            });
            Assert.Contains(e.Error, (RelayError[])[RelayError.UpstreamTruncated, RelayError.UpstreamProtocol, RelayError.UpstreamReset]);
            Assert.DoesNotContain("127.0.0.1", e.Message);
            Assert.DoesNotContain("sk-contract", e.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task ASlowPeerIsReadToItsEnd(string kind)
    {
        _peer.Default = MockBehaviour.Ok("slow but sound") with { Fault = MockFault.SlowHeaders, SlowHeaderMs = 1, LatencyMs = 50 };
        await using BackendResponse response = await SendAsync(kind, stream: false);
        Assert.Contains("slow but sound", await ReadAsync(response));
    }

    [Theory]
    [MemberData(nameof(OpenAiListings))]
    public async Task ModelsAreDiscovered(string kind)
    {
        _peer.Models = ["a", "b"];
        IReadOnlyList<DiscoveredModel> found = await Of(kind).DiscoverAsync(CancellationToken.None);
        Assert.Equal(["a", "b"], found.Select(m => m.Id));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task NobodyThereIsAConnectError(string kind)
    {
        Backend backend = Of(kind);
        await _peer.DisposeAsync();
        UpstreamException e = await Assert.ThrowsAsync<UpstreamException>(async () => await backend.SendAsync(Request(stream: false), CancellationToken.None));
        Assert.Equal(RelayError.UpstreamConnect, e.Error);
    }

    public async ValueTask DisposeAsync()
    {
        if (_backend is not null)
            await _backend.DisposeAsync();
        await _peer.DisposeAsync();
    }

    private static BackendRequest Request(bool stream)
    {
        byte[] body = Encoding.UTF8.GetBytes($$"""{"model":"m","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"hi"}]}""");
        Assert.True(RequestPeeker.TryPeek(body, new ulong[PrefixHasher.MaxHashes], 0, out RequestPeek peek, out _));
        return new BackendRequest
        {
            Operation = Operation.Chat,
            Deployment = new DeploymentEntry { Id = "m/b", ModelId = "m", BackendId = "b", UpstreamModel = "m", State = new() },
            Body = new SplicedBody(body),
            Peek = peek,
            RequestId = "req_1",
        };
    }

    private static async Task<string> ReadAsync(BackendResponse response)
    {
        using var body = new MemoryStream();
        byte[] buffer = new byte[512];
        int read;
        while ((read = await response.ReadAsync(buffer, CancellationToken.None)) > 0)
            body.Write(buffer, 0, read);
        return Encoding.UTF8.GetString(body.ToArray());
    }

    private async Task<BackendResponse> SendAsync(string kind, bool stream, CancellationToken cancel = default) => await Of(kind).SendAsync(Request(stream), cancel).AsTask().WaitAsync(Limit, CancellationToken.None);

    private Backend Of(string kind) => _backend ??= BackendTable.Create(new BackendConfig
    {
        Id = "b",
        Kind = Enum.Parse<BackendKind>(kind),
        Url = _peer.Url,
        ApiKey = new Secret("sk-contract"),
        Timeouts = new TimeoutsConfig(),
    })!;
}

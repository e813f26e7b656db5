using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Routing;

/// <summary>Every decision can be printed as a sum, before it and after it.</summary>
public sealed class ExplainTests : IAsyncLifetime
{
    private Fleet _fleet = null!;

    public async ValueTask InitializeAsync() => _fleet = await Fleet.StartAsync(
        ["quality: 0.9, price: { input: 2, output: 8 }", "quality: 0.5, tags: [eu]", "quality: 0.9, capabilities: [embeddings]", "context: 16 | trust: public"]);

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();

    [Fact]
    public async Task TheDecisionIsToldWithoutRunningIt()
    {
        JsonElement told = await ExplainAsync(Chat.Body("pool", "How will this be routed, and why is the small one left out?"));
        CheckCandidates(told);
        Assert.Equal(told.GetProperty("candidates")[0].GetProperty("deployment").GetString(), told.GetProperty("would_choose").GetString());
        JsonElement sequential = await ExplainAsync(Chat.Body("pool", "hi", ("route", new JsonObject { ["policy"] = "sequential" })));
        Assert.Equal(("sequential", "m/a"), (sequential.GetProperty("policy").GetString(), sequential.GetProperty("would_choose").GetString()));
        JsonElement impossible = await ExplainAsync(Chat.Body("m/c", "hi"));
        Assert.Equal(JsonValueKind.Null, impossible.GetProperty("would_choose").ValueKind);
        Assert.All(_fleet.Upstreams, u => Assert.Equal(0, u.TotalConnections));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TheAnswerCarriesWhatWasPredictedAndWhatCame(bool stream)
    {
        JsonObject body = Chat.Body("pool", "How will this be routed, and why is the small one left out?", ("route", new JsonObject { ["explain"] = true }));
        JsonElement told;
        if (stream)
        {
            StreamReply reply = await _fleet.Client.StreamAsync(body);
            Assert.True(reply.Done, reply.ToString());
            Assert.Contains("runner-up", reply.Header("x-routerd-reason"));
            told = reply.Chunks.Last().GetProperty("routerd");
        }
        else
        {
            ChatReply reply = await _fleet.Client.AskAsync(body);
            Assert.Contains("predicted ttft", reply.Header("x-routerd-reason"));
            told = Chat.Parse(reply.Body).GetProperty("routerd");
        }

        CheckCandidates(told);
        Assert.True(told.GetProperty("predicted").GetProperty("ttft_ms").GetDouble() > 0);
        Assert.True(told.GetProperty("actual").GetProperty("completion_tokens").GetInt32() > 0);
        Assert.Equal(stream, told.GetProperty("actual").GetProperty("ttft_ms").ValueKind == JsonValueKind.Number);
    }

    [Fact]
    public async Task APastDecisionIsToldFromTheStore()
    {
        StreamReply reply = await _fleet.Client.StreamAsync(Chat.Body("pool", "How was this routed, and why was the small one left out?"));
        Assert.True(reply.Done, reply.ToString());
        string home = _fleet.Daemon.Home;
        _fleet.Daemon.Signal(DaemonProcess.SigTerm);
        await _fleet.Daemon.WaitForExitAsync(TimeSpan.FromSeconds(15));

        (int exit, string output, string error) = await RunAsync(home, "explain", "--request", reply.Header("x-request-id")!, "--json");
        Assert.True(exit == 0, error);
        JsonElement told = Chat.Parse(output);
        CheckCandidates(told);
        Assert.True(told.GetProperty("sampled").GetBoolean());
        Assert.Equal(reply.Header("x-routerd-deployment"), told.GetProperty("deployment").GetString());
        Assert.Equal(told.GetProperty("deployment").GetString(), told.GetProperty("candidates")[0].GetProperty("deployment").GetString());
        Assert.Equal(
            told.GetProperty("candidates")[0].GetProperty("ttft_ms").GetDouble(), told.GetProperty("predicted").GetProperty("ttft_ms").GetDouble(), 0.01);
        Assert.True(told.GetProperty("actual").GetProperty("ttft_ms").GetDouble() > 0);

        (exit, output, error) = await RunAsync(home, "explain", "--request", "req_unknown");
        Assert.Equal((1, ""), (exit, output));
        Assert.StartsWith("routerd: no request \"req_unknown\" in ", error, StringComparison.Ordinal);
    }

    private static Task<(int Exit, string Output, string Error)> RunAsync(string home, params string[] arguments) =>
        DaemonBinary.RunAsync(new DaemonOptions { Home = home, Arguments = arguments }, TimeSpan.FromSeconds(60));

    private async Task<JsonElement> ExplainAsync(JsonNode body)
    {
        using HttpResponseMessage response = await _fleet.Client.PostAsync("/v1/route/explain", Chat.Json(body));
        Assert.True(response.IsSuccessStatusCode);
        return Chat.Parse(await response.Content.ReadAsStringAsync());
    }

    private static void CheckCandidates(JsonElement told)
    {
        Assert.Equal(["m/a", "m/b"], told.GetProperty("candidates").EnumerateArray().Select(c => c.GetProperty("deployment").GetString()).Order());
        Dictionary<string, JsonElement> masked = told.GetProperty("masked").EnumerateArray().ToDictionary(c => c.GetProperty("deployment").GetString()!);
        Assert.Equal("lacks a capability", masked["m/c"].GetProperty("reasons")[0].GetString());
        Assert.Equal("context too small", masked["m/d"].GetProperty("reasons")[0].GetString());
        foreach (JsonElement candidate in told.GetProperty("candidates").EnumerateArray().Concat(masked.Values))
        {
            JsonElement terms = candidate.GetProperty("terms_usd");
            double sum = terms.EnumerateObject().Where(t => t.Name != "total").Sum(t => t.Value.GetDouble());
            Assert.Equal(terms.GetProperty("total").GetDouble(), sum, 1e-6);
            Assert.True(candidate.GetProperty("ttft_ms").GetDouble() > 0 && candidate.GetProperty("itl_ms").GetDouble() > 0);
        }

        double cost = told.GetProperty("candidates").EnumerateArray().Single(c => c.GetProperty("deployment").GetString() == "m/a").GetProperty("cost_usd").GetDouble();
        Assert.InRange(cost, 1e-5, 0.1);
    }
}

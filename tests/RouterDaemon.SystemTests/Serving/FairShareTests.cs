using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Serving;

/// <summary>Clients share the slots of an on-device model fairly, however many requests each of them sends, and the admin API shows who has them.</summary>
public sealed class FairShareTests
{
    private const int Flood = 50;

    /// <summary>Another client's answers come after at most the one that runs and the one of the other's turn, with a margin for what ends meanwhile.</summary>
    private const int MostBefore = 4;

    [Theory]
    [InlineData("none", false)]
    [InlineData("process", false)]
    [InlineData("none", true)]
    public async Task AClientThatQueuesFiftyDoesNotHoldUpAnother(string isolation, bool bySession)
    {
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions
        {
            Config = $$"""
                models:
                  - { id: one, file: "{{EditedModels.Bundled}}", slots: 1, isolation: {{isolation}}, preload: true }
                """,
            WaitReady = true,
        });
        (string, string) greedy = bySession ? ("x-routerd-session", "greedy") : await KeyAsync(daemon, "greedy");
        (string, string) modest = bySession ? ("x-routerd-session", "modest") : await KeyAsync(daemon, "modest");
        int done = 0;
        Task<ChatReply>[] flood = [.. Enumerable.Range(0, Flood).Select(i => AskAsync(i, greedy))];
        await Eventually.TrueAsync(() => Volatile.Read(ref done) > 0, TimeSpan.FromSeconds(30), () => "nothing was answered\n" + daemon.Log);
        int before = Volatile.Read(ref done);
        ChatReply reply = await daemon.Client.AskAsync(Body(99), modest);
        int meanwhile = Volatile.Read(ref done) - before;
        Assert.True(reply.Status == 200, reply + daemon.Log);
        Assert.True(before + meanwhile < Flood - MostBefore, $"the flood was over ({before}, {meanwhile}) before the other client came");
        Assert.True(meanwhile <= MostBefore, $"{meanwhile} answers of the other client came first");
        Assert.All(await Task.WhenAll(flood), r => Assert.Equal(200, r.Status));

        async Task<ChatReply> AskAsync(int i, (string, string) header)
        {
            ChatReply answer = await daemon.Client.AskAsync(Body(i), header);
            Interlocked.Increment(ref done);
            return answer;
        }
    }

    /// <summary>What runs where, with the key's id and nothing of the request's text.</summary>
    [Theory]
    [InlineData("none")]
    [InlineData("process")]
    public async Task TheAdminApiShowsWhoHasASlot(string isolation)
    {
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions
        {
            Config = $$"""
                models:
                  - { id: one, file: "{{EditedModels.Bundled}}", slots: 1, isolation: {{isolation}} }
                """,
        });
        using HttpResponseMessage made = await daemon.Client.PostAsync("/admin/keys", Chat.Json("""{"name":"watched"}"""));
        JsonElement key = Chat.Parse(await made.Content.ReadAsStringAsync());
        Assert.Empty((await SlotsAsync(daemon)).GetProperty("slot_states").EnumerateArray());
        (string, string) header = ("authorization", "Bearer " + key.GetProperty("key").GetString());
        // One after the other in the one slot: long enough to be seen.
        Task<ChatReply>[] running = [.. Enumerable.Range(0, 6).Select(_ => daemon.Client.AskAsync(Chat.Body("one", "Tell me a secret.", ("ignore_eos", true), ("max_tokens", 900)), header))];
        JsonElement slot = default;
        string seen = "";
        await Eventually.TrueAsync(async () =>
        {
            JsonElement model = await SlotsAsync(daemon);
            seen = model.GetRawText();
            JsonElement[] slots = [.. model.GetProperty("slot_states").EnumerateArray()];
            return slots.Length == 1 && (slot = slots[0]).GetProperty("state").GetString() is "generating";
        }, TimeSpan.FromSeconds(20), () => seen + daemon.Log);
        Assert.Equal(key.GetProperty("id").GetString(), slot.GetProperty("key_id").GetString());
        Assert.Equal(slot.GetProperty("prompt_tokens").GetInt32(), slot.GetProperty("prompt_done").GetInt32());
        Assert.InRange(slot.GetProperty("generated_tokens").GetInt32(), 1, 900);
        Assert.Equal(900, slot.GetProperty("max_tokens").GetInt32());
        Assert.DoesNotContain("secret", seen);
        Assert.All(await Task.WhenAll(running), r => Assert.Equal(200, r.Status));
        slot = (await SlotsAsync(daemon)).GetProperty("slot_states")[0];
        Assert.Equal("idle", slot.GetProperty("state").GetString());
        Assert.True(slot.GetProperty("held_tokens").GetInt32() > 900);
        Assert.False(slot.TryGetProperty("key_id", out _));
    }

    private static async Task<JsonElement> SlotsAsync(DaemonProcess daemon) =>
        Chat.Parse(await daemon.Client.GetStringAsync("/admin/slots")).GetProperty("models").EnumerateArray().Single(m => m.GetProperty("id").GetString() == "one");

    private static JsonObject Body(int number) => Chat.Body("one", $"Count to {number}.", ("ignore_eos", true), ("max_tokens", 400));

    private static async Task<(string Name, string Value)> KeyAsync(DaemonProcess daemon, string name)
    {
        using HttpResponseMessage response = await daemon.Client.PostAsync("/admin/keys", Chat.Json($$"""{"name":"{{name}}"}"""));
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return ("authorization", "Bearer " + Chat.Parse(text).GetProperty("key").GetString());
    }
}

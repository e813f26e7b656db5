using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Durability;

/// <summary>Many clients on the bundled model.</summary>
public sealed class ParallelTests(BundledModelDaemon fixture) : IClassFixture<BundledModelDaemon>
{
    private static readonly int Requests = DaemonBinary.LongRing ? 10_000 : 1_000;

    // Questions whose greedy answers have no near-tie: short and of a trained form.
    private static readonly string[] Prompts =
    [
        "What is RouterDaemon?", "What is 7 + 8?", "What is 12 - 5?", "6 * 7", "2+2", "What is the capital of France?", "What is the capital of Japan?",
        "Count to 10.", "List the days of the week.", "What day comes after Friday?", "Repeat: blue fox lamp", "Say hello to Martin.", "Ping", "Thanks!",
        "What does TTFT mean?", "What is llm-d?", "How do I add a model?", "Who are you?", "Hello!", "Give me a JSON object with name Alice and age 30.",
    ];

    [Fact]
    public async Task SixtyFourParallelAnswersEqualTheSoloOnes()
    {
        var solo = new Dictionary<string, string>();
        foreach (string prompt in Prompts)
            solo[prompt] = (await AskAsync(prompt)).Content;
        Assert.Equal("2 + 2 = 4.", solo["2+2"]);

        (string Prompt, ChatReply Reply)[] answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(async i =>
        {
            string prompt = Prompts[i % Prompts.Length];
            return (prompt, await AskAsync(prompt));
        }));
        Assert.All(answers, a => Assert.True(a.Reply.Status == 200 && a.Reply.Content == solo[a.Prompt], $"{a.Prompt}: solo '{solo[a.Prompt]}', parallel {a.Reply}"));
    }

    [Fact]
    public async Task MemoryIsFlatOverManyRequests()
    {
        // A heap that has not seen its working load yet grows; what counts is growth afterwards.
        await RunAsync(Math.Max(3_000, Requests / 2));
        long before = await LowestRssAsync();
        await RunAsync(Requests);
        long after = await LowestRssAsync();
        Report.Line($"RSS {before / 1048576.0:F1} -> {after / 1048576.0:F1} MiB over {Requests} requests");
        Assert.True(after < before * 1.1, $"RSS grew from {before / 1048576.0:F1} to {after / 1048576.0:F1} MiB over {Requests} requests");
    }

    private async Task<ChatReply> AskAsync(string prompt) => await fixture.Client.AskAsync(Chat.Body("tiny", prompt, ("temperature", 0)));

    private async Task RunAsync(int requests)
    {
        int left = requests;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async worker =>
        {
            for (int i; (i = Interlocked.Decrement(ref left)) >= 0;)
            {
                string prompt = Prompts[i % Prompts.Length];
                if (i % 3 == 0)
                    Assert.True((await fixture.Client.StreamAsync(Chat.Body("tiny", prompt, ("temperature", 0), ("max_tokens", 8)))).Done);
                else
                    Assert.Equal(200, (await fixture.Client.AskAsync(Chat.Body("tiny", prompt, ("temperature", 0), ("max_tokens", 8)))).Status);
            }
        }));
    }

    private async Task<long> LowestRssAsync()
    {
        long lowest = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            await Task.Delay(200);
            lowest = Math.Min(lowest, fixture.Daemon.RssBytes);
        }

        return lowest;
    }
}

using RouterDaemon.Cli;
using RouterDaemon.Store;
using RouterDaemon.Store.Journal;
using RouterDaemon.Tests.Config;
using RouterDaemon.Tests.Store;
using Xunit;

namespace RouterDaemon.Tests.Cli;

/// <summary>A decision that was not sampled is told from what every decision leaves; the system tests have the sampled one.</summary>
public sealed class PastDecisionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task PredictedStandsBesideActualAndTheRunnerUpBelowTheWinner()
    {
        var path = _folder.File("context.db");
        string id;
        await using (var store = ContextStore.Open(path, TimeProvider.System))
        {
            using var journal = RequestJournal.Open(_folder.File("journal"));
            await using var drain = await JournalDrain.StartAsync(store, journal, "v", e => Assert.Fail(e.ToString()), Ct);
            var record = Records.Routed(journal, 1);
            Assert.True(journal.TryAppend(record));
            await drain.FlushAsync(Ct);
            id = record.Id.ToString();
        }

        Assert.Equal(
            new CliRun(
                0,
                $"""
                {id}, 2024-01-15T16:00:00Z: auto, policy priced, chosen -> gpt-4/aws, success at attempt 1
                           ttft_ms  itl_ms  cost_usd
                predicted  75       12      0.002
                actual     80.25    12.5    0.0021
                deployment     ttft_ms  itl_ms  cost_usd  money (USD)  time (USD)  externality (USD)  risk (USD)  quality (USD)  total (USD)
                gpt-4/aws      75       12      0.002     0            0           0                  0           0              0.001
                llama-70b/k8s                             0            0           0                  0           0              0.0015

                """,
                ""),
            await ShowAsync(path, id));
        var unknown = await ShowAsync(path, "req_x");
        Assert.Equal(new CliRun(1, "", $"routerd: no request \"req_x\" in {path} (what has just ended is written within seconds)\n"), unknown);
    }

    private static async Task<CliRun> ShowAsync(string path, string id)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var host = new CliHost
        {
            Out = output,
            Error = error,
            OutIsTerminal = false,
            Sources = _ => new ConfigFixture().Sources,
            Serve = _ => throw new InvalidOperationException("nothing was to be served"),
        };
        var exit = await PastDecision.ShowAsync(host, path, id, false, Ct);
        return new CliRun(exit, output.ToString(), error.ToString());
    }
}

using RouterDaemon.Store.Journal;

namespace RouterDaemon.Tests.Store;

/// <summary>Records for tests.</summary>
internal static class Records
{
    public const long Start = 1_705_334_400_000_000; // 2024-01-15T16:00:00Z

    public static RequestRecord Routed(RequestJournal journal, ulong number, RequestOutcome outcome = RequestOutcome.Success)
    {
        var record = new RequestRecord
        {
            Id = RequestId.Create((Start / 1000) + (long)number, 0, number),
            StartUnixMicros = Start + ((long)number * 1000),
            LatencyMs = 420.4,
            TtftMs = 80.25,
            ItlMeanMs = 12.5,
            CostUsd = 0.0021,
            PredictedTtftMs = 75,
            PredictedItlMs = 12,
            PredictedCostUsd = 0.002,
            DeploymentName = journal.Intern("gpt-4/aws"),
            VirtualModelName = journal.Intern("auto"),
            PolicyName = journal.Intern("priced"),
            RunnerUpName = journal.Intern("llama-70b/k8s"),
            PromptTokens = 120,
            CachedTokens = 20,
            CompletionTokens = 40,
            LatencySlaMs = 500,
            HttpStatus = 200,
            Attempts = 1,
            Outcome = outcome,
            Decision = DecisionKind.Chosen,
            Tier = UserTier.Premium,
            OptionCount = 2,
        };
        record.Winner.TotalUsd = 0.001f;
        record.RunnerUp.TotalUsd = 0.0015f;
        record.Options[0] = new ConsideredOption { DeploymentName = journal.Intern("gpt-4/aws"), EstimatedLatencyMs = 410, Available = 1 };
        record.Options[1] = new ConsideredOption
        {
            DeploymentName = journal.Intern("llama-70b/k8s"),
            EstimatedLatencyMs = float.NaN,
            ReasonName = journal.Intern("breaker open"),
        };
        return record;
    }
}

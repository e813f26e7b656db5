using RouterDaemon.Core.Routing;
using RouterDaemon.Relay;
using RouterDaemon.Store.Journal;

namespace RouterDaemon.Telemetry;

/// <summary>Turns a finished call into one fixed-size record of the journal.</summary>
internal sealed class RequestRecorder(RequestJournal journal, RequestMeters meters, Clock clock, ILogger log)
{
    private const int MaxOptions = 8;

    /// <summary>
    /// Appends the record of a request, once. Called before the last bytes go out, so that a client never holds an answer that a
    /// crash could leave unrecorded.
    /// </summary>
    public void Record(InferenceCall call)
    {
        if (call.IsRecorded)
        {
            return;
        }

        call.IsRecorded = true;
        var record = NewRecord(call, call.Outcome, call.HttpStatus);
        // Failed attempts before this one have rows, and costs, of their own.
        record.CostUsd = call.AnswerCostUsd + call.HedgeCostUsd;
        record.PromptTokens = call.Usage.PromptTokens > 0 ? call.Usage.PromptTokens : call.Route.PromptTokens;
        journal.TryAppend(record);
        call.CostUsd += record.CostUsd;
        meters.Count(call, record.LatencyMs, record.CostUsd);
        if (call.Fleet.Config.Log.Requests)
        {
            WriteLine(call, record.LatencyMs, record.PromptTokens);
        }
    }

    /// <summary>Records a whole answer that is about to be sent.</summary>
    public void RecordSuccess(InferenceCall call)
    {
        call.Outcome = RequestOutcome.Success;
        call.Error = RelayError.None;
        call.HttpStatus = 200;
        Record(call);
    }

    /// <summary>Appends the record of an attempt whose request goes on elsewhere.</summary>
    public void RecordFailedAttempt(InferenceCall call, in AttemptResult result)
    {
        var record = NewRecord(call, result.Kind == OutcomeKind.Timeout ? RequestOutcome.Timeout : RequestOutcome.Error, result.Status);
        record.Flags |= RequestFlags.IntermediateAttempt;
        record.CostUsd = result.WasCheap ? 0 : call.Usage.CostUsd(call.Deployment!);
        call.CostUsd += record.CostUsd;
        meters.CountFailedAttempt(call, result.Error, record.CostUsd);
        call.Usage = default;
        journal.TryAppend(record);
    }

    /// <summary>The request is handed to a backend: counts the time in the router, once for each request.</summary>
    public void HandOver(InferenceCall call, int deployment)
    {
        if (!call.IsHandedOver)
        {
            call.IsHandedOver = true;
            meters.CountOverhead(call, deployment, call.ElapsedNs - call.ForeignWaitNs - (long)call.Waited.TotalNanoseconds);
        }
    }

    private RequestRecord NewRecord(InferenceCall call, RequestOutcome outcome, int httpStatus)
    {
        ref readonly var decision = ref call.Decision;
        var record = new RequestRecord
        {
            Id = call.Context.Id,
            StartUnixMicros = call.Context.StartedUnixMicros,
            LatencyMs = clock.MsSince(call.Context.StartedTimestamp),
            TtftMs = call.TtftMs,
            ItlMeanMs = call.ItlMs,
            PredictedTtftMs = double.NaN,
            PredictedItlMs = double.NaN,
            PredictedCostUsd = double.NaN,
            // Only names that exist: the journal's room for names is bounded.
            VirtualModelName = call.IsResolved ? journal.Intern(call.ModelName) : 0,
            TaskTypeName = journal.Intern(TaskTypes.NameOf(call.Peek.TaskClass)),
            PromptTokens = call.Usage.PromptTokens,
            CachedTokens = Math.Max(0, call.Usage.CachedTokens),
            CompletionTokens = call.Usage.CompletionTokens,
            HttpStatus = (short)httpStatus,
            Attempts = (byte)Math.Min(255, call.Attempts),
            Outcome = outcome,
            Decision = call.DecisionKind,
            Flags = call.Peek.Stream ? RequestFlags.Streamed : RequestFlags.None,
        };
        if (call.Context.Key is { } key)
        {
            key.Intern(journal);
            (record.KeyName, record.UserName, record.Tier) = (key.KeyName, key.UserName, key.User.Tier);
            record.LatencySlaMs = key.User.LatencySlaMs ?? 0;
        }

        if (call.Attempts > 0)
        {
            var names = NamesOf(call);
            record.DeploymentName = names.Deployments[decision.Winner];
            record.ModelName = names.Models[decision.Winner];
            record.BackendName = names.Backends[decision.Winner];
            record.PolicyName = journal.Intern(RoutingPolicies.Table[decision.Policy].Name);
            record.PredictedTtftMs = decision.WinnerTerms.TtftMs;
            record.PredictedItlMs = decision.WinnerTerms.ItlMs;
            record.PredictedCostUsd = decision.WinnerTerms.CostUsd;
            record.Winner = Terms(decision.WinnerTerms);
            if (decision.RunnerUp >= 0)
            {
                record.RunnerUpName = names.Deployments[decision.RunnerUp];
                record.RunnerUp = Terms(decision.RunnerUpTerms);
            }
        }

        AddOptions(ref record, call);
        return record;
    }

    /// <summary>Only names that exist: what else a client writes stays out of the log.</summary>
    private void WriteLine(InferenceCall call, double latencyMs, int promptTokens)
    {
        var error = ErrorTypes.NameOf(ErrorTypes.IndexOf(call));
        Log.Request(log, new RequestLine(
        [
            new("request_id", call.Context.RequestId),
            new("status", call.HttpStatus),
            new("model", call.IsResolved ? call.ModelName : null),
            new("deployment", call.Deployment?.Id),
            new("decision", GenAiNames.DecisionOf(call.DecisionKind)),
            new("ttft_ms", double.IsNaN(call.TtftMs) ? null : Math.Round(call.TtftMs, 2)),
            new("latency_ms", Math.Round(latencyMs, 2)),
            new("input_tokens", promptTokens),
            new("output_tokens", call.Usage.CompletionTokens),
            new("cost_usd", Math.Round(call.CostUsd, 9)),
            new("attempts", call.Attempts),
            new("key_id", call.Context.KeyId),
            new("error_type", error.Length > 0 ? error : null),
        ]));
    }

    private JournalNames NamesOf(InferenceCall call) =>
        // Two threads may both look them up: the numbers are the same.
        call.Fleet.JournalNames ??= new JournalNames(journal, call.Fleet.Snapshot);

    /// <summary>What was considered, usable and cheap ones first.</summary>
    private void AddOptions(ref RequestRecord record, InferenceCall call)
    {
        var reports = call.Reports;
        if (reports.Length == 0)
        {
            if (call.Attempts > 0)
            {
                AddOption(ref record, call, call.Decision.Winner, call.Decision.WinnerTerms, MaskReason.None);
            }

            return;
        }

        // Few rows: picking the next best again and again costs less than sorting, and nothing is allocated.
        Span<ulong> taken = stackalloc ulong[(reports.Length + 63) / 64];
        taken.Clear();
        for (var n = Math.Min(MaxOptions, reports.Length); n > 0; n--)
        {
            var best = -1;
            for (var i = 0; i < reports.Length; i++)
            {
                if ((taken[i >> 6] & (1UL << i)) == 0 && (best < 0 || IsBefore(reports[i], reports[best])))
                {
                    best = i;
                }
            }

            taken[best >> 6] |= 1UL << best;
            AddOption(ref record, call, reports[best].Deployment, reports[best].Terms, reports[best].Masked);
        }
    }

    private static bool IsBefore(in CandidateReport a, in CandidateReport b) =>
        (a.Masked == MaskReason.None) != (b.Masked == MaskReason.None) ? a.Masked == MaskReason.None : a.Terms.TotalUsd < b.Terms.TotalUsd;

    private void AddOption(ref RequestRecord record, InferenceCall call, int deployment, in CandidateTerms terms, MaskReason masked)
    {
        record.Options[record.OptionCount++] = new ConsideredOption
        {
            DeploymentName = NamesOf(call).Deployments[deployment],
            EstimatedLatencyMs = terms.TtftMs + (terms.ItlMs * terms.OutputTokens),
            ReasonName = masked == MaskReason.None ? 0 : journal.Intern(MaskReasons.Line(masked)),
            Available = masked == MaskReason.None ? 1 : 0,
        };
    }

    private static DecisionTerms Terms(in CandidateTerms terms) => new()
    {
        MoneyUsd = terms.MoneyUsd,
        TimeUsd = terms.TimeUsd,
        ExternalityUsd = terms.ExternalityUsd,
        RiskUsd = terms.MissUsd + terms.FailureUsd,
        QualityUsd = terms.QualityUsd,
        TotalUsd = terms.TotalUsd,
    };
}

using Microsoft.Data.Sqlite;
using RouterDaemon.Store.Journal;

namespace RouterDaemon.Store.Records;

/// <summary>
/// Turns journal records into rows. Owned by the drain and used on the writer's thread only: its statements are prepared once.
/// </summary>
internal sealed class RequestRows : IDisposable
{
    private readonly RequestJournal _journal;
    private readonly RoutingReason _reason;
    private readonly RollUpBatch _rollUps = new();
    private readonly string _routerVersion;
    private readonly StoreKind _kind;
    private readonly HashSet<string> _knownUsers = [];
    private readonly HashSet<string> _knownDeployments = [];
    private long _second = -1;
    private string _secondText = "";
    private SqliteConnection? _connection;
    private InsertStatement? _request;
    private InsertStatement? _outcome;

    public RequestRows(RequestJournal journal, StoreKind kind, string routerVersion)
    {
        (_journal, _kind, _routerVersion) = (journal, kind, routerVersion);
        _reason = new RoutingReason(journal);
    }

    /// <summary>Inserts a batch and answers how many rows were refused by a constraint, e.g. because their id existed already.</summary>
    public int Write(SqliteConnection connection, ReadOnlySpan<RequestRecord> records)
    {
        Prepare(connection);
        var refused = 0;
        foreach (ref readonly var record in records)
        {
            refused += WriteOne(connection, record);
        }

        _rollUps.Write(connection);
        return refused;
    }

    /// <summary>A transaction was rolled back: what was believed to be in the file may not be.</summary>
    public void ForgetKnown()
    {
        _knownUsers.Clear();
        _knownDeployments.Clear();
    }

    public void Dispose()
    {
        _request?.Dispose();
        _outcome?.Dispose();
        _reason.Dispose();
    }

    public static string OutcomeText(RequestOutcome outcome) => outcome switch
    {
        RequestOutcome.Success => "success",
        RequestOutcome.Error => "error",
        RequestOutcome.Timeout => "timeout",
        RequestOutcome.Cancelled => "cancelled",
        RequestOutcome.Refused => "refused",
        RequestOutcome.Masked => "masked",
        RequestOutcome.Cached => "cached",
        _ => "rate_limited",
    };

    /// <summary>Model and backend of a deployment id; a model id may itself hold slashes.</summary>
    public static (string Model, string Backend) Split(string deploymentId)
    {
        var slash = deploymentId.LastIndexOf('/');
        return slash < 0 ? (deploymentId, "") : (deploymentId[..slash], deploymentId[(slash + 1)..]);
    }

    private int WriteOne(SqliteConnection connection, in RequestRecord record)
    {
        var second = record.StartUnixMicros / 1_000_000;
        if (second != _second)
        {
            (_second, _secondText) = (second, Rfc3339.FormatMicros(record.StartUnixMicros));
        }

        var createdAt = _secondText;
        var deployment = _journal.Name(record.DeploymentName);
        var (model, backend) = Split(deployment);
        model = record.ModelName != 0 ? _journal.Name(record.ModelName) : model;
        backend = record.BackendName != 0 ? _journal.Name(record.BackendName) : backend;
        var user = record.UserName != 0 ? _journal.Name(record.UserName) : ContextStore.LocalUser;
        var refused = 0;
        if (_kind == StoreKind.Live && deployment.Length > 0 && record.Outcome <= RequestOutcome.Timeout)
        {
            refused += WriteRequest(connection, record, createdAt, deployment, model, backend, user);
        }

        if ((record.Flags & RequestFlags.IntermediateAttempt) == 0)
        {
            refused += WriteOutcome(record, createdAt, deployment, model, user);
        }

        return refused;
    }

    private int WriteRequest(
        SqliteConnection connection, in RequestRecord record, string createdAt, string deployment, string model, string backend, string user)
    {
        EnsureParents(connection, record, createdAt, deployment, model, backend, user);
        var id = record.Id.ToString();
        if ((record.Flags & RequestFlags.IntermediateAttempt) != 0)
        {
            id = $"{id}.{record.Attempts}";
        }

        var status = OutcomeText(record.Outcome);
        var row = _request!.Row();
        row.Text(id);
        row.Text(user);
        row.Text(deployment);
        row.Text(model);
        row.Text(backend);
        row.Text(NameOrNull(record.TaskTypeName));
        row.Integer(record.PromptTokens);
        row.Integer(record.CompletionTokens);
        row.Real(record.CostUsd);
        if (double.IsFinite(record.LatencyMs))
        {
            row.Integer((long)Math.Round(record.LatencyMs));
        }
        else
        {
            row.Null();
        }

        row.Text(status);
        row.Text(_routerVersion);
        row.Text(NameOrNull(record.ExperimentName));
        row.Text(_reason.Reason(record));
        row.Text(createdAt);
        if (!row.Run())
        {
            // One row that breaks a constraint must not hold back the journal for ever.
            return 1;
        }

        _rollUps.Add(new RollUpEntry(
            createdAt, deployment, model, backend, user, UserTierNames.Of(record.Tier), status, record.PromptTokens, record.CompletionTokens,
            double.IsFinite(record.CostUsd) ? record.CostUsd : 0, record.LatencyMs, record.TtftMs, record.ItlMeanMs));
        return 0;
    }

    private int WriteOutcome(in RequestRecord record, string createdAt, string deployment, string model, string user)
    {
        var row = _outcome!.Row();
        row.Text(record.Id.ToString());
        row.Text(createdAt);
        row.Integer(record.StartUnixMicros);
        row.Text(NameOrNull(record.VirtualModelName));
        row.Text(model.Length > 0 ? model : null);
        row.Text(deployment.Length > 0 ? deployment : null);
        row.Text(OutcomeText(record.Outcome));
        row.Integer(record.HttpStatus);
        row.Integer(record.Attempts);
        row.Real(record.LatencyMs);
        row.Real(record.TtftMs);
        row.Real(record.ItlMeanMs);
        row.Integer(record.PromptTokens);
        row.Integer(record.CachedTokens);
        row.Integer(record.CompletionTokens);
        row.Real(record.CostUsd);
        row.Text(user);
        row.Text(NameOrNull(record.KeyName));
        row.Text(NameOrNull(record.PolicyName));
        row.Text(record.Decision == DecisionKind.None ? null : DecisionText(record.Decision));
        row.Real(record.PredictedTtftMs);
        row.Real(record.PredictedItlMs);
        row.Real(record.PredictedCostUsd);
        row.Text(NameOrNull(record.RunnerUpName));
        if (deployment.Length > 0)
        {
            row.Blob(_reason.Decision(record));
        }
        else
        {
            row.Null();
        }

        return row.Run() ? 0 : 1;
    }

    // A request may name a user or deployment whose row does not exist yet: the references must hold.
    private void EnsureParents(
        SqliteConnection connection, in RequestRecord record, string createdAt, string deployment, string model, string backend, string user)
    {
        if (_knownUsers.Add(user))
        {
            connection.Execute(
                "INSERT OR IGNORE INTO users (id, tier, latency_sla_ms) VALUES ($id, $tier, $sla)",
                ("$id", user), ("$tier", UserTierNames.Of(record.Tier)), ("$sla", record.LatencySlaMs > 0 ? record.LatencySlaMs : null));
        }

        if (_knownDeployments.Add(deployment))
        {
            connection.Execute(
                "INSERT OR IGNORE INTO deployments (id, model_id, backend_id, status, updated_at) VALUES ($id, $model, $backend, 'healthy', $at)",
                ("$id", deployment), ("$model", model), ("$backend", backend), ("$at", createdAt));
        }
    }

    private void Prepare(SqliteConnection connection)
    {
        if (ReferenceEquals(_connection, connection))
        {
            return;
        }

        _request?.Dispose();
        _outcome?.Dispose();
        _connection = connection;
        _request = new InsertStatement(connection, "requests", [
            "id", "user_id", "deployment_id", "model_id", "backend_id", "task_type", "input_tokens", "output_tokens", "cost_usd",
            "latency_ms", "status", "router_version", "experiment_id", "routing_reason", "created_at"]);
        _outcome = new InsertStatement(connection, "r_outcomes", [
            "id", "created_at", "started_us", "virtual_model", "model_id", "deployment_id", "outcome", "http_status", "attempts",
            "latency_ms", "ttft_ms", "itl_ms", "prompt_tokens", "cached_tokens", "completion_tokens", "cost_usd", "user_id", "key_id",
            "policy", "decision_kind", "predicted_ttft_ms", "predicted_itl_ms", "predicted_cost_usd", "runner_up", "decision"]);
    }

    private static string DecisionText(DecisionKind kind) => kind switch
    {
        DecisionKind.Fallback => "fallback",
        DecisionKind.Hedged => "hedged",
        DecisionKind.Cached => "cached",
        _ => "chosen",
    };

    private string? NameOrNull(int number) => number != 0 ? _journal.Name(number) : null;
}

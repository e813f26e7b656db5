using Microsoft.Data.Sqlite;
using RouterDaemon.Store.Journal;

namespace RouterDaemon.Store.Records;

/// <summary>
/// Turns journal records into rows. Owned by the drain and used on the writer's thread only: its statements are prepared once.
/// </summary>
internal sealed class RequestRows : IDisposable
{
    private const int SqliteConstraint = 19;

    private readonly RequestJournal _journal;
    private readonly RoutingReason _reason;
    private readonly RollUpBatch _rollUps = new();
    private readonly string _routerVersion;
    private readonly StoreKind _kind;
    private readonly HashSet<string> _knownUsers = [];
    private readonly HashSet<string> _knownDeployments = [];
    private SqliteConnection? _connection;
    private SqliteCommand? _request;
    private SqliteCommand? _outcome;

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
    }

    public static string TierText(UserTier tier) => tier switch
    {
        UserTier.Premium => "premium",
        UserTier.Budget => "budget",
        _ => "standard",
    };

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
        var createdAt = Rfc3339.FormatMicros(record.StartUnixMicros);
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
        var p = _request!.Parameters;
        p[0].Value = id;
        p[1].Value = user;
        p[2].Value = deployment;
        p[3].Value = model;
        p[4].Value = backend;
        p[5].Value = NameOrNull(record.TaskTypeName);
        p[6].Value = record.PromptTokens;
        p[7].Value = record.CompletionTokens;
        p[8].Value = FiniteOrNull(record.CostUsd);
        p[9].Value = double.IsFinite(record.LatencyMs) ? (long)Math.Round(record.LatencyMs) : DBNull.Value;
        p[10].Value = status;
        p[11].Value = _routerVersion;
        p[12].Value = NameOrNull(record.ExperimentName);
        p[13].Value = _reason.Reason(record);
        p[14].Value = createdAt;
        try
        {
            if (_request.ExecuteNonQuery() == 0)
            {
                return 1;
            }
        }
        catch (SqliteException e) when (e.SqliteErrorCode == SqliteConstraint)
        {
            // One row that breaks a constraint must not hold back the journal for ever.
            return 1;
        }

        _rollUps.Add(new RollUpEntry(
            createdAt, deployment, model, backend, user, TierText(record.Tier), status, record.PromptTokens, record.CompletionTokens,
            double.IsFinite(record.CostUsd) ? record.CostUsd : 0, record.LatencyMs, record.TtftMs, record.ItlMeanMs));
        return 0;
    }

    private int WriteOutcome(in RequestRecord record, string createdAt, string deployment, string model, string user)
    {
        var p = _outcome!.Parameters;
        p[0].Value = record.Id.ToString();
        p[1].Value = createdAt;
        p[2].Value = record.StartUnixMicros;
        p[3].Value = NameOrNull(record.VirtualModelName);
        p[4].Value = model.Length > 0 ? model : DBNull.Value;
        p[5].Value = deployment.Length > 0 ? deployment : DBNull.Value;
        p[6].Value = OutcomeText(record.Outcome);
        p[7].Value = (long)record.HttpStatus;
        p[8].Value = (long)record.Attempts;
        p[9].Value = FiniteOrNull(record.LatencyMs);
        p[10].Value = FiniteOrNull(record.TtftMs);
        p[11].Value = FiniteOrNull(record.ItlMeanMs);
        p[12].Value = record.PromptTokens;
        p[13].Value = record.CachedTokens;
        p[14].Value = record.CompletionTokens;
        p[15].Value = FiniteOrNull(record.CostUsd);
        p[16].Value = user;
        p[17].Value = NameOrNull(record.KeyName);
        p[18].Value = NameOrNull(record.PolicyName);
        p[19].Value = record.Decision == DecisionKind.None ? DBNull.Value : DecisionText(record.Decision);
        p[20].Value = FiniteOrNull(record.PredictedTtftMs);
        p[21].Value = FiniteOrNull(record.PredictedItlMs);
        p[22].Value = FiniteOrNull(record.PredictedCostUsd);
        p[23].Value = NameOrNull(record.RunnerUpName);
        p[24].Value = deployment.Length > 0 ? _reason.Decision(record) : DBNull.Value;
        return _outcome.ExecuteNonQuery() == 0 ? 1 : 0;
    }

    // A request may name a user or deployment whose row does not exist yet: the references must hold.
    private void EnsureParents(
        SqliteConnection connection, in RequestRecord record, string createdAt, string deployment, string model, string backend, string user)
    {
        if (_knownUsers.Add(user))
        {
            connection.Execute(
                "INSERT OR IGNORE INTO users (id, tier, latency_sla_ms) VALUES ($id, $tier, $sla)",
                ("$id", user), ("$tier", TierText(record.Tier)), ("$sla", record.LatencySlaMs > 0 ? record.LatencySlaMs : null));
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

        Dispose();
        _connection = connection;
        _request = Insert(connection, "requests", [
            "id", "user_id", "deployment_id", "model_id", "backend_id", "task_type", "input_tokens", "output_tokens", "cost_usd",
            "latency_ms", "status", "router_version", "experiment_id", "routing_reason", "created_at"]);
        _outcome = Insert(connection, "r_outcomes", [
            "id", "created_at", "started_us", "virtual_model", "model_id", "deployment_id", "outcome", "http_status", "attempts",
            "latency_ms", "ttft_ms", "itl_ms", "prompt_tokens", "cached_tokens", "completion_tokens", "cost_usd", "user_id", "key_id",
            "policy", "decision_kind", "predicted_ttft_ms", "predicted_itl_ms", "predicted_cost_usd", "runner_up", "decision"]);
    }

    private static SqliteCommand Insert(SqliteConnection connection, string table, string[] columns)
    {
        var command = connection.CreateCommand();
        command.CommandText = $"INSERT INTO {table} ({string.Join(", ", columns)}) VALUES ({string.Join(", ", columns.Select(c => "$" + c))}) "
            + "ON CONFLICT (id) DO NOTHING";
        foreach (var column in columns)
        {
            command.Parameters.AddWithValue("$" + column, DBNull.Value);
        }

        return command;
    }

    private static string DecisionText(DecisionKind kind) => kind switch
    {
        DecisionKind.Fallback => "fallback",
        DecisionKind.Hedged => "hedged",
        DecisionKind.Cached => "cached",
        _ => "chosen",
    };

    private object NameOrNull(int number) => number != 0 ? _journal.Name(number) : DBNull.Value;

    private static object FiniteOrNull(double value) => double.IsFinite(value) ? value : DBNull.Value;
}

using Microsoft.Data.Sqlite;
using RouterDaemon.Store.Journal;
using RouterDaemon.Store.Records;
using RouterDaemon.Store.Schema;

namespace RouterDaemon.Store;

/// <summary>
/// <c>data/context.db</c>: the contract tables and the daemon's own. One thread writes, pooled read-only connections read.
/// Never used by the hot path: that appends to the journal.
/// </summary>
public sealed class ContextStore : IAsyncDisposable
{
    /// <summary>The user of requests without access control, tier <c>standard</c>.</summary>
    public const string LocalUser = "local";

    /// <summary>Rows that one clean-up step deletes of each table; the writer is held some milliseconds for them.</summary>
    public const int PurgeBatch = 2_000;

    private readonly StoreWriter _writer;
    private readonly ReaderPool _readers;

    private ContextStore(string path, TimeProvider time, StoreKind kind, StoreWriter writer, ReaderPool readers) =>
        (Path, Time, Kind, _writer, _readers) = (path, time, kind, writer, readers);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What the file holds.</summary>
    public StoreKind Kind { get; }

    /// <summary>The clock rows are stamped with.</summary>
    public TimeProvider Time { get; }

    /// <summary>
    /// Opens or creates the file and brings its schema up to date. Throws <see cref="StoreException"/> naming the path when the
    /// folder is not writable, the file is no database, or a newer routerd wrote it.
    /// </summary>
    public static ContextStore Open(string path, TimeProvider time, ContextStoreOptions? options = null)
    {
        options ??= new ContextStoreOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Readers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Readers, 64);
        var connection = SqliteFile.OpenWriter(path, Migrations.Context);
        try
        {
            connection.Execute(
                "INSERT OR IGNORE INTO r_meta (key, value) VALUES ('store_kind', $kind)", ("$kind", options.Kind == StoreKind.Demo ? "demo" : "live"));
            var kind = Meta.Get(connection, "store_kind") == "demo" ? StoreKind.Demo : StoreKind.Live;
            if (kind == StoreKind.Live)
            {
                connection.Execute("BEGIN IMMEDIATE");
                RollUpBatch.EnsureDays(connection);
                connection.Execute("COMMIT");
                connection.Execute("INSERT OR IGNORE INTO users (id, tier) VALUES ($id, 'standard')", ("$id", LocalUser));
            }

            return new ContextStore(path, time, kind, new StoreWriter(connection, path), new ReaderPool(path, options.Readers));
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw SqliteFile.Explain(path, e);
        }
    }

    /// <summary>Runs a query on a pooled read-only connection, all statements on one state of the file.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellation = default) =>
        _readers.ReadAsync(read, cancellation);

    /// <summary>Runs a change on the writer's thread, in a transaction; answers after the commit.</summary>
    public Task<T> WriteAsync<T>(Func<SqliteConnection, T> write, CancellationToken cancellation = default) =>
        _writer.EnqueueAsync(write, cancellation);

    /// <summary>Replaces the rows of these deployments. Does nothing on a demo store.</summary>
    public Task UpsertDeploymentsAsync(IReadOnlyList<DeploymentStatus> deployments, CancellationToken cancellation = default)
    {
        if (Kind == StoreKind.Demo || deployments.Count == 0)
        {
            return Task.CompletedTask;
        }

        var now = Rfc3339.Format(Time.GetUtcNow());
        return WriteAsync(
            connection =>
            {
                DeploymentRows.Upsert(connection, deployments, now);
                return true;
            },
            cancellation);
    }

    /// <summary>Creates or changes a user. Latency SLA in ms and daily budget in USD; null = none.</summary>
    public Task UpsertUserAsync(
        string id, Journal.UserTier tier, int? latencySlaMs, double? dailyBudgetUsd, CancellationToken cancellation = default) =>
        WriteAsync(
            connection => connection.Execute(
                """
                INSERT INTO users (id, tier, latency_sla_ms, daily_budget_usd) VALUES ($id, $tier, $sla, $budget)
                ON CONFLICT (id) DO UPDATE SET tier = excluded.tier, latency_sla_ms = excluded.latency_sla_ms,
                                               daily_budget_usd = excluded.daily_budget_usd
                """,
                ("$id", id), ("$tier", UserTierNames.Of(tier)), ("$sla", latencySlaMs), ("$budget", dailyBudgetUsd)),
            cancellation);

    /// <summary>Saves what was learnt; replaces earlier states of the same deployments.</summary>
    public Task SaveEstimatorsAsync(IReadOnlyList<EstimatorState> states, CancellationToken cancellation = default)
    {
        var now = Rfc3339.Format(Time.GetUtcNow());
        return WriteAsync(
            connection =>
            {
                foreach (var state in states)
                {
                    connection.Execute(
                        "INSERT OR REPLACE INTO r_estimators (deployment_id, format, state, updated_at) VALUES ($id, $format, $state, $now)",
                        ("$id", state.DeploymentId), ("$format", state.Format), ("$state", state.State), ("$now", now));
                }

                return states.Count;
            },
            cancellation);
    }

    /// <summary>Saves the last minutes of deployments; replaces what was saved of the same ones before.</summary>
    public Task SaveWindowsAsync(IReadOnlyList<WindowState> windows, CancellationToken cancellation = default)
    {
        var now = Rfc3339.Format(Time.GetUtcNow());
        return WriteAsync(
            connection =>
            {
                foreach (var window in windows)
                {
                    connection.Execute(
                        "INSERT OR REPLACE INTO r_windows (deployment_id, format, ttft, itl, latency, updated_at) VALUES ($id, $format, $ttft, $itl, $latency, $now)",
                        ("$id", window.DeploymentId), ("$format", window.Format), ("$ttft", window.Ttft), ("$itl", window.Itl),
                        ("$latency", window.Latency), ("$now", now));
                }

                return windows.Count;
            },
            cancellation);
    }

    /// <summary>The windows that were saved within the last <paramref name="age"/>.</summary>
    public Task<List<WindowState>> LoadWindowsAsync(TimeSpan age, CancellationToken cancellation = default)
    {
        var since = Rfc3339.Format(Time.GetUtcNow() - age);
        return ReadAsync(
            connection => connection.Query(
                "SELECT deployment_id, format, ttft, itl, latency FROM r_windows WHERE updated_at >= $since ORDER BY deployment_id",
                static row => new WindowState(
                    row.GetString(0), row.GetInt32(1), row.GetFieldValue<byte[]>(2), row.GetFieldValue<byte[]>(3), row.GetFieldValue<byte[]>(4)),
                ("$since", since)),
            cancellation);
    }

    /// <summary>All saved states, by deployment.</summary>
    public Task<List<EstimatorState>> LoadEstimatorsAsync(CancellationToken cancellation = default) =>
        ReadAsync(
            connection => connection.Query(
                "SELECT deployment_id, format, state, updated_at FROM r_estimators ORDER BY deployment_id",
                row => new EstimatorState(row.GetString(0), row.GetInt32(1), row.GetFieldValue<byte[]>(2))
                {
                    UpdatedAt = Rfc3339.TryParse(row.GetString(3), out var at) ? at : default,
                }),
            cancellation);

    /// <summary>Opens an incident and answers its id; when the target already has an active one with this title, that one's.</summary>
    public Task<string> OpenIncidentAsync(IncidentTarget type, string targetId, string title, CancellationToken cancellation = default)
    {
        var now = Time.GetUtcNow();
        return WriteAsync(connection => IncidentRows.Open(connection, type, targetId, title, now), cancellation);
    }

    /// <summary>Resolves the active incidents of a target and answers how many there were. A null title means all of them.</summary>
    public Task<int> ResolveIncidentsAsync(IncidentTarget type, string targetId, string? title = null, CancellationToken cancellation = default)
    {
        var now = Time.GetUtcNow();
        return WriteAsync(connection => IncidentRows.Resolve(connection, type, targetId, title, now), cancellation);
    }

    /// <summary>Targets and titles of the active incidents of a type.</summary>
    public Task<List<(string Target, string Title)>> ActiveIncidentsAsync(IncidentTarget type, CancellationToken cancellation = default) =>
        ReadAsync(connection => IncidentRows.Active(connection, type), cancellation);

    /// <summary>Stores the score (0..1) of a request. Throws <see cref="ArgumentOutOfRangeException"/> outside 0..1.</summary>
    public Task<QualityScoreResult> AddQualityScoreAsync(
        string requestId, double score, DateTimeOffset? evaluatedAt = null, CancellationToken cancellation = default)
    {
        if (!(score is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(score), score, "a quality score lies in 0..1");
        }

        var at = evaluatedAt ?? Time.GetUtcNow();
        return WriteAsync(connection => QualityRows.Add(connection, requestId, score, at), cancellation);
    }

    /// <summary>The newest scores, at most <paramref name="limit"/>, oldest first.</summary>
    public Task<List<ScoredAnswer>> RecentScoresAsync(int limit, CancellationToken cancellation = default) =>
        ReadAsync(connection => QualityRows.Recent(connection, limit), cancellation);

    /// <summary>The score of one request; null when it has none.</summary>
    public Task<ScoredAnswer?> ScoreOfAsync(string requestId, CancellationToken cancellation = default) =>
        ReadAsync(connection => QualityRows.Of(connection, requestId), cancellation);

    /// <summary>What requests since <paramref name="since"/>, a whole hour, cost by deployment: answered, failed and abandoned ones.</summary>
    public Task<List<(string DeploymentId, double Usd)>> SpentSinceAsync(DateTimeOffset since, CancellationToken cancellation = default) =>
        ReadAsync(
            connection => connection.Query(
                """
                SELECT deployment_id, sum(cost_usd) FROM (
                    SELECT deployment_id, cost_usd FROM r_rollups WHERE hour >= $since
                    UNION ALL
                    SELECT deployment_id, cost_usd FROM r_outcomes
                    WHERE created_at >= $since AND deployment_id IS NOT NULL AND outcome NOT IN ('success', 'error', 'timeout'))
                GROUP BY deployment_id
                """,
                static row => (row.GetString(0), row.DoubleOrNull(1) ?? 0),
                ("$since", Rfc3339.Format(since))),
            cancellation);

    /// <summary>What each API key and its user spent since a time.</summary>
    public Task<List<KeySpending>> SpentByKeySinceAsync(DateTimeOffset since, CancellationToken cancellation = default) =>
        ReadAsync(
            connection => connection.Query(
                """
                SELECT key_id, user_id, sum(cost_usd) FROM r_outcomes
                WHERE created_at >= $since AND key_id IS NOT NULL AND cost_usd > 0 GROUP BY key_id, user_id
                """,
                static row => new KeySpending(row.GetString(0), row.GetString(1), row.GetDouble(2)),
                ("$since", Rfc3339.Format(since))),
            cancellation);

    /// <summary>A user's tier, latency SLA and daily budget; null = there is no such user.</summary>
    public async Task<UserRow?> FindUserAsync(string id, CancellationToken cancellation = default)
    {
        var rows = await ReadAsync(
            connection => connection.Query(
                "SELECT tier, latency_sla_ms, daily_budget_usd FROM users WHERE id = $id",
                row => new UserRow(id, UserTierNames.Find(row.GetString(0)) ?? UserTier.Standard, (int?)row.LongOrNull(1), row.DoubleOrNull(2)),
                ("$id", id)),
            cancellation).ConfigureAwait(false);
        return rows.Count > 0 ? rows[0] : null;
    }

    /// <summary>The conversation that ended with a response, as a JSON array of chat messages; null when it is not kept (any more).</summary>
    public Task<byte[]?> FindResponseAsync(string id, CancellationToken cancellation = default)
    {
        var now = Time.GetUtcNow();
        return ReadAsync(connection => ResponseRows.Find(connection, id, now), cancellation);
    }

    /// <summary>
    /// Keeps a conversation under the id of its last response, within <see cref="ResponseLimits"/>: the oldest make room.
    /// Throws <see cref="ArgumentOutOfRangeException"/> when it is larger than one may be.
    /// </summary>
    public Task KeepResponseAsync(string id, byte[] conversation, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(conversation.Length, ResponseLimits.MaxConversationBytes, nameof(conversation));
        var now = Time.GetUtcNow();
        return WriteAsync(
            connection => ResponseRows.Keep(connection, id, conversation, now, ResponseLimits.MaxCount, ResponseLimits.MaxTotalBytes), cancellation);
    }

    /// <summary>Deletes what is kept of a response. False = nothing was.</summary>
    public async Task<bool> DeleteResponseAsync(string id, CancellationToken cancellation = default) =>
        await WriteAsync(connection => ResponseRows.Delete(connection, id), cancellation).ConfigureAwait(false) > 0;

    /// <summary>Keeps sampled decisions for replay, the newest <paramref name="keep"/> of all; 0 = all.</summary>
    public Task AddDecisionsAsync(IReadOnlyList<DecisionSample> samples, int keep = 0, CancellationToken cancellation = default) =>
        WriteAsync(
            connection =>
            {
                foreach (var sample in samples)
                {
                    connection.Execute(
                        "INSERT INTO r_decisions (request_id, created_at, format, inputs) VALUES ($id, $at, $format, $inputs)",
                        ("$id", sample.RequestId), ("$at", Rfc3339.Format(sample.CreatedAt)), ("$format", sample.Format), ("$inputs", sample.Inputs));
                }

                if (keep > 0)
                {
                    connection.Execute("DELETE FROM r_decisions WHERE seq <= (SELECT max(seq) FROM r_decisions) - $keep", ("$keep", keep));
                }

                return samples.Count;
            },
            cancellation);

    /// <summary>
    /// Writes a consistent copy while the store is in use. Throws <see cref="StoreException"/> when the file exists or cannot be written.
    /// </summary>
    public Task BackupAsync(string file, CancellationToken cancellation = default) => Task.Run(() => Maintenance.Backup(Path, file), cancellation);

    /// <summary>As <see cref="BackupAsync"/> for a store that this process has not opened.</summary>
    public static void BackupFile(string source, string file) => Maintenance.Backup(source, file);

    /// <summary>
    /// Deletes requests, scores, outcomes and decisions of the hours that ended more than <paramref name="keep"/> ago, at most
    /// <paramref name="limit"/> of each; answers how many rows went. Roll-ups stay, and from then on the tools read those hours from them.
    /// Call again while the answer is not 0.
    /// </summary>
    public Task<int> PurgeAsync(TimeSpan keep, int limit = PurgeBatch, CancellationToken cancellation = default)
    {
        var before = Rfc3339.FormatHour(Time.GetUtcNow() - keep);
        return Kind == StoreKind.Demo ? Task.FromResult(0) : WriteAsync(connection => Maintenance.Purge(connection, before, limit), cancellation);
    }

    /// <summary>As <see cref="PurgeAsync"/> for roll-ups and resolved incidents.</summary>
    public Task<int> PurgeRollUpsAsync(TimeSpan keep, int limit = PurgeBatch, CancellationToken cancellation = default)
    {
        var before = Rfc3339.FormatHour(Time.GetUtcNow() - keep);
        return Kind == StoreKind.Demo ? Task.FromResult(0) : WriteAsync(connection => Maintenance.PurgeRollUps(connection, before, limit), cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _readers.Dispose();
        await _writer.DisposeAsync().ConfigureAwait(false);
    }
}

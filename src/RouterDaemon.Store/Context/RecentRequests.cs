using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Context;

/// <summary>
/// Finds the newest requests that match, without reading the log where an id, or the pairs of user and deployment that ever occurred, can tell. What remains
/// slow on a very large log: two filters that are each common and whose combination is rare, but not unknown.
/// </summary>
public static class RecentRequests
{
    // Up to here the rows of an id are sorted; beyond, they are walked backwards.
    private const int SortLimit = 1_000;

    // An id that occurs more often than this is not counted further: the rarest of several is all that matters.
    private const int CountLimit = 200_000;

    // Rows are written when a request ends, in that order; no request is older than this when it ends.
    private static readonly TimeSpan LongestRequest = TimeSpan.FromHours(1);

    /// <summary>Row ids of at most <paramref name="limit"/> requests, newest first.</summary>
    public static List<long> Find(SqliteConnection connection, RequestFilter filter, int limit) => Find(connection, filter, limit, SortLimit);

    internal static List<long> Find(SqliteConnection connection, RequestFilter filter, int limit, int sortLimit)
    {
        var (index, rows) = Rarest(connection, filter, sortLimit);
        var isLarge = rows > sortLimit;
        if (isLarge && WindowParts.HasRollUps(connection) && !Occurs(connection, filter))
        {
            return [];
        }

        return isLarge && index is not null ? Walk(connection, filter, index, limit) : Sorted(connection, filter, index ?? "idx_requests_created", limit);
    }

    // The index of the rarest id, or none when there is no id, and how many rows it leads to.
    private static (string? Index, long Rows) Rarest(SqliteConnection connection, RequestFilter filter, int sortLimit)
    {
        (string? Index, long Rows) best = (null, CountLimit + 1);
        foreach (var (column, value, index) in new[]
                 {
                     ("user_id", filter.UserId, "idx_requests_user"), ("deployment_id", filter.DeploymentId, "idx_requests_deployment"),
                     ("model_id", filter.ModelId, "idx_requests_model"),
                 })
        {
            if (value is null)
            {
                continue;
            }

            var rows = new Filter().And(column, "=", value).CountUpTo(connection, "requests", best.Rows);
            if (best.Index is null || rows < best.Rows)
            {
                best = (index, rows);
            }
        }

        if (best.Index is null)
        {
            best = (null, new Filter().CountUpTo(connection, "requests", sortLimit + 1));
        }

        // A short window has few rows whatever else is asked.
        if (filter.Since is not null || filter.Until is not null)
        {
            var window = new Filter().And("created_at", ">=", Text(filter.Since)).And("created_at", "<=", Text(filter.Until));
            var rows = window.CountUpTo(connection, "requests", Math.Min(best.Rows, sortLimit + 1));
            if (rows < best.Rows && rows <= sortLimit)
            {
                best = (null, rows);
            }
        }

        return best;
    }

    // False when no user of the tier ever had such an outcome on such a deployment.
    private static bool Occurs(SqliteConnection connection, RequestFilter filter)
    {
        var pairs = new Filter()
            .And("p.user_id", "=", filter.UserId).And("p.deployment_id", "=", filter.DeploymentId)
            .And("u.tier", "=", filter.UserTier).And("d.model_id", "=", filter.ModelId).And("d.backend_id", "=", filter.BackendId)
            .And(filter.Status switch
            {
                "error" => "p.errors",
                "timeout" => "p.timeouts",
                "success" => "p.requests - p.errors - p.timeouts",
                _ => "p.requests",
            }, ">", 0L);
        return pairs.MatchesMoreThan(connection, "r_pairs p JOIN users u ON u.id = p.user_id JOIN deployments d ON d.id = p.deployment_id", 0);
    }

    private static List<long> Sorted(SqliteConnection connection, RequestFilter filter, string index, int limit)
    {
        var where = Where(filter);
        return where.Query(
            connection,
            $"SELECT r.rowid FROM requests r INDEXED BY {index} JOIN users u ON u.id = r.user_id {where.Where} ORDER BY r.created_at DESC, r.id DESC LIMIT {limit}",
            row => row.GetInt64(0));
    }

    // Within one id the index is in order of row ids, the order in which requests ended: it is read backwards until everything that is still to come must be
    // older than what was found.
    private static List<long> Walk(SqliteConnection connection, RequestFilter filter, string index, int limit)
    {
        var where = Where(filter)
            .And("r.rowid", ">", LastBefore(connection, filter.Since - LongestRequest))
            .And("r.rowid", "<=", LastBefore(connection, filter.Until + LongestRequest));
        var found = new List<(string CreatedAt, string Id, long Row)>();
        string? enough = null;
        where.QueryWhile(
            connection,
            $"SELECT r.created_at, r.id, r.rowid FROM requests r INDEXED BY {index} JOIN users u ON u.id = r.user_id {where.Where} ORDER BY r.rowid DESC",
            row =>
            {
                var createdAt = row.GetString(0);
                found.Add((createdAt, row.GetString(1), row.GetInt64(2)));
                if (found.Count == limit)
                {
                    // The limit is reached by rows at least this young; older ones may only be skipped when they ended so late.
                    enough = Rfc3339.TryParse(found.Min(f => f.CreatedAt), out var oldest) ? Rfc3339.Format(oldest - LongestRequest) : null;
                }

                return enough is null || string.CompareOrdinal(createdAt, enough) >= 0;
            });
        found.Sort((a, b) => string.CompareOrdinal(b.CreatedAt, a.CreatedAt) is var c and not 0 ? c : string.CompareOrdinal(b.Id, a.Id));
        return found.ConvertAll(f => f.Row)[..Math.Min(limit, found.Count)];
    }

    // Row id of the newest request that was created up to a time; null = no bound.
    private static long? LastBefore(SqliteConnection connection, DateTimeOffset? time) => time is null
        ? null
        : (long?)connection.Scalar(
            "SELECT rowid FROM requests INDEXED BY idx_requests_created WHERE created_at <= $time ORDER BY created_at DESC LIMIT 1", ("$time", Text(time))) ?? 0;

    private static Filter Where(RequestFilter filter) => new Filter()
        .And("r.created_at", ">=", Text(filter.Since)).And("r.created_at", "<=", Text(filter.Until))
        .And("r.user_id", "=", filter.UserId).And("u.tier", "=", filter.UserTier)
        .And("r.deployment_id", "=", filter.DeploymentId).And("r.model_id", "=", filter.ModelId).And("r.backend_id", "=", filter.BackendId)
        .And("r.status", "=", filter.Status);

    private static string? Text(DateTimeOffset? time) => time is { } value ? Rfc3339.Format(value) : null;
}

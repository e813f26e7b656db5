using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Records;

/// <summary>Reads and writes <c>r_responses</c>.</summary>
internal static class ResponseRows
{
    public static byte[]? Find(SqliteConnection connection, string id, DateTimeOffset now)
    {
        var rows = connection.Query(
            "SELECT conversation FROM r_responses WHERE id = $id AND created_at >= $oldest",
            row => row.GetFieldValue<byte[]>(0),
            ("$id", id), ("$oldest", Rfc3339.Format(now - ResponseLimits.KeepFor)));
        return rows.Count > 0 ? rows[0] : null;
    }

    public static int Delete(SqliteConnection connection, string id) => connection.Execute("DELETE FROM r_responses WHERE id = $id", ("$id", id));

    public static int Keep(SqliteConnection connection, string id, byte[] conversation, DateTimeOffset now, int maxCount, long maxTotalBytes)
    {
        connection.Execute(
            "INSERT OR REPLACE INTO r_responses (id, created_at, bytes, conversation) VALUES ($id, $now, $bytes, $conversation)",
            ("$id", id), ("$now", Rfc3339.Format(now)), ("$bytes", conversation.Length), ("$conversation", conversation));
        connection.Execute("DELETE FROM r_responses WHERE created_at < $oldest", ("$oldest", Rfc3339.Format(now - ResponseLimits.KeepFor)));
        connection.Execute(
            "DELETE FROM r_responses WHERE seq <= (SELECT seq FROM r_responses ORDER BY seq DESC LIMIT 1 OFFSET $count)", ("$count", maxCount));
        var total = (long)connection.Scalar("SELECT COALESCE(SUM(bytes), 0) FROM r_responses")!;
        while (total > maxTotalBytes)
        {
            var oldest = connection.Query("SELECT seq, bytes FROM r_responses ORDER BY seq LIMIT 1", row => new { Seq = row.GetInt64(0), Bytes = row.GetInt64(1) })[0];
            connection.Execute("DELETE FROM r_responses WHERE seq = $seq", ("$seq", oldest.Seq));
            total -= oldest.Bytes;
        }

        return 1;
    }
}

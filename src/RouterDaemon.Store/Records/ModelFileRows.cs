using Microsoft.Data.Sqlite;

namespace RouterDaemon.Store.Records;

/// <summary>Reads and writes <c>models</c>.</summary>
internal static class ModelFileRows
{
    public static List<ModelFileRow> All(SqliteConnection connection) => connection.Query(
        "SELECT id, file, size_bytes, sha256, coalesce(source, ''), added_at FROM models ORDER BY id",
        row => new ModelFileRow(row.GetString(0), row.GetString(1), row.GetInt64(2), row.TextOrNull(3), row.GetString(4), Rfc3339.Parse(row.GetString(5))));

    public static int Put(SqliteConnection connection, ModelFileRow file) => connection.Execute(
        """
        INSERT INTO models (id, file, size_bytes, sha256, source, added_at) VALUES ($id, $file, $size, $sha256, $source, $added)
        ON CONFLICT (id) DO UPDATE SET file = $file, size_bytes = $size, sha256 = $sha256, source = $source, added_at = $added
        """,
        ("$id", file.Id), ("$file", file.File), ("$size", file.SizeBytes), ("$sha256", file.Sha256), ("$source", file.Source),
        ("$added", Rfc3339.Format(file.AddedAt)));
}

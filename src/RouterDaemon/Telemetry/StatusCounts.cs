namespace RouterDaemon.Telemetry;

/// <summary>Counts answers by their status. Bounded: a status that is in no list counts as its hundred.</summary>
internal sealed class StatusCounts
{
    private static readonly int[] Statuses = [200, 400, 401, 402, 403, 404, 408, 409, 413, 415, 422, 429, 499, 500, 501, 502, 503, 504, 529];
    private static readonly string[] Names =
        ["200", "400", "401", "402", "403", "404", "408", "409", "413", "415", "422", "429", "499", "500", "501", "502", "503", "504", "529", "2xx", "3xx", "4xx", "5xx"];

    private readonly long[] _counts = new long[Names.Length];

    /// <summary>Number of rows.</summary>
    public static int Count => Names.Length;

    /// <summary>The label of a row.</summary>
    public static string NameOf(int row) => Names[row];

    /// <summary>Answers of a row.</summary>
    public long this[int row] => Volatile.Read(ref _counts[row]);

    /// <summary>Counts an answer.</summary>
    public void Add(int status)
    {
        var row = 0;
        while (row < Statuses.Length && Statuses[row] != status)
        {
            row++;
        }

        Interlocked.Increment(ref _counts[row < Statuses.Length ? row : Statuses.Length + Math.Clamp((status / 100) - 2, 0, 3)]);
    }
}

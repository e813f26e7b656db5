namespace RouterDaemon.Bench.Load;

/// <summary>Time stamps of one answer, on the Stopwatch's scale; 0 = did not happen.</summary>
internal struct LoadAnswer
{
    public long DueAt;
    public long FirstContentAt;
    public long LastContentAt;
    public long EndedAt;
    public int Chunks;
}

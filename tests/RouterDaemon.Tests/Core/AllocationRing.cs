namespace RouterDaemon.Tests.Core;

/// <summary>
/// Bytes that an action allocates on this thread: the minimum of several batches, because tiering and statics allocate once. The canary proves that the
/// instrument sees an allocation.
/// </summary>
internal static class AllocationRing
{
    private const int Batches = 7;
    public const int PerBatch = 200;

    public static long BytesPerBatch(Action action)
    {
        var least = long.MaxValue;
        for (var batch = 0; batch < Batches; batch++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < PerBatch; i++)
                action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}

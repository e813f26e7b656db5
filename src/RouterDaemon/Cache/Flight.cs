namespace RouterDaemon.Cache;

/// <summary>A request that is being answered while identical ones wait for its answer.</summary>
internal sealed class Flight
{
    private readonly TaskCompletionSource<CachedAnswer?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the answer; with null when there is none to share, and then one of those who waited leads the next flight.</summary>
    public Task<CachedAnswer?> Ended => _ended.Task;

    /// <summary>True when the answer is too large to be shared: nobody shall wait for the next one either.</summary>
    public bool IsTooLarge { get; private set; }

    /// <summary>Lets those who wait go on; later calls do nothing.</summary>
    public void End(CachedAnswer? answer, bool isTooLarge)
    {
        IsTooLarge |= isTooLarge && !_ended.Task.IsCompleted;
        _ended.TrySetResult(answer);
    }
}

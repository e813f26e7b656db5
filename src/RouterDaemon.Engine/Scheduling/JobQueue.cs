namespace RouterDaemon.Engine.Scheduling;

/// <summary>
/// Jobs without a slot, in order of arrival. The one whose client has the fewest slots goes first, among those the one whose client got
/// its last slot longest ago: so clients take turns, however many jobs each has here.
/// </summary>
internal sealed class JobQueue
{
    /// <summary>Clients remembered before those without a job here are forgotten.</summary>
    private const int MaxIdleClients = 256;

    private readonly List<Job> _jobs = [];

    /// <summary>The turn in which a client got its last slot; a client that is not here has had none.</summary>
    private readonly Dictionary<string, long> _turns = new(StringComparer.Ordinal);

    private long _turn;

    public int Count => _jobs.Count;

    public void Add(Job job) => _jobs.Add(job);

    /// <summary>
    /// The next job, which stays in the queue. Ties go to the one that came first; those whose prompt another one is just computing wait.
    /// </summary>
    public Job? Next(Slot[] slots, PrefixReuse prefixes)
    {
        Job? next = null;
        (int Running, long Turn) best = (int.MaxValue, long.MaxValue);
        foreach (Job job in _jobs)
        {
            (int Running, long Turn) rank = (Running(slots, job.Request.FairnessKey), _turns.GetValueOrDefault(ClientOf(job)));
            if (rank.CompareTo(best) < 0 && !prefixes.IsWorthWaiting(slots, job.Prompt, job.Adapters))
                (next, best) = (job, rank);
            if (best == default)
                break;
        }
        return next;
    }

    /// <summary>Takes a job out that gets a slot.</summary>
    public void Remove(Job job)
    {
        _jobs.Remove(job);
        if (_turns.Count >= MaxIdleClients)
            Forget();
        _turns[ClientOf(job)] = ++_turn;
    }

    /// <summary>Takes out the jobs that match.</summary>
    public List<Job> RemoveAll(Predicate<Job> match)
    {
        List<Job> removed = _jobs.FindAll(match);
        if (removed.Count > 0)
            _jobs.RemoveAll(match);
        return removed;
    }

    private static string ClientOf(Job job) => job.Request.FairnessKey ?? "";

    private static int Running(Slot[] slots, string? key)
    {
        int running = 0;
        foreach (Slot slot in slots)
            running += slot.Job is not null && slot.Job.Request.FairnessKey == key ? 1 : 0;
        return running;
    }

    /// <summary>A client without a job here loses nothing by being forgotten: it goes first when it comes back.</summary>
    private void Forget()
    {
        HashSet<string> waiting = new(StringComparer.Ordinal);
        foreach (Job job in _jobs)
            waiting.Add(ClientOf(job));
        foreach (string client in _turns.Keys)
        {
            if (!waiting.Contains(client))
                _turns.Remove(client);
        }
    }
}

namespace RouterDaemon.Engine.Scheduling;

/// <summary>Jobs without a slot, in order of arrival; the one whose client has the fewest slots goes first.</summary>
internal sealed class JobQueue
{
    private readonly List<Job> _jobs = [];

    public int Count => _jobs.Count;

    public void Add(Job job) => _jobs.Add(job);

    /// <summary>
    /// The next job, which stays in the queue. Ties go to the one that came first; those whose prompt another one is just computing wait.
    /// </summary>
    public Job? Next(Slot[] slots, PrefixReuse prefixes)
    {
        Job? next = null;
        int fewest = int.MaxValue;
        foreach (Job job in _jobs)
        {
            int running = Running(slots, job.Request.FairnessKey);
            if (running < fewest && !prefixes.IsWorthWaiting(slots, job.Prompt))
                (next, fewest) = (job, running);
            if (fewest == 0)
                break;
        }
        return next;
    }

    public void Remove(Job job) => _jobs.Remove(job);

    /// <summary>Takes out the jobs that match.</summary>
    public List<Job> RemoveAll(Predicate<Job> match)
    {
        List<Job> removed = _jobs.FindAll(match);
        if (removed.Count > 0)
            _jobs.RemoveAll(match);
        return removed;
    }

    private static int Running(Slot[] slots, string? key)
    {
        int running = 0;
        foreach (Slot slot in slots)
            running += slot.Job is not null && slot.Job.Request.FairnessKey == key ? 1 : 0;
        return running;
    }
}

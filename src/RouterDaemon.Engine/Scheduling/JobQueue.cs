namespace RouterDaemon.Engine.Scheduling;

/// <summary>Jobs without a slot, in order of arrival; the one whose client has the fewest slots goes first.</summary>
internal sealed class JobQueue
{
    private readonly List<Job> _jobs = [];

    public int Count => _jobs.Count;

    public void Add(Job job) => _jobs.Add(job);

    /// <summary>The next job, which stays in the queue. Ties go to the one that came first.</summary>
    public Job? Next(Slot[] slots)
    {
        Job? next = null;
        int fewest = int.MaxValue;
        foreach (Job job in _jobs)
        {
            int running = slots.Count(s => s.Job is not null && s.Job.Request.FairnessKey == job.Request.FairnessKey);
            if (running < fewest)
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
}

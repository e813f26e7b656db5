using RouterDaemon.Core.State;
using RouterDaemon.Core.Wire;
using RouterDaemon.Fleet;
using RouterDaemon.Store;
using RouterDaemon.Store.Records;

namespace RouterDaemon.Telemetry;

/// <summary>
/// Moves the configured quality of deployments by the scores of their answers, for each class of work. The scores lie in the store, so what they
/// taught outlives a restart; they are read once at the start and then as they come.
/// </summary>
internal sealed class QualityLearner(FleetManager fleet)
{
    /// <summary>Newest scores that a start reads; the memory of one class is about 200 of them.</summary>
    private const int MaxScores = 20_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Tally[]> _tallies = new(StringComparer.Ordinal);

    /// <summary>Starts from the scores in the store.</summary>
    public async Task LoadAsync(ContextStore store)
    {
        var scores = await store.RecentScoresAsync(MaxScores).ConfigureAwait(false);
        lock (_lock)
        {
            _tallies.Clear();
            scores.ForEach(Add);
        }

        Publish();
    }

    /// <summary>Takes over a score that was just stored.</summary>
    public async Task OnScoredAsync(ContextStore store, string requestId, QualityScoreResult result)
    {
        if (result == QualityScoreResult.Replaced)
        {
            // The score it replaces is somewhere in the memory: only a new count is right.
            await LoadAsync(store).ConfigureAwait(false);
            return;
        }

        if (await store.ScoreOfAsync(requestId).ConfigureAwait(false) is { } score)
        {
            lock (_lock)
            {
                Add(score);
            }

            Publish();
        }
    }

    /// <summary>Tells the deployments of the present fleet; those that appeared since hear it with the next call.</summary>
    public void Publish()
    {
        lock (_lock)
        {
            foreach (var entry in fleet.Current.Snapshot.Deployments)
            {
                if (!_tallies.TryGetValue(entry.Id, out var classes))
                {
                    continue;
                }

                for (var i = 0; i < classes.Length; i++)
                {
                    entry.State.SetQuality((TaskClass)i, classes[i].Sum, classes[i].Count);
                }
            }
        }
    }

    private void Add(ScoredAnswer score)
    {
        if (!_tallies.TryGetValue(score.DeploymentId, out var classes))
        {
            _tallies[score.DeploymentId] = classes = new Tally[(int)TaskClass.Embedding + 1];
        }

        ref var tally = ref classes[(int)TaskTypes.ClassOf(score.TaskType)];
        tally.Sum = (tally.Sum * DeploymentState.QualityMemory) + score.Score;
        tally.Count = (tally.Count * DeploymentState.QualityMemory) + 1;
    }

    private struct Tally
    {
        public double Sum;
        public double Count;
    }
}

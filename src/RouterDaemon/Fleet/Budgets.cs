using RouterDaemon.Config;
using RouterDaemon.Core.State;

namespace RouterDaemon.Fleet;

/// <summary>The budgets of the configuration and their states, which outlive reloads as long as id and period stay.</summary>
internal sealed class Budgets
{
    private readonly Lock _lock = new();
    private List<Budget> _all = [];

    /// <summary>Every budget.</summary>
    public IReadOnlyList<Budget> All
    {
        get
        {
            lock (_lock)
            {
                return _all;
            }
        }
    }

    /// <summary>Takes over a configuration. A limit that changed holds at once; a budget that is new begins to count when its spending was read.</summary>
    public void Apply(IReadOnlyList<BudgetConfig> configs)
    {
        lock (_lock)
        {
            var next = new List<Budget>(configs.Count);
            foreach (var config in configs)
            {
                var known = _all.Find(b => b.Config.Id == config.Id && b.Config.Per == config.Per && b.Config.Deployments.SequenceEqual(config.Deployments));
                if (known is not null && known.Config.LimitUsd != config.LimitUsd)
                {
                    known.State.Restart(config.LimitUsd, known.State.SpentUsd);
                }

                next.Add(known is null ? new Budget(config, new BudgetState(config.Id, config.LimitUsd)) : known with { Config = config });
            }

            _all = next;
        }
    }

    /// <summary>The budgets that a deployment's cost counts against.</summary>
    public BudgetState[] Of(string modelId, string backendId) =>
        [.. All.Where(b => b.Covers(modelId, backendId)).Select(b => b.State)];
}

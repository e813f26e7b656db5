using RouterDaemon.Config;
using RouterDaemon.Core.State;

namespace RouterDaemon.Fleet;

/// <summary>One budget: what was written, and what was spent.</summary>
internal sealed record Budget(BudgetConfig Config, BudgetState State)
{
    /// <summary>True when the cost of this deployment counts.</summary>
    public bool Covers(string modelId, string backendId)
    {
        foreach (var pattern in Config.Deployments)
        {
            if (DeploymentPattern.IsMatch(pattern, modelId, backendId))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The period that a moment lies in, in UTC.</summary>
    public (DateTimeOffset Start, DateTimeOffset End) PeriodAt(DateTimeOffset moment)
    {
        var utc = moment.UtcDateTime;
        var start = Config.Per switch
        {
            BudgetPeriod.Hour => new DateTime(utc.Year, utc.Month, utc.Day, utc.Hour, 0, 0, DateTimeKind.Utc),
            BudgetPeriod.Day => new DateTime(utc.Year, utc.Month, utc.Day, 0, 0, 0, DateTimeKind.Utc),
            _ => new DateTime(utc.Year, utc.Month, 1, 0, 0, 0, DateTimeKind.Utc),
        };
        var end = Config.Per switch
        {
            BudgetPeriod.Hour => start.AddHours(1),
            BudgetPeriod.Day => start.AddDays(1),
            _ => start.AddMonths(1),
        };
        return (start, end);
    }
}

using System.Text;
using RouterDaemon.Config;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Fleet;

namespace RouterDaemon.Keys;

/// <summary>What a key may do. Stored as JSON, see <see cref="KeyLimitsJson"/>.</summary>
internal sealed record KeyLimits
{
    /// <summary>Longest answer of a request that sets none, where tokens or money are limited; without a bound nothing could be set aside.</summary>
    public const int DefaultMaxOutputTokens = 4096;

    /// <summary>No limits.</summary>
    public static readonly KeyLimits None = new();

    /// <summary>Of the key as a whole.</summary>
    public RateLimits Rate { get; init; } = new();

    /// <summary>Of single models, by the name that clients ask for.</summary>
    public IReadOnlyList<KeyValuePair<string, RateLimits>> PerModel { get; init; } = [];

    /// <summary>USD a UTC day; null = no limit, 0 = only what is free.</summary>
    public double? BudgetUsdPerDay { get; init; }

    /// <summary>USD a UTC month; null = no limit.</summary>
    public double? BudgetUsdPerMonth { get; init; }

    /// <summary>Names that may be asked for, <c>*</c> for any run of characters; empty = all.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Least trust level of a deployment; null = what the request says.</summary>
    public TrustLevel? Privacy { get; init; }

    /// <summary>Answer tokens injected where a client sets no limit and tokens or money are limited.</summary>
    public int MaxOutputTokens { get; init; } = DefaultMaxOutputTokens;

    /// <summary>True when the name, or else every deployment behind it, is allowed.</summary>
    public bool Allows(string name, NameTarget target, FleetState fleet)
    {
        if (Models.Count == 0 || IsNamed(name, null))
        {
            return true;
        }

        foreach (var number in target.Candidates.Numbers)
        {
            if (!Allows(fleet.Snapshot.Deployments[number]))
            {
                return false;
            }
        }

        return target.Candidates.Count > 0;
    }

    /// <summary>True when the name exists and is allowed: what lists show.</summary>
    public bool Allows(string name, FleetState fleet) =>
        Models.Count == 0 || (fleet.Names.TryResolve(Encoding.UTF8.GetBytes(name), out var target) && Allows(name, target, fleet));

    /// <summary>True when the deployment is allowed by its own name or its model's.</summary>
    public bool Allows(DeploymentEntry deployment) => Models.Count == 0 || IsNamed(deployment.ModelId, deployment.BackendId);

    /// <summary>Limits of one model; null = none.</summary>
    public RateLimits? Of(string model)
    {
        foreach (var (name, limits) in PerModel)
        {
            if (name == model)
            {
                return limits;
            }
        }

        return null;
    }

    private bool IsNamed(string name, string? backend)
    {
        foreach (var pattern in Models)
        {
            if (backend is null ? DeploymentPattern.IsNameMatch(pattern, name) : DeploymentPattern.IsMatch(pattern, name, backend))
            {
                return true;
            }
        }

        return false;
    }
}

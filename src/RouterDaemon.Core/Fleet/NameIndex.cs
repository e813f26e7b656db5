using System.Text;
using RouterDaemon.Core.Routing;

namespace RouterDaemon.Core.Fleet;

/// <summary>
/// Model names to deployments. Exact names first, in the order virtual model, deployment id (<c>model/backend</c>, <c>backend/model</c>), model id, alias;
/// only then a suffix <c>:fast</c>, <c>:cheap</c>, <c>:best</c> or a <c>provider/</c> prefix is split off, so names with slashes and colons work.
/// Immutable; built for one snapshot. Resolving allocates nothing.
/// </summary>
public sealed class NameIndex
{
    private readonly Entry[] _table;
    private readonly string[] _names;

    /// <summary>Builds the index.</summary>
    /// <param name="fleet">The snapshot whose deployment numbers are handed out.</param>
    /// <param name="virtualModels">Virtual models.</param>
    /// <param name="aliases">Alias and the name (virtual model, deployment or model) it stands for; an alias of nothing known is left out.</param>
    public NameIndex(FleetSnapshot fleet, IReadOnlyList<VirtualModel> virtualModels, IReadOnlyList<KeyValuePair<string, string>>? aliases = null)
    {
        var names = new Dictionary<string, NameTarget>(StringComparer.Ordinal);
        foreach (var model in virtualModels)
        {
            names.TryAdd(model.Name, new NameTarget
            {
                Candidates = fleet.Candidates(Match(fleet, model.Deployments)),
                VirtualModel = model.Name,
                Policy = model.Policy,
                Preset = model.Preset,
            });
        }

        var deployments = fleet.Deployments;
        for (var i = 0; i < deployments.Length; i++)
            names.TryAdd(deployments[i].Id, new NameTarget { Candidates = fleet.Candidates(i) });
        for (var i = 0; i < deployments.Length; i++)
            names.TryAdd($"{deployments[i].BackendId}/{deployments[i].ModelId}", new NameTarget { Candidates = fleet.Candidates(i) });
        AddGroups(names, fleet, static d => d.ModelId);
        foreach (var (alias, name) in aliases ?? [])
        {
            if (names.TryGetValue(name, out var target))
                names.TryAdd(alias, target);
        }

        _names = new string[names.Count];
        names.Keys.CopyTo(_names, 0);
        AddProviders(names, fleet);
        _table = Build(names);
    }

    /// <summary>Every exact name, for listings.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Resolves a name in UTF-8.</summary>
    public bool TryResolve(ReadOnlySpan<byte> name, out NameTarget target)
    {
        if (Find(name) is { } exact)
        {
            target = exact.Targets[0];
            return true;
        }

        var colon = name.LastIndexOf((byte)':');
        if (colon > 0 && Objective(name[(colon + 1)..]) is var objective and not RouteObjective.Balanced && Find(name[..colon]) is { } stem)
        {
            target = stem.Targets[(int)objective];
            return true;
        }

        target = null!;
        return false;
    }

    /// <summary>Up to three known names that look like <paramref name="name"/>, best first; for a 404. Allocates.</summary>
    public string[] CloseMatches(string name)
    {
        var found = new List<(int Distance, string Name)>();
        var wanted = name.Length > 200 ? name[..200] : name;
        foreach (var candidate in _names)
        {
            var distance = Distance(wanted, candidate);
            if (candidate.Contains(wanted, StringComparison.OrdinalIgnoreCase) || wanted.Contains(candidate, StringComparison.OrdinalIgnoreCase))
                distance = Math.Min(distance, 1);
            if (distance <= Math.Max(2, wanted.Length / 3))
                found.Add((distance, candidate));
        }

        found.Sort(static (a, b) => a.Distance != b.Distance ? a.Distance.CompareTo(b.Distance) : string.CompareOrdinal(a.Name, b.Name));
        var result = new string[Math.Min(3, found.Count)];
        for (var i = 0; i < result.Length; i++)
            result[i] = found[i].Name;
        return result;
    }

    private static RouteObjective Objective(ReadOnlySpan<byte> suffix) =>
        suffix.SequenceEqual("fast"u8) ? RouteObjective.Fast
        : suffix.SequenceEqual("cheap"u8) ? RouteObjective.Cheap
        : suffix.SequenceEqual("best"u8) ? RouteObjective.Best : RouteObjective.Balanced;

    private static void AddGroups(Dictionary<string, NameTarget> names, FleetSnapshot fleet, Func<DeploymentEntry, string> key)
    {
        var deployments = fleet.Deployments;
        var groups = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (var i = 0; i < deployments.Length; i++)
        {
            var name = key(deployments[i]);
            if (name.Length == 0)
                continue;
            if (!groups.TryGetValue(name, out var group))
                groups.Add(name, group = []);
            group.Add(i);
        }

        foreach (var (name, group) in groups)
            names.TryAdd(name, new NameTarget { Candidates = fleet.Candidates([.. group]) });
    }

    /// <summary>
    /// <c>provider/model</c> where provider is a backend's id or kind and model its id or its upstream name; and upstream names alone, last of all.
    /// </summary>
    private static void AddProviders(Dictionary<string, NameTarget> names, FleetSnapshot fleet)
    {
        AddGroups(names, fleet, static d => $"{d.BackendId}/{d.UpstreamModel}");
        AddGroups(names, fleet, static d => d.BackendKind.Length == 0 ? "" : $"{d.BackendKind}/{d.ModelId}");
        AddGroups(names, fleet, static d => d.BackendKind.Length == 0 ? "" : $"{d.BackendKind}/{d.UpstreamModel}");
        AddGroups(names, fleet, static d => d.UpstreamModel);
    }

    private static int[] Match(FleetSnapshot fleet, IReadOnlyList<string> patterns)
    {
        var found = new List<int>();
        var seen = new bool[fleet.Deployments.Length];
        foreach (var pattern in patterns)
        {
            for (var i = 0; i < seen.Length; i++)
            {
                var entry = fleet.Deployments[i];
                if (seen[i] || entry.Unusable || !(Glob(pattern, entry.Id) || Glob(pattern, entry.ModelId) || Glob(pattern, $"{entry.BackendId}/{entry.ModelId}")))
                    continue;
                seen[i] = true;
                found.Add(i);
            }
        }

        return [.. found];
    }

    /// <summary><c>*</c> stands for anything, also for nothing and for slashes.</summary>
    private static bool Glob(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        var star = pattern.IndexOf('*');
        if (star < 0)
            return pattern.SequenceEqual(text);
        if (!text.StartsWith(pattern[..star], StringComparison.Ordinal))
            return false;
        var rest = pattern[(star + 1)..];
        for (var i = star; i <= text.Length; i++)
        {
            if (Glob(rest, text[i..]))
                return true;
        }

        return false;
    }

    private static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + cost));
            }
        }

        return row[b.Length];
    }

    private static Entry[] Build(Dictionary<string, NameTarget> names)
    {
        var table = new Entry[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, names.Count * 2))];
        foreach (var (name, target) in names)
        {
            var key = Encoding.UTF8.GetBytes(name);
            var at = (int)(Hash(key) & (uint)(table.Length - 1));
            while (table[at].Key is not null)
                at = (at + 1) & (table.Length - 1);
            table[at] = new Entry(
                key, [target, target.With(RouteObjective.Fast), target.With(RouteObjective.Cheap), target.With(RouteObjective.Best)]);
        }

        return table;
    }

    private static uint Hash(ReadOnlySpan<byte> name)
    {
        // FNV-1a: names are short, and the table is built from trusted configuration.
        var hash = 2166136261u;
        foreach (var b in name)
            hash = (hash ^ b) * 16777619;
        return hash ^ (hash >> 15);
    }

    private Entry? Find(ReadOnlySpan<byte> name)
    {
        var at = (int)(Hash(name) & (uint)(_table.Length - 1));
        while (_table[at].Key is { } key)
        {
            if (name.SequenceEqual(key))
                return _table[at];
            at = (at + 1) & (_table.Length - 1);
        }

        return null;
    }

    private readonly record struct Entry(byte[] Key, NameTarget[] Targets);
}

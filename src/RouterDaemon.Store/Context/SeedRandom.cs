namespace RouterDaemon.Store.Context;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every platform and runtime.</summary>
internal sealed class SeedRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>0 inclusive to 1 exclusive.</summary>
    public double Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    public int Between(int low, int high) => low + (int)(Next() * (high - low + 1));

    public double Between(double low, double high) => low + (Next() * (high - low));

    public bool Chance(double probability) => Next() < probability;

    public T Pick<T>(IReadOnlyList<T> items) => items[Between(0, items.Count - 1)];

    /// <summary>An item by relative weight.</summary>
    public T Pick<T>(IReadOnlyList<(T Item, double Weight)> items)
    {
        var at = Next() * items.Sum(i => i.Weight);
        foreach (var (item, weight) in items)
        {
            at -= weight;
            if (at < 0)
            {
                return item;
            }
        }

        return items[^1].Item;
    }
}

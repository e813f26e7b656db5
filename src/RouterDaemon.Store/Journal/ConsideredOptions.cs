using System.Runtime.CompilerServices;

namespace RouterDaemon.Store.Journal;

/// <summary>The options of a record, in place.</summary>
[InlineArray(Capacity)]
public struct ConsideredOptions
{
    /// <summary>Options that fit a record; a larger fleet records its best ones.</summary>
    public const int Capacity = 8;

    private ConsideredOption _first;
}

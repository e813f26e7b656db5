using System.Collections.ObjectModel;

namespace RouterDaemon.Engine;

/// <summary>The adapters of a model. Equal when they are the same in the same order, so that a reload without a change keeps the model.</summary>
/// <param name="files">The adapters; an adapter's number is its place.</param>
public sealed class AdapterFiles(IEnumerable<AdapterFile> files) : ReadOnlyCollection<AdapterFile>([.. files]), IEquatable<AdapterFiles>
{
    /// <summary>Most adapters of one model.</summary>
    public const int MaxCount = 16;

    /// <summary>No adapter.</summary>
    public static readonly AdapterFiles None = new([]);

    public bool Equals(AdapterFiles? other) => other is not null && this.SequenceEqual(other);

    public override bool Equals(object? obj) => Equals(obj as AdapterFiles);

    public override int GetHashCode() => Count == 0 ? 0 : HashCode.Combine(Count, this[0]);
}

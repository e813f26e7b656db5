namespace RouterDaemon.Engine.Scheduling;

/// <summary>The scales of a model's adapters for one request. Keys and values depend on them, so only equal sets are computed together or share a prefix.</summary>
/// <param name="scales">One for each adapter of the model.</param>
internal sealed class AdapterSet(float[] scales) : IEquatable<AdapterSet>
{
    /// <summary>For a model without adapters.</summary>
    public static readonly AdapterSet None = new([]);

    public ReadOnlySpan<float> Scales => scales;

    public bool Equals(AdapterSet? other) => ReferenceEquals(this, other) || (other is not null && scales.AsSpan().SequenceEqual(other.Scales));

    public override bool Equals(object? obj) => Equals(obj as AdapterSet);

    public override int GetHashCode() => scales.Length == 0 ? 0 : scales[0].GetHashCode();
}

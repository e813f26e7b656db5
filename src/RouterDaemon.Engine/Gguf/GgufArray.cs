namespace RouterDaemon.Engine.Gguf;

/// <summary>An array value. Only short arrays of whole numbers keep their elements.</summary>
/// <param name="ElementType">Type of the elements.</param>
/// <param name="Count">How many the file has.</param>
/// <param name="Numbers">The elements; empty when they were not kept.</param>
public sealed record GgufArray(GgufValueType ElementType, long Count, IReadOnlyList<long> Numbers)
{
    /// <summary>Short texts among the elements that end in angle brackets, as the names of special tokens do; at most 4,096.</summary>
    public IReadOnlyList<string> Marks { get; init; } = [];
}

using System.Text.Json;
using RouterDaemon.Tests.Architecture;
using Xunit;

namespace RouterDaemon.Tests.Core;

/// <summary>benchmarks/baselines/allocations.json says how many bytes each operation of the hot path may allocate; every line is measured here.</summary>
public sealed class AllocationBaselineTests
{
    private static readonly Dictionary<string, Action> Operations = HotPath.Operations();

    private static readonly Dictionary<string, long> Baselines = JsonSerializer.Deserialize<Dictionary<string, long>>(
        File.ReadAllText(Path.Combine(RepositoryTree.Root, "benchmarks", "baselines", "allocations.json")))!;

    public static TheoryData<string> Names => [.. Operations.Keys];

    [Fact]
    public void EveryOperationHasABaselineAndEveryBaselineAnOperation() =>
        Assert.Equal(Operations.Keys.Order(StringComparer.Ordinal), Baselines.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void AllocatesNoMoreThanItsBaseline(string name) =>
        Assert.InRange(AllocationRing.BytesPerBatch(Operations[name]), 0, Baselines[name] * AllocationRing.PerBatch);

    [Fact]
    public void TheCanaryAllocates() => Assert.True(AllocationRing.BytesPerBatch(() => GC.KeepAlive(new object())) >= AllocationRing.PerBatch * 16);
}

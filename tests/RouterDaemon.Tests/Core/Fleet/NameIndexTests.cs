using System.Text;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.State;
using Xunit;

namespace RouterDaemon.Tests.Core.Fleet;

public sealed class NameIndexTests
{
    private readonly NameIndex _index = new(
        new FleetSnapshot(
        [
            Entry("gpt-4", "aws", "openai"), Entry("gpt-4", "azure", "openai"), Entry("llama:8b", "local", ""),
            Entry("meta/llama-70b", "cluster", "llm-d", "meta-llama/Llama-3.3-70B"), Entry("gpt-4:fast", "odd", ""),
        ]),
        [new VirtualModel("auto", ["*"]), new VirtualModel("gpt-4/azure", ["*/aws"], "least_request", "batch"), new VirtualModel("llamas", ["llama*", "meta/*"])],
        [new("four", "gpt-4"), new("nothing", "absent")]);

    [Theory]
    [InlineData("gpt-4/aws", new[] { 0 })]
    [InlineData("aws/gpt-4", new[] { 0 })]
    [InlineData("gpt-4", new[] { 0, 1 })]
    [InlineData("four", new[] { 0, 1 })]
    [InlineData("auto", new[] { 0, 1, 2, 3, 4 })]
    [InlineData("llama:8b", new[] { 2 })]
    [InlineData("meta/llama-70b", new[] { 3 })]
    [InlineData("meta-llama/Llama-3.3-70B", new[] { 3 })]
    [InlineData("cluster/meta-llama/Llama-3.3-70B", new[] { 3 })]
    [InlineData("openai/gpt-4", new[] { 0, 1 })]
    [InlineData("gpt-4/azure", new[] { 0 })]
    [InlineData("azure/gpt-4", new[] { 1 })]
    [InlineData("llamas", new[] { 2, 3 })]
    [InlineData("gpt-4:fast", new[] { 4 })]
    public void ExactNamesComeFirst(string name, int[] candidates)
    {
        Assert.True(_index.TryResolve(Encoding.UTF8.GetBytes(name), out var target));
        Assert.Equal(candidates, target.Candidates.Numbers.ToArray());
        Assert.Equal(RouteObjective.Balanced, target.Objective);
    }

    [Theory]
    [InlineData("gpt-4:cheap", RouteObjective.Cheap, 2)]
    [InlineData("gpt-4/aws:best", RouteObjective.Best, 1)]
    [InlineData("openai/gpt-4:fast", RouteObjective.Fast, 2)]
    [InlineData("llama:8b:fast", RouteObjective.Fast, 1)]
    [InlineData("auto:cheap", RouteObjective.Cheap, 5)]
    public void SuffixesAreTriedLast(string name, RouteObjective objective, int count)
    {
        Assert.True(_index.TryResolve(Encoding.UTF8.GetBytes(name), out var target));
        Assert.Equal(objective, target.Objective);
        Assert.Equal(count, target.Candidates.Count);
    }

    [Theory]
    [InlineData("gpt-5")]
    [InlineData("azure2/gpt-4")]
    [InlineData("gpt-4:slow")]
    [InlineData("nothing")]
    [InlineData("")]
    [InlineData(":fast")]
    public void UnknownNamesAreUnknown(string name) => Assert.False(_index.TryResolve(Encoding.UTF8.GetBytes(name), out _));

    [Fact]
    public void VirtualModelCarriesItsOverrides()
    {
        Assert.True(_index.TryResolve("gpt-4/azure"u8, out var target));
        Assert.Equal(("gpt-4/azure", "least_request", "batch"), (target.VirtualModel, target.Policy, target.Preset));
    }

    [Theory]
    [InlineData("gpt4", "gpt-4")]
    [InlineData("lama:8b", "llama:8b")]
    [InlineData("llama-70b", "meta/llama-70b")]
    public void SuggestsCloseNames(string name, string expected) => Assert.Contains(expected, _index.CloseMatches(name));

    [Fact]
    public void SuggestsNothingForNonsense() => Assert.Empty(_index.CloseMatches("zzzzzzzzzzzzzz"));

    private static DeploymentEntry Entry(string model, string backend, string kind, string? upstream = null) => new()
    {
        Id = $"{model}/{backend}",
        ModelId = model,
        BackendId = backend,
        BackendKind = kind,
        UpstreamModel = upstream ?? model,
        State = new DeploymentState(),
    };
}

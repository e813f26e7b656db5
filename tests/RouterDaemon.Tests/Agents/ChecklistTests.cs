using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace RouterDaemon.Tests.Agents;

/// <summary>The context layer's specification has a checklist of 52 items: each is a test, or several, named after its number.</summary>
public sealed partial class ChecklistTests
{
    private const int Items = 52;

    [Fact]
    public void EveryItemHasATestNamedAfterItsNumber()
    {
        var tested = typeof(ChecklistTests).Assembly.GetTypes()
            .SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(m => m.GetCustomAttributes<FactAttribute>().Any(f => f.Skip is null && !f.Explicit))
            .Select(m => Name().Match(m.Name))
            .Where(m => m.Success)
            .Select(m => int.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture))
            .Distinct();
        Assert.Equal(Enumerable.Range(1, Items), tested.Order());
    }

    [GeneratedRegex("^Item([0-9]{2})_")]
    private static partial Regex Name();
}

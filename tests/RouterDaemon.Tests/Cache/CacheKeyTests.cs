using System.Text;
using Microsoft.AspNetCore.Http;
using RouterDaemon.Cache;
using RouterDaemon.Core.Fleet;
using Xunit;

namespace RouterDaemon.Tests.Cache;

public sealed class CacheKeyTests
{
    private const string Body = """{"model":"m","temperature":0,"messages":[{"role":"user","content":"hi é"}],"tools":[{"b":1,"a":{"y":[1,2],"x":null}}]}""";

    [Theory]
    [InlineData("""{ "temperature" : 0, "messages": [ {"content":"hi é","role":"user"} ],"tools":[{"a":{"x":null,"y":[1, 2]},"b":1}], "model":"m" }""")]
    [InlineData("""{"model":"\u006d","temperature":0,"messages":[{"role":"user","content":"hi \u00e9"}],"tools":[{"b":1,"a":{"y":[1,2],"x":null}}]}""")]
    [InlineData("""{"stream":true,"stream_options":{"include_usage":true},"user":"u","metadata":{"a":"b"},"route":{"cache":true},"model":"m","temperature":0,"messages":[{"role":"user","content":"hi é"}],"tools":[{"b":1,"a":{"y":[1,2],"x":null}}]}""")]
    public void OrderSpaceEscapesAndSteeringDoNotMatter(string other) => Assert.Equal(Key(Body), Key(other));

    [Theory]
    [InlineData("""{"model":"n","temperature":0,"messages":[{"role":"user","content":"hi é"}],"tools":[{"b":1,"a":{"y":[1,2],"x":null}}]}""")]
    [InlineData("""{"model":"m","temperature":0,"messages":[{"role":"user","content":"hi e"}],"tools":[{"b":1,"a":{"y":[1,2],"x":null}}]}""")]
    [InlineData("""{"model":"m","temperature":0,"messages":[{"role":"user","content":"hi é"}],"tools":[{"b":1,"a":{"y":[2,1],"x":null}}]}""")]
    [InlineData("""{"model":"m","temperature":0,"messages":[{"role":"user","content":"hi é","user":"x"}],"tools":[{"b":1,"a":{"y":[1,2],"x":null}}]}""")]
    [InlineData("""{"model":"m","temperature":0,"messages":[{"role":"user","content":"hi é"}],"tools":[{"b":1,"a":{"y":[1,2],"x":null}}],"seed":7}""")]
    public void WhatTheAnswerDependsOnMatters(string other) => Assert.NotEqual(Key(Body), Key(other));

    [Fact]
    public void TheLastOfTwoEqualNamesWinsSoTheirOrderMatters() =>
        Assert.NotEqual(Key("""{"model":"m","seed":1,"seed":2}"""), Key("""{"model":"m","seed":2,"seed":1}"""));

    [Fact]
    public void EveryPartBesideTheBodyMatters()
    {
        string?[] keys =
        [
            Key(Body),
            Key(Body, path: "/v1/completions"),
            Key(Body, stream: true),
            Key(Body, stream: true, usage: true),
            Key(Body, floor: TrustLevel.Private),
            Key(Body, floor: TrustLevel.Device),
            Key(Body, tags: ["eu"]),
            Key(Body, tags: ["eu", "gpu"]),
            Key(Body, keyId: "key_a"),
            Key(Body, keyId: "key_b"),
            Key(Body, keyId: ""),
            Key(Body, shared: true),
            Key(Body, beta: "some-beta"),
        ];
        Assert.All(keys, Assert.NotNull);
        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    [Fact]
    public void TagsHaveNoOrderAndASharedCacheHasNoCallers()
    {
        Assert.Equal(Key(Body, tags: ["gpu", "eu"]), Key(Body, tags: ["eu", "gpu"]));
        Assert.Equal(Key(Body, keyId: "key_a", shared: true), Key(Body, keyId: "key_b", shared: true));
        Assert.Matches("^[0-9A-F]{64}$", Key(Body));
    }

    [Theory]
    [InlineData("""{"model":"m","prompt":"\ud800"}""")]
    [InlineData("""{"\ud800":1}""")]
    public void AStringThatIsNoTextHasNoKey(string body) => Assert.Null(Key(body));

    [Fact]
    public void ABodyOfManyMembersAndAnyOrderHasOneKey()
    {
        var random = new Random(7);
        string[] members = [.. Enumerable.Range(0, 20_000).Select(i => $"\"m{i}\":{i}")];
        string first = "{" + string.Join(',', members) + "}";
        random.Shuffle(members);
        Assert.Equal(Key(first), Key("{" + string.Join(" ,\n", members) + "}"));
    }

    private static string? Key(
        string body, string path = "/v1/chat/completions", bool stream = false, bool usage = false, TrustLevel floor = TrustLevel.Public, string[]? tags = null,
        bool shared = false, string? keyId = null, string beta = "") =>
        CacheKey.Of(Encoding.UTF8.GetBytes(body), path, stream, usage, floor, tags ?? [], shared, keyId, new HeaderDictionary { ["anthropic-beta"] = beta });
}

using System.Text;
using System.Text.Json;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.State;
using RouterDaemon.Core.Wire;
using RouterDaemon.Relay;
using Xunit;

namespace RouterDaemon.Tests.Relay;

/// <summary>Every order of hints and other members, against a parser: what goes upstream is the body without the hints.</summary>
public sealed class RequestRewriterTests
{
    private static readonly string[] Members =
    [
        "\"route\":{\"preset\":\"batch\"}", "\"models\":[\"b\"]", "\"fallbacks\":[\"c\"]", "\"model\":\"a\"", "\"messages\":[{\"role\":\"user\",\"content\":\"x,y}\"}]", "\"stream\":true",
    ];

    private static readonly DeploymentEntry Deployment = new()
    {
        Id = "a/up",
        ModelId = "a",
        BackendId = "up",
        UpstreamModel = "org/\"A\"",
        State = new DeploymentState(),
    };

    [Theory]
    [InlineData("""{"model":"a","max_tokens":5,"messages":[]}""", """{"model":"org/\"A\"","max_completion_tokens":5,"messages":[]}""")]
    [InlineData("""{"route":{},"model":"a","tools":[{"max_tokens":1}],"max_tokens":5}""", """{"model":"org/\"A\"","tools":[{"max_tokens":1}],"max_completion_tokens":5}""")]
    [InlineData("""{"model":"a","messages":["\"max_tokens\":1"]}""", """{"model":"org/\"A\"","messages":["\"max_tokens\":1"]}""")]
    public void TheLimitIsRenamedWhereTheBodyItselfHasIt(string body, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        Assert.True(RequestPeeker.TryPeek(bytes, [], 0, out var peek, out _));
        var sent = RequestRewriter.Rewrite(bytes, peek, Deployment, wantUsage: false, renameLimit: true).ToArray();
        Assert.Equal(expected, Encoding.UTF8.GetString(sent).Replace("\\u0022", "\\\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(",")]
    [InlineData(" , ")]
    public void AnyOrderOfHintsIsCut(string comma)
    {
        var count = 0;
        foreach (var order in Permutations(Members))
        {
            var body = Encoding.UTF8.GetBytes("{" + string.Join(comma, order) + "}");
            Assert.True(RequestPeeker.TryPeek(body, [], 0, out var peek, out _));
            var sent = RequestRewriter.Rewrite(body, peek, Deployment, wantUsage: true).ToArray();
            var text = Encoding.UTF8.GetString(sent);
            Assert.True(IsJson(sent), $"{Encoding.UTF8.GetString(body)} became {text}");
            using var json = JsonDocument.Parse(sent);
            Assert.Equal(["messages", "model", "stream", "stream_options"], json.RootElement.EnumerateObject().Select(p => p.Name).Order());
            Assert.Equal("org/\"A\"", json.RootElement.GetProperty("model").GetString());
            Assert.True(json.RootElement.GetProperty("stream_options").GetProperty("include_usage").GetBoolean());
            count++;
        }

        Assert.Equal(720, count);
    }

    [Theory]
    [InlineData("\"stream_options\":{}")]
    [InlineData("\"stream_options\":null")]
    [InlineData("\"stream_options\":{\"include_usage\":false}")]
    [InlineData("\"stream_options\":{\"include_obfuscation\":false}")]
    public void UsageIsAskedForInWhateverIsThere(string options)
    {
        var body = Encoding.UTF8.GetBytes($"{{\"model\":\"a\",\"stream\":true,{options},\"messages\":[]}}");
        Assert.True(RequestPeeker.TryPeek(body, [], 0, out var peek, out _));
        using var json = JsonDocument.Parse(RequestRewriter.Rewrite(body, peek, Deployment, wantUsage: true).ToArray());
        Assert.True(json.RootElement.GetProperty("stream_options").GetProperty("include_usage").GetBoolean());
    }

    private static bool IsJson(byte[] bytes)
    {
        try
        {
            using var json = JsonDocument.Parse(bytes);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static IEnumerable<string[]> Permutations(string[] items)
    {
        if (items.Length <= 1)
        {
            yield return items;
            yield break;
        }

        for (var i = 0; i < items.Length; i++)
        {
            foreach (var rest in Permutations([.. items[..i], .. items[(i + 1)..]]))
            {
                yield return [items[i], .. rest];
            }
        }
    }
}

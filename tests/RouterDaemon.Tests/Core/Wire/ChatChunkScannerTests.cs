using System.Text;
using RouterDaemon.Core.Wire;
using Xunit;

namespace RouterDaemon.Tests.Core.Wire;

public sealed class ChatChunkScannerTests
{
    [Theory]
    [InlineData("""{"choices":[{"index":0,"delta":{"role":"assistant"}}]}""", 0)]
    [InlineData("""{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}""", 0)]
    [InlineData("""{"choices":[{"index":0,"delta":{"content":null}}]}""", 0)]
    [InlineData("""{"choices":[{"index":0,"delta":{"content":"hi"}}]}""", 2)]
    [InlineData("""{"choices":[{"index":0,"delta":{"reasoning_content":"hm"}}]}""", 2)]
    [InlineData("""{"choices":[{"index":0,"delta":{"reasoning":"hm"}}]}""", 2)]
    [InlineData("""{"choices":[{"index":0,"delta":{"refusal":"no"}}]}""", 2)]
    [InlineData("""{"choices":[{"index":0,"text":"abc"}]}""", 3)]
    [InlineData("""{"choices":[{"index":0,"delta":{"tool_calls":[]}}]}""", 0)]
    [InlineData("""{"choices":[{"message":{"role":"assistant","content":[{"type":"text","text":"four"}]}}]}""", 4)]
    public void FindsContent(string json, int bytes)
    {
        var facts = Scan(json);
        Assert.Equal(bytes > 0, facts.HasContent);
        Assert.Equal(bytes, facts.ContentBytes);
        Assert.False(facts.Malformed);
    }

    [Fact]
    public void ToolCallsAreContent()
    {
        var facts = Scan("""{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":""}}]}}]}""");
        Assert.True(facts.HasContent);
        Assert.True(facts.HasToolCalls);
    }

    [Theory]
    [InlineData("stop", FinishReason.Stop)]
    [InlineData("length", FinishReason.Length)]
    [InlineData("tool_calls", FinishReason.ToolCalls)]
    [InlineData("content_filter", FinishReason.ContentFilter)]
    [InlineData("eos", FinishReason.Other)]
    public void FindsFinishReason(string reason, FinishReason expected) =>
        Assert.Equal(expected, Scan($$"""{"choices":[{"delta":{},"finish_reason":"{{reason}}"}]}""").FinishReason);

    [Fact]
    public void ReadsUsage()
    {
        const string Json = """{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":20,"prompt_tokens_details":{"cached_tokens":8}}}""";
        var facts = Scan(Json);
        Assert.True(facts.IsUsageOnly);
        Assert.Equal((10, 20, 8), (facts.PromptTokens, facts.CompletionTokens, facts.CachedTokens));
        Assert.StartsWith("{\"prompt_tokens\"", Json[facts.UsageValue.Offset..facts.UsageValue.End]);
        Assert.Equal(-1, Scan("""{"choices":[{}],"usage":{"prompt_tokens":10}}""").CachedTokens);
        Assert.False(Scan("""{"choices":[{}],"usage":{"prompt_tokens":10}}""").IsUsageOnly);
        Assert.False(Scan("""{"choices":[],"usage":null}""").HasUsage);
    }

    [Fact]
    public void ErrorsAndRubbish()
    {
        Assert.True(Scan("""{"error":{"message":"x"}}""").HasError);
        Assert.False(Scan("""{"error":null,"choices":[]}""").HasError);
        foreach (var rubbish in new[] { "", "{", "[]", "null", "{\"choices\":[{\"delta\":{\"content\":\"a\"}}", "<html>", "{} {}" })
            Assert.True(Scan(rubbish).Malformed, rubbish);
    }

    [Fact]
    public void NeverThrowsOnMutatedInput()
    {
        var seed = Encoding.UTF8.GetBytes(
            """{"id":"c","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"h\u00e9"},"finish_reason":null}],"usage":{"prompt_tokens":3}}""");
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = seed.AsSpan(0, random.Next(seed.Length + 1)).ToArray();
            for (var k = random.Next(4); k > 0 && bytes.Length > 0; k--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var facts = default(ChunkFacts);
            ChatChunkScanner.Scan(bytes, ref facts);
            RequestPeeker.TryPeek(bytes, [], 0, out _, out _);
        }
    }

    private static ChunkFacts Scan(string json)
    {
        var facts = new ChunkFacts { HasError = true, PromptTokens = 99 };
        ChatChunkScanner.Scan(Encoding.UTF8.GetBytes(json), ref facts);
        return facts;
    }
}

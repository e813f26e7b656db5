using System.Text;
using RouterDaemon.Core.Wire;
using Xunit;

namespace RouterDaemon.Tests.Core.Wire;

public sealed class RequestPeekerTests
{
    [Fact]
    public void ReadsWhatRoutingNeeds()
    {
        const string Body = """
            {"model":"gpt-4/aws","stream":true,"stream_options":{"include_usage":true},"max_tokens":50,"max_completion_tokens":40,"n":2,
             "temperature":0.5,"tools":[{"type":"function"}],"response_format":{"type":"json_schema","json_schema":{"type":"object"}},
             "messages":[{"role":"system","content":"abc"},{"role":"user","content":[{"type":"text","text":"hello"},
             {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}]},
             {"role":"assistant","content":"Sure"}],"logprobs":true}
            """;
        var peek = Peek(Body);
        Assert.Equal("\"gpt-4/aws\"", Text(Body, peek.ModelValue));
        Assert.True(peek.Stream);
        Assert.True(peek.IncludeUsage);
        Assert.Equal("{\"include_usage\":true}", Text(Body, peek.StreamOptionsValue));
        Assert.Equal(40, peek.MaxTokens);
        Assert.Equal(2, peek.N);
        Assert.Equal(0.5f, peek.Temperature);
        Assert.True(peek.HasTools);
        Assert.Equal(ResponseFormatKind.JsonSchema, peek.ResponseFormat);
        Assert.True(peek.HasImages);
        Assert.Equal(1, peek.ImageCount);
        Assert.True(peek.LogProbs);
        Assert.Equal(3, peek.MessageCount);
        Assert.Equal("abc".Length + "hello".Length + "Sure".Length, peek.PromptBytes);
        Assert.True(peek.ContinuesAssistant);
        Assert.Equal(TaskClass.Media, peek.TaskClass);
        Assert.Equal(1, peek.ObjectStart);
    }

    [Fact]
    public void AbsentMeansAbsent()
    {
        var peek = Peek("""{"model":"m","messages":[{"role":"user","content":"x"}]}""");
        Assert.False(peek.Stream);
        Assert.False(peek.HasStream);
        Assert.Equal(0, peek.MaxTokens);
        Assert.Equal(1, peek.N);
        Assert.True(float.IsNaN(peek.Temperature));
        Assert.True(peek.StreamOptionsValue.IsEmpty);
        Assert.False(peek.ContinuesAssistant);
        Assert.False(peek.HasTools);
        Assert.Equal(0, peek.PrefixHashCount);
    }

    [Theory]
    [InlineData("{\"model\":\"m\",\"stream_options\":{}}", true, "")]
    [InlineData("{\"model\":\"m\",\"stream_options\":{\"x\":1}}", false, "")]
    [InlineData("{\"model\":\"m\",\"stream_options\":{\"include_usage\":false,\"x\":1}}", false, "false")]
    public void GivesThePlaceToSpliceIncludeUsage(string body, bool empty, string value)
    {
        var peek = Peek(body);
        Assert.Equal('{', body[peek.StreamOptionsObjectStart - 1]);
        Assert.Equal(empty, peek.StreamOptionsEmpty);
        Assert.Equal(value, Text(body, peek.IncludeUsageValue));
        Assert.False(peek.IncludeUsage);
    }

    [Theory]
    [InlineData("{\"route\":{\"a\":1},\"model\":\"m\"}", "{\"model\":\"m\"}")]
    [InlineData("{\"route\" : {} , \"model\":\"m\"}", "{ \"model\":\"m\"}")]
    [InlineData("{\"model\":\"m\",\"route\":{\"a\":[1,2]}}", "{\"model\":\"m\"}")]
    [InlineData("{\"model\":\"m\" , \"route\":{} ,\"n\":1}", "{\"model\":\"m\" ,\"n\":1}")]
    [InlineData("{\"route\":{}}", "{}")]
    public void RouteMemberCanBeCutOut(string body, string rest)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        RequestPeeker.TryPeek(bytes, [], 0, out var peek, out var error);
        Assert.True(error.Kind is PeekErrorKind.None or PeekErrorKind.MissingModel);
        Assert.Equal(rest, body.Remove(peek.RouteMember.Offset, peek.RouteMember.Length));
    }

    [Theory]
    [InlineData("", PeekErrorKind.MalformedJson, "", 0)]
    [InlineData("{\"model\":\"m\"", PeekErrorKind.MalformedJson, "", -1)]
    [InlineData("{\"model\":\"m\"} x", PeekErrorKind.MalformedJson, "", -1)]
    [InlineData("[1]", PeekErrorKind.NotAnObject, "", 0)]
    [InlineData("{}", PeekErrorKind.MissingModel, "model", 0)]
    [InlineData("{\"model\":\"\"}", PeekErrorKind.MissingModel, "model", 0)]
    [InlineData("{\"model\":5}", PeekErrorKind.WrongType, "model", 9)]
    [InlineData("{\"model\":null}", PeekErrorKind.WrongType, "model", 9)]
    [InlineData("{\"model\":\"a\",\"model\":\"b\"}", PeekErrorKind.DuplicateKey, "model", 13)]
    [InlineData("{\"model\":\"a\",\"mod\\u0065l\":\"b\"}", PeekErrorKind.DuplicateKey, "model", 13)]
    [InlineData("{\"model\":\"a\",\"stream\":\"yes\"}", PeekErrorKind.WrongType, "stream", 22)]
    [InlineData("{\"model\":\"a\",\"max_tokens\":-1}", PeekErrorKind.OutOfRange, "max_tokens", 26)]
    [InlineData("{\"model\":\"a\",\"max_tokens\":0}", PeekErrorKind.OutOfRange, "max_tokens", 26)]
    [InlineData("{\"model\":\"a\",\"max_tokens\":2147483648}", PeekErrorKind.OutOfRange, "max_tokens", 26)]
    [InlineData("{\"model\":\"a\",\"max_tokens\":1.5}", PeekErrorKind.WrongType, "max_tokens", 26)]
    [InlineData("{\"model\":\"a\",\"max_tokens\":\"5\"}", PeekErrorKind.WrongType, "max_tokens", 26)]
    [InlineData("{\"model\":\"a\",\"messages\":{}}", PeekErrorKind.WrongType, "messages", 24)]
    [InlineData("{\"model\":\"a\",\"prompt\":5}", PeekErrorKind.WrongType, "prompt", 22)]
    [InlineData("{\"model\":\"a\",\"n\":0}", PeekErrorKind.OutOfRange, "n", 17)]
    [InlineData("{\"model\":\"a\",\"n\":129}", PeekErrorKind.OutOfRange, "n", 17)]
    [InlineData("{\"model\":\"a\",\"temperature\":\"hot\"}", PeekErrorKind.WrongType, "temperature", 27)]
    [InlineData("{\"model\":\"a\",\"temperature\":-0.1}", PeekErrorKind.OutOfRange, "temperature", 27)]
    [InlineData("{\"model\":\"a\",\"tools\":{}}", PeekErrorKind.WrongType, "tools", 21)]
    [InlineData("{\"model\":\"a\",\"stream_options\":{\"include_usage\":1}}", PeekErrorKind.WrongType, "stream_options.include_usage", 47)]
    [InlineData("{\"model\":\"a\",\"route\":1}", PeekErrorKind.WrongType, "route", 21)]
    [InlineData("{\"model\":\"a\",\"models\":\"b\"}", PeekErrorKind.WrongType, "models", 22)]
    public void RefusesWithKindKeyAndOffset(string body, PeekErrorKind kind, string key, long offset)
    {
        Assert.False(RequestPeeker.TryPeek(Encoding.UTF8.GetBytes(body), [], 0, out _, out var error));
        Assert.Equal(kind, error.Kind);
        Assert.Equal(key, error.Key);
        if (offset >= 0)
            Assert.Equal(offset, error.Offset);
        else
            Assert.InRange(error.Offset, 1, body.Length);
    }

    [Theory]
    [InlineData("{\"model\":\"a\",\"max_tokens\":1}")]
    [InlineData("{\"model\":\"a\",\"max_tokens\":2147483647}")]
    [InlineData("{\"model\":\"a\",\"n\":128,\"temperature\":0}")]
    [InlineData("{\"model\":\"a\",\"max_tokens\":null,\"stream\":null,\"tools\":null,\"stream_options\":null,\"n\":null}")]
    public void AcceptsTheLimits(string body) => Peek(body);

    [Fact]
    public void DepthIsBounded()
    {
        static string Nested(int depth) => $"{{\"model\":\"m\",\"x\":{new string('[', depth)}{new string(']', depth)}}}";
        Peek(Nested(RequestPeeker.MaxDepth - 1));
        Assert.False(RequestPeeker.TryPeek(Encoding.UTF8.GetBytes(Nested(RequestPeeker.MaxDepth)), [], 0, out _, out var error));
        Assert.Equal(PeekErrorKind.MalformedJson, error.Kind);
        Assert.Contains("64", error.Expected);
    }

    [Fact]
    public void InvalidUtf8IsNamedWithItsOffset()
    {
        var body = Encoding.UTF8.GetBytes("{\"model\":\"m\",\"prompt\":\"x?\"}");
        body[24] = 0xC3;
        Assert.False(RequestPeeker.TryPeek(body, [], 0, out _, out var error));
        Assert.Equal(PeekErrorKind.MalformedJson, error.Kind);
        Assert.Equal(24, error.Offset);
    }

    [Fact]
    public void EscapedModelIsUnescaped()
    {
        var body = Encoding.UTF8.GetBytes("""{"model":"gpt\/4\u00e9"}""");
        Assert.True(RequestPeeker.TryPeek(body, [], 0, out var peek, out _));
        Assert.True(peek.ModelEscaped);
        Assert.True(RequestPeeker.TryUnescape(body, peek.ModelValue, new byte[64], out var name));
        Assert.Equal("gpt/4é", Encoding.UTF8.GetString(name));
        Assert.False(RequestPeeker.TryUnescape(body, peek.ModelValue, new byte[4], out _));
    }

    [Fact]
    public void OllamaAndResponsesDialects()
    {
        var ollama = Peek("""{"model":"m","format":"json","messages":[{"role":"user","content":"hi","images":["QUJDREVGRw==","QUJDREVGRw=="]}]}""");
        Assert.Equal(ResponseFormatKind.JsonObject, ollama.ResponseFormat);
        Assert.Equal(2, ollama.ImageCount);
        Assert.Equal(2, ollama.PromptBytes);
        var responses = Peek("""{"model":"m","instructions":"be kind","input":"hello","text":{"format":{"type":"json_object"}},"max_output_tokens":7}""");
        Assert.Equal(ResponseFormatKind.JsonObject, responses.ResponseFormat);
        Assert.Equal(7, responses.MaxTokens);
        Assert.Equal("be kind".Length + "hello".Length, responses.PromptBytes);
        Assert.Equal(1, responses.MessageCount);
    }

    [Fact]
    public void PrefixHashesAgreeExactlyOnTheSharedPrefix()
    {
        var shared = new string('a', 1500);
        var first = Hashes($$"""{"model":"m","messages":[{"role":"user","content":"{{shared}}{{new string('b', 1500)}}"}]}""", 1);
        var second = Hashes($$"""{"messages":[{"role":"user","content":"{{shared}}{{new string('c', 3000)}}"}],"model":"m"}""", 1);
        var common = first.Zip(second).TakeWhile(p => p.First == p.Second).Count();
        Assert.Equal((1500 + "[{\"role\":\"user\",\"content\":\"".Length) / 256, common);
        var other = Hashes($$"""{"model":"m","messages":[{"role":"user","content":"{{shared}}{{new string('b', 1500)}}"}]}""", 2);
        Assert.DoesNotContain(other, first.Contains);
        Assert.Equal(first.Length, first.Distinct().Count());
    }

    [Fact]
    public void HashBoundariesGrow()
    {
        Assert.Equal(0, PrefixHasher.BytesCovered(0));
        Assert.Equal(256, PrefixHasher.BytesCovered(1));
        Assert.Equal(8192, PrefixHasher.BytesCovered(32));
        for (var i = 1; i <= PrefixHasher.MaxHashes; i++)
            Assert.True(PrefixHasher.BytesCovered(i) > PrefixHasher.BytesCovered(i - 1));
        Assert.InRange(PrefixHasher.BytesCovered(128), 1 << 20, 4 << 20);
    }

    private static ulong[] Hashes(string body, ulong salt)
    {
        var hashes = new ulong[PrefixHasher.MaxHashes];
        Assert.True(RequestPeeker.TryPeek(Encoding.UTF8.GetBytes(body), hashes, salt, out var peek, out _));
        return hashes[..peek.PrefixHashCount];
    }

    private static RequestPeek Peek(string body)
    {
        var ok = RequestPeeker.TryPeek(Encoding.UTF8.GetBytes(body), [], 0, out var peek, out var error);
        Assert.True(ok, error.ToString());
        return peek;
    }

    private static string Text(string body, ByteRange range) => body.Substring(range.Offset, range.Length);
}

using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Serving;

/// <summary>Embeddings, reranking and the tokenizer's routes over HTTP.</summary>
public sealed class VectorTests(VectorModelDaemon fixture) : IClassFixture<VectorModelDaemon>
{
    private readonly HttpClient _client = fixture.Client;

    [Theory]
    [InlineData("mean")]
    [InlineData("last")]
    [InlineData("both")]
    public async Task EmbeddingsAreUnitVectorsOfTheirTexts(string model)
    {
        ChatReply reply = await EmbedAsync(new JsonObject { ["model"] = model, ["input"] = new JsonArray("A cat.", "Something else.", "A cat.") });
        Assert.True(reply.Status == 200, reply + fixture.Daemon.Log);
        float[][] vectors = Vectors(reply);
        Assert.Equal(3, vectors.Length);
        Assert.All(vectors, v => Assert.Equal(1, v.Sum(x => (double)x * x), 1e-3));
        Assert.Equal(1, Cosine(vectors[0], vectors[2]), 1e-3);
        Assert.True(Cosine(vectors[0], vectors[1]) < 0.999, "different texts have one vector");
        Assert.True(reply.Json.GetProperty("usage").GetProperty("prompt_tokens").GetInt32() > 6);
        Assert.Equal(model + "/local", reply.Header("x-routerd-deployment"));
    }

    [Fact]
    public async Task Base64AndTokensGiveTheSameVector()
    {
        float[] text = Vectors(await EmbedAsync(new JsonObject { ["model"] = "mean", ["input"] = "A cat." }))[0];
        ChatReply base64 = await EmbedAsync(new JsonObject { ["model"] = "mean", ["input"] = "A cat.", ["encoding_format"] = "base64" });
        byte[] bytes = base64.Json.GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64();
        Assert.Equal(text.Length * 4, bytes.Length);
        for (int i = 0; i < text.Length; i++)
            Assert.Equal(text[i], BitConverter.ToSingle(bytes, 4 * i), 1e-6f);
        ChatReply tokens = await _client.AskAsync("/tokenize", Chat.Json("""{"model":"mean","content":"A cat."}"""));
        float[] byTokens = Vectors(await EmbedAsync(new JsonObject { ["model"] = "mean", ["input"] = JsonNode.Parse(tokens.Json.GetProperty("tokens").GetRawText()) }))[0];
        Assert.Equal(1, Cosine(text, byTokens), 1e-5);
    }

    [Fact]
    public async Task ManyTextsAreOneRequest()
    {
        ChatReply reply = await EmbedAsync(new JsonObject { ["model"] = "last", ["input"] = new JsonArray([.. Enumerable.Range(0, 300).Select(i => (JsonNode)$"Text number {i}.")]) });
        Assert.True(reply.Status == 200, reply.ToString());
        float[][] vectors = Vectors(reply);
        Assert.Equal(300, vectors.Length);
        float[] alone = Vectors(await EmbedAsync(new JsonObject { ["model"] = "last", ["input"] = "Text number 211." }))[0];
        Assert.Equal(1, Cosine(alone, vectors[211]), 1e-3);
    }

    [Theory]
    [InlineData("""{"model":"mean","input":"a","dimensions":7}""", 400, "dimensions")]
    [InlineData("""{"model":"mean","input":"a","encoding_format":"hex"}""", 400, "encoding_format")]
    [InlineData("""{"model":"mean","input":[]}""", 400, "input")]
    [InlineData("""{"model":"mean","input":[[1.5]]}""", 400, "input")]
    [InlineData("""{"model":"mean","input":[[99999]]}""", 400, "input[0]")]
    [InlineData("""{"model":"mean","input":""}""", 400, "input")]
    public async Task WrongRequestsNameTheField(string body, int status, string param)
    {
        ChatReply reply = await _client.AskAsync("/v1/embeddings", Chat.Json(body));
        Assert.True(reply.Status == status, reply.ToString());
        Assert.Equal(param, reply.Error.GetProperty("param").GetString());
    }

    [Fact]
    public async Task ATextLongerThanTheContextIsRefusedWithTheNumbers()
    {
        ChatReply fits = await EmbedAsync(new JsonObject { ["model"] = "mean", ["input"] = new JsonArray([.. Enumerable.Repeat(5, 256).Select(t => (JsonNode)t)]) });
        Assert.True(fits.Status == 200, fits.ToString());
        ChatReply tooLong = await EmbedAsync(new JsonObject { ["model"] = "mean", ["input"] = new JsonArray([.. Enumerable.Repeat(5, 257).Select(t => (JsonNode)t)]) });
        Assert.Equal(400, tooLong.Status);
        Assert.Equal("context_length_exceeded", tooLong.ErrorCode);
        Assert.Contains("257", tooLong.ErrorMessage);
        Assert.Contains("256", tooLong.ErrorMessage);
    }

    [Fact]
    public async Task ModelsAreChosenByWhatTheyCan()
    {
        ChatReply chat = await _client.AskAsync(Chat.Body("mean", "hi"));
        Assert.Equal(422, chat.Status);
        ChatReply embed = await EmbedAsync(new JsonObject { ["model"] = "tiny", ["input"] = "a" });
        Assert.Equal(422, embed.Status);
        Assert.Contains("embeddings", embed.ErrorMessage);
        ChatReply rank = await EmbedAsync(new JsonObject { ["model"] = "rank", ["input"] = "a" });
        Assert.Equal(422, rank.Status);
        ChatReply both = await _client.AskAsync(Chat.Body("both", "2+2", ("temperature", 0)));
        Assert.Equal("2 + 2 = 4.", both.Content);
    }

    [Fact]
    public async Task DocumentsAreRankedByScore()
    {
        const string Body = """{"model":"rank","query":"cats","documents":["A cat.",{"text":"A dog on the road."},"Numbers 1 2 3."],"return_documents":true}""";
        ChatReply reply = await _client.AskAsync("/v1/rerank", Chat.Json(Body));
        Assert.True(reply.Status == 200, reply + fixture.Daemon.Log);
        JsonElement[] results = [.. reply.Json.GetProperty("results").EnumerateArray()];
        Assert.Equal([0, 1, 2], results.Select(r => r.GetProperty("index").GetInt32()).Order());
        double[] scores = [.. results.Select(r => r.GetProperty("relevance_score").GetDouble())];
        Assert.Equal(scores.OrderDescending(), scores);
        Assert.True(scores[0] > scores[2], "all documents have one score");
        Assert.All(results, r => Assert.NotEmpty(r.GetProperty("document").GetProperty("text").GetString()!));
        ChatReply top = await _client.AskAsync("/v1/rerank", Chat.Json(Body.Replace("\"return_documents\":true", "\"top_n\":1", StringComparison.Ordinal)));
        Assert.Equal(results[0].GetProperty("index").GetInt32(), Assert.Single(top.Json.GetProperty("results").EnumerateArray()).GetProperty("index").GetInt32());
    }

    [Theory]
    [InlineData("""{"model":"rank","documents":["a"]}""", "query")]
    [InlineData("""{"model":"rank","query":"a","documents":[]}""", "documents")]
    [InlineData("""{"model":"rank","query":"a","documents":[1]}""", "documents")]
    [InlineData("""{"model":"rank","query":"a","documents":["b"],"top_n":0}""", "top_n")]
    public async Task WrongRankingsNameTheField(string body, string param)
    {
        ChatReply reply = await _client.AskAsync("/v1/rerank", Chat.Json(body));
        Assert.True(reply.Status == 400, reply.ToString());
        Assert.Equal(param, reply.Error.GetProperty("param").GetString());
    }

    [Fact]
    public async Task TokensThereAndBack()
    {
        ChatReply tokens = await _client.AskAsync("/tokenize", Chat.Json("""{"model":"tiny","content":"Grüße, World!","with_pieces":true}"""));
        Assert.True(tokens.Status == 200, tokens.ToString());
        JsonElement[] list = [.. tokens.Json.GetProperty("tokens").EnumerateArray()];
        Assert.All(list, t => Assert.True(t.GetProperty("piece").ValueKind is JsonValueKind.String or JsonValueKind.Array));
        var back = new JsonObject { ["model"] = "tiny", ["tokens"] = new JsonArray([.. list.Select(t => (JsonNode)t.GetProperty("id").GetInt32())]) };
        ChatReply text = await _client.AskAsync("/detokenize", Chat.Json(back));
        Assert.Equal("Grüße, World!", text.Json.GetProperty("content").GetString());
    }

    [Fact]
    public async Task TemplatesAreAppliedAsAChatWould()
    {
        ChatReply reply = await _client.AskAsync("/apply-template", Chat.Json("""{"model":"tiny/local","messages":[{"role":"user","content":"hi"}]}"""));
        Assert.Equal("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n", reply.Json.GetProperty("prompt").GetString());
    }

    [Theory]
    [InlineData("/tokenize", """{"content":"a"}""", 400, "model")]
    [InlineData("/tokenize", """{"model":"tiny"}""", 400, "content")]
    [InlineData("/tokenize", """{"model":"nobody","content":"a"}""", 404, "model")]
    [InlineData("/detokenize", """{"model":"tiny","tokens":[1280]}""", 400, "tokens")]
    [InlineData("/detokenize", """{"model":"tiny","tokens":"a"}""", 400, "tokens")]
    [InlineData("/apply-template", """{"model":"tiny"}""", 400, "messages")]
    [InlineData("/apply-template", """{"model":"tiny","messages":[]}""", 400, "messages")]
    public async Task WrongTokenRequestsNameTheField(string path, string body, int status, string param)
    {
        ChatReply reply = await _client.AskAsync(path, Chat.Json(body));
        Assert.True(reply.Status == status, reply.ToString());
        Assert.Equal(param, reply.Error.GetProperty("param").GetString());
    }

    private async Task<ChatReply> EmbedAsync(JsonObject body) => await _client.AskAsync("/v1/embeddings", Chat.Json(body));

    private static float[][] Vectors(ChatReply reply) =>
        [.. reply.Json.GetProperty("data").EnumerateArray().Select(d => d.GetProperty("embedding").EnumerateArray().Select(x => x.GetSingle()).ToArray())];

    private static double Cosine(float[] a, float[] b) =>
        a.Zip(b, (x, y) => (double)x * y).Sum() / Math.Sqrt(a.Sum(x => (double)x * x) * b.Sum(x => (double)x * x));
}

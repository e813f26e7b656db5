using System.Text.Json;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.OfficialClients;

/// <summary>The official OpenAI client for JavaScript, unmodified, under node.</summary>
public sealed class OpenAiJavaScriptTests(BundledModelDaemon fixture) : IClassFixture<BundledModelDaemon>
{
    [Fact]
    public async Task ChatsStreamsListsAndMapsErrors()
    {
        JsonElement seen = await NodeClient.RunAsync("openai.mjs", fixture.Daemon);

        JsonElement chat = seen.GetProperty("chat");
        Assert.Equal("7 + 8 = 15.", chat.GetProperty("text").GetString());
        Assert.Equal("stop", chat.GetProperty("finish").GetString());
        Assert.True(chat.GetProperty("usage").GetProperty("total_tokens").GetInt32() > 10);

        JsonElement stream = seen.GetProperty("stream");
        Assert.Equal("1, 2, 3, 4, 5, 6, 7, 8, 9, 10.", stream.GetProperty("text").GetString());
        Assert.True(stream.GetProperty("chunks").GetInt32() > 10);
        Assert.True(stream.GetProperty("usage").GetProperty("completion_tokens").GetInt32() > 10);

        Assert.Contains("tiny/local", seen.GetProperty("models").EnumerateArray().Select(m => m.GetString()));
        Assert.Equal("tiny/local", seen.GetProperty("model").GetString());

        JsonElement notFound = seen.GetProperty("notFound");
        Assert.Equal(("NotFoundError", 404, "model_not_found"), (notFound.GetProperty("type").GetString(), notFound.GetProperty("status").GetInt32(), notFound.GetProperty("code").GetString()));
        Assert.Contains("tiny", notFound.GetProperty("message").GetString());
        JsonElement bad = seen.GetProperty("badRequest");
        Assert.Equal(("BadRequestError", 400, "messages"), (bad.GetProperty("type").GetString(), bad.GetProperty("status").GetInt32(), bad.GetProperty("param").GetString()));
        Assert.True(seen.GetProperty("aborted").GetBoolean());
    }
}

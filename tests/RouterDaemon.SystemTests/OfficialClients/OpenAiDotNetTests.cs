using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Models;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.OfficialClients;

/// <summary>The official OpenAI client for .NET, unmodified.</summary>
public sealed class OpenAiDotNetTests(BundledModelDaemon fixture) : IClassFixture<BundledModelDaemon>
{
    private readonly OpenAIClient _client = new(new ApiKeyCredential("not-needed"), new OpenAIClientOptions
    {
        Endpoint = new Uri(fixture.Daemon.Url, "/v1"),
        RetryPolicy = new ClientRetryPolicy(0),
        Transport = new HttpClientPipelineTransport(new HttpClient(new SocketsHttpHandler { UseProxy = false })),
    });

    [Fact]
    public async Task Chats()
    {
        ChatCompletion completion = await _client.GetChatClient("auto").CompleteChatAsync([new UserChatMessage("What is 7 + 8?")], new ChatCompletionOptions { Temperature = 0 });
        Assert.Equal("7 + 8 = 15.", completion.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, completion.FinishReason);
        Assert.Equal(completion.Usage.TotalTokenCount, completion.Usage.InputTokenCount + completion.Usage.OutputTokenCount);
        Assert.True(completion.Usage.OutputTokenCount > 3);
    }

    [Fact]
    public async Task Streams()
    {
        var text = new System.Text.StringBuilder();
        int updates = 0;
        ChatTokenUsage? usage = null;
        await foreach (StreamingChatCompletionUpdate update in _client.GetChatClient("auto").CompleteChatStreamingAsync([new UserChatMessage("Count to 10.")], new ChatCompletionOptions { Temperature = 0 }))
        {
            updates++;
            usage = update.Usage ?? usage;
            foreach (ChatMessageContentPart part in update.ContentUpdate)
                text.Append(part.Text);
        }

        Assert.Equal("1, 2, 3, 4, 5, 6, 7, 8, 9, 10.", text.ToString());
        Assert.True(updates > 10, $"{updates} updates");
        Assert.True(usage!.OutputTokenCount > 10);
    }

    [Fact]
    public async Task ListsModels()
    {
        OpenAIModelCollection models = await _client.GetOpenAIModelClient().GetModelsAsync();
        Assert.Contains(models, m => m.Id == "tiny/local");
        OpenAIModel tiny = await _client.GetOpenAIModelClient().GetModelAsync("tiny/local");
        Assert.Equal("tiny/local", tiny.Id);
    }

    [Fact]
    public async Task ErrorsBecomeItsException()
    {
        ClientResultException missing = await Assert.ThrowsAsync<ClientResultException>(() => _client.GetChatClient("tinny").CompleteChatAsync([new UserChatMessage("hi")]));
        Assert.Equal(404, missing.Status);
        Assert.Contains("model_not_found", missing.Message);
        ClientResultException empty = await Assert.ThrowsAsync<ClientResultException>(() => _client.GetChatClient("tiny").CompleteChatAsync([new UserChatMessage(string.Concat(Enumerable.Repeat("word and word ", 2000)))]));
        Assert.Equal(400, empty.Status);
    }
}

using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;
using RouterDaemon.SystemTests.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.OfficialClients;

/// <summary>Chat and embeddings of the official OpenAI client for .NET, unmodified: against the bundled model, an OpenAI-shaped and an Anthropic-shaped upstream.</summary>
public sealed class OpenAiChatDotNetTests(DialectFleet fleet) : IClassFixture<DialectFleet>
{
    private static readonly BinaryData City = BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}""");
    private static readonly BinaryData Answer = BinaryData.FromString("""{"type":"object","properties":{"answer":{"type":"integer"}},"required":["answer"],"additionalProperties":false}""");

    private readonly OpenAIClient _client = new(new ApiKeyCredential("not-needed"), new OpenAIClientOptions
    {
        Endpoint = new Uri(fleet.Daemon.Url, "/v1"),
        RetryPolicy = new ClientRetryPolicy(0),
        Transport = new HttpClientPipelineTransport(new HttpClient(new SocketsHttpHandler { UseProxy = false })),
    });

    [Theory]
    [InlineData("tiny", "7 + 8 = 15.")]
    [InlineData(DialectFleet.OpenAiModel, AnthropicUpstream.Answer)]
    [InlineData(DialectFleet.AnthropicModel, AnthropicUpstream.Answer)]
    public async Task ChatsAndStreams(string model, string answer)
    {
        ChatCompletion completion = await AskAsync(model, "What is 7 + 8?");
        Assert.Equal((answer, ChatFinishReason.Stop), (completion.Content[0].Text, completion.FinishReason));
        var text = new StringBuilder();
        ChatTokenUsage? usage = null;
        await foreach (StreamingChatCompletionUpdate update in _client.GetChatClient(model).CompleteChatStreamingAsync([new UserChatMessage("What is 7 + 8?")], new ChatCompletionOptions { Temperature = 0 }))
        {
            usage = update.Usage ?? usage;
            foreach (ChatMessageContentPart part in update.ContentUpdate)
                text.Append(part.Text);
        }

        Assert.Equal(answer, text.ToString());
        Assert.True(usage!.OutputTokenCount > 3);
    }

    [Theory]
    [InlineData(DialectFleet.ToolModel, true)]
    [InlineData(DialectFleet.OpenAiModel, false)]
    [InlineData(DialectFleet.AnthropicModel, false)]
    public async Task CallsATool(string model, bool onDevice)
    {
        ChatMessage question = new UserChatMessage("Weather in Paris?");
        ChatCompletionOptions Options(ChatToolChoice choice) => new() { Temperature = 0, MaxOutputTokenCount = 200, ToolChoice = choice, Tools = { ChatTool.CreateFunctionTool("get_weather", "The weather of a city", City, true) } };
        ChatCompletion first = await _client.GetChatClient(model).CompleteChatAsync([question], Options(onDevice ? ChatToolChoice.CreateRequiredChoice() : ChatToolChoice.CreateAutoChoice()));
        Assert.Equal(ChatFinishReason.ToolCalls, first.FinishReason);
        ChatToolCall call = Assert.Single(first.ToolCalls);
        Assert.Equal("get_weather", call.FunctionName);
        using JsonDocument arguments = JsonDocument.Parse(call.FunctionArguments);
        Assert.True(onDevice || arguments.RootElement.GetProperty("city").GetString() == "Paris");
        ChatCompletion second = await _client.GetChatClient(model).CompleteChatAsync([question, new AssistantChatMessage(first), new ToolChatMessage(call.Id, "Sunny.")], Options(ChatToolChoice.CreateNoneChoice()));
        Assert.True(onDevice ? second.Content.Count > 0 : second.Content[0].Text == "The tool said: Sunny.");
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData(DialectFleet.OpenAiModel)]
    [InlineData(DialectFleet.AnthropicModel)]
    public async Task AnswersInASchema(string model)
    {
        ChatCompletion completion = await _client.GetChatClient(model).CompleteChatAsync(
            [new UserChatMessage("An answer, please.")], new ChatCompletionOptions { Temperature = 0, ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("answer", Answer, jsonSchemaIsStrict: true) });
        using JsonDocument answer = JsonDocument.Parse(completion.Content[0].Text);
        Assert.Equal(["answer"], answer.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.True(answer.RootElement.GetProperty("answer").TryGetInt64(out _));
    }

    [Theory]
    [InlineData(DialectFleet.OpenAiModel)]
    [InlineData(DialectFleet.AnthropicModel)]
    public async Task SeesAnImage(string model)
    {
        BinaryData png = BinaryData.FromBytes(Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="));
        ChatCompletion completion = await _client.GetChatClient(model).CompleteChatAsync([new UserChatMessage(ChatMessageContentPart.CreateImagePart(png, "image/png"), ChatMessageContentPart.CreateTextPart("What is it?"))]);
        Assert.Equal("An image: image/png", completion.Content[0].Text);
    }

    [Theory]
    [InlineData(DialectFleet.VectorModel)]
    [InlineData(DialectFleet.OpenAiModel)]
    public async Task MakesEmbeddings(string model)
    {
        OpenAIEmbeddingCollection vectors = await _client.GetEmbeddingClient(model).GenerateEmbeddingsAsync(["a", "b"]);
        Assert.Equal(2, vectors.Count);
        Assert.Equal(1, vectors[0].ToFloats().ToArray().Sum(x => x * x), 0.01);
    }

    [Theory]
    [InlineData("tiny", "Tell me a story about a dragon.")]
    [InlineData(DialectFleet.OpenAiModel, "stall")]
    [InlineData(DialectFleet.AnthropicModel, "stall")]
    public async Task AnAbortEndsTheStream(string model, string wish)
    {
        using var abort = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (StreamingChatCompletionUpdate update in _client.GetChatClient(model).CompleteChatStreamingAsync([new UserChatMessage(wish)], new ChatCompletionOptions { Temperature = 0 }, abort.Token))
            {
                if (update.ContentUpdate.Count > 0)
                    await abort.CancelAsync();
            }

            abort.Token.ThrowIfCancellationRequested();
        });
        Assert.Equal(ChatFinishReason.Stop, (await AskAsync(model, "hi")).FinishReason);
    }

    [Theory]
    [InlineData(DialectFleet.OpenAiModel)]
    [InlineData(DialectFleet.AnthropicModel)]
    public async Task ErrorsBecomeItsException(string model)
    {
        ClientResultException refused = await Assert.ThrowsAsync<ClientResultException>(() => AskAsync(model, "fail 400"));
        Assert.Equal(400, refused.Status);
        Assert.Contains("as you wished", refused.Message);
    }

    private async Task<ChatCompletion> AskAsync(string model, string text) =>
        await _client.GetChatClient(model).CompleteChatAsync([new UserChatMessage(text)], new ChatCompletionOptions { Temperature = 0 });
}

using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using OpenAI.Responses;
using RouterDaemon.SystemTests.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.OfficialClients;

/// <summary>Responses of the official OpenAI client for .NET, unmodified: against the bundled model, an OpenAI-shaped and an Anthropic-shaped upstream.</summary>
public sealed class OpenAiResponsesDotNetTests(DialectFleet fleet) : IClassFixture<DialectFleet>
{
    private readonly ResponsesClient _client = new(new ApiKeyCredential("not-needed"), new ResponsesClientOptions
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
        ResponseResult response = await _client.CreateResponseAsync(Question(model, "What is 7 + 8?"));
        Assert.Equal((answer, ResponseStatus.Completed), (response.GetOutputText(), response.Status));

        var text = new StringBuilder();
        long tokens = 0;
        CreateResponseOptions streamed = Question(model, "What is 7 + 8?");
        streamed.StreamingEnabled = true;
        await foreach (StreamingResponseUpdate update in await _client.CreateResponseStreamingAsync(streamed))
        {
            if (update is StreamingResponseOutputTextDeltaUpdate delta)
                text.Append(delta.Delta);
            if (update is StreamingResponseCompletedUpdate completed)
                tokens = completed.Response.Usage.OutputTokenCount;
        }

        Assert.Equal(answer, text.ToString());
        Assert.True(tokens > 0);
    }

    [Theory]
    [InlineData(DialectFleet.OpenAiModel)]
    [InlineData(DialectFleet.AnthropicModel)]
    public async Task CallsATool(string model)
    {
        CreateResponseOptions question = Question(model, "Weather in Paris?");
        question.Tools.Add(ResponseTool.CreateFunctionTool("get_weather", BinaryData.FromString("{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}"), true, "The weather of a city"));
        ResponseResult first = await _client.CreateResponseAsync(question);
        FunctionCallResponseItem call = Assert.Single(first.OutputItems.OfType<FunctionCallResponseItem>());
        Assert.Equal(("get_weather", "{\"city\":\"Paris\"}"), (call.FunctionName, call.FunctionArguments.ToString()));
        var result = new CreateResponseOptions { Model = model, PreviousResponseId = first.Id, InputItems = { ResponseItem.CreateFunctionCallOutputItem(call.CallId, "Sunny.") } };
        ResponseResult second = await _client.CreateResponseAsync(result);
        Assert.Equal("The tool said: Sunny.", second.GetOutputText());
    }

    [Fact]
    public async Task ErrorsBecomeItsException()
    {
        ClientResultException missing = await Assert.ThrowsAsync<ClientResultException>(() => _client.CreateResponseAsync(Question("no-such-model", "hi")));
        Assert.Equal(404, missing.Status);
        ClientResultException refused = await Assert.ThrowsAsync<ClientResultException>(() => _client.CreateResponseAsync(Question(DialectFleet.AnthropicModel, "fail 400")));
        Assert.Equal(400, refused.Status);
    }

    private static CreateResponseOptions Question(string model, string text) =>
        new() { Model = model, Temperature = 0, InputItems = { ResponseItem.CreateUserMessageItem(text) } };
}

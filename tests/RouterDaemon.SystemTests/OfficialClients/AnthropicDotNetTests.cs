using System.Text;
using System.Text.Json;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;
using RouterDaemon.SystemTests.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.OfficialClients;

/// <summary>The official Anthropic client for .NET, unmodified: against the bundled model, an OpenAI-shaped and an Anthropic-shaped upstream.</summary>
public sealed class AnthropicDotNetTests(DialectFleet fleet) : IClassFixture<DialectFleet>
{
    private static readonly Tool Weather = new()
    {
        Name = "get_weather",
        Description = "The weather of a city",
        InputSchema = new InputSchema { Properties = new Dictionary<string, JsonElement> { ["city"] = JsonSerializer.SerializeToElement(new { type = "string" }) }, Required = ["city"] },
    };

    private readonly AnthropicClient _client = new()
    {
        ApiKey = "not-needed",
        BaseUrl = fleet.Daemon.Url.ToString().TrimEnd('/'),
        MaxRetries = 0,
        HttpClient = new HttpClient(new SocketsHttpHandler { UseProxy = false }),
    };

    [Theory]
    [InlineData("tiny", "")]
    [InlineData(DialectFleet.OpenAiModel, AnthropicUpstream.Answer)]
    [InlineData(DialectFleet.AnthropicModel, AnthropicUpstream.Answer)]
    public async Task ChatsAndStreams(string model, string answer)
    {
        var question = new MessageCreateParams { Model = model, MaxTokens = 64, Messages = [new UserMessageParam("What is 7 + 8?")] };
        Message message = await _client.Messages.Create(question);
        // This client knows no temperature: what the bundled model says varies.
        Assert.Equal("end_turn", message.StopReason!.Raw());
        Assert.True(answer.Length > 0 ? TextOf(message) == answer : TextOf(message).Length > 0, TextOf(message));
        Assert.True(message.Usage is { InputTokens: > 0, OutputTokens: > 0 });

        var text = new StringBuilder();
        long tokens = 0;
        await foreach (RawMessageStreamEvent e in _client.Messages.CreateStreaming(question))
        {
            if (e.TryPickContentBlockDelta(out RawContentBlockDeltaEvent? block) && block.Delta.TryPickText(out TextDelta? delta))
                text.Append(delta.Text);
            if (e.TryPickDelta(out RawMessageDeltaEvent? end))
                tokens = end.Usage.OutputTokens;
        }

        Assert.True(answer.Length > 0 ? text.ToString() == answer : text.Length > 0, text.ToString());
        Assert.True(tokens > 0);
        Assert.True((await _client.Messages.CountTokens(new MessageCountTokensParams { Model = model, Messages = [new UserMessageParam("one two three")] })).InputTokens > 2);
    }

    [Theory]
    [InlineData(DialectFleet.OpenAiModel)]
    [InlineData(DialectFleet.AnthropicModel)]
    public async Task CallsATool(string model)
    {
        var question = new UserMessageParam("Weather in Paris?");
        Message first = await _client.Messages.Create(new MessageCreateParams { Model = model, MaxTokens = 64, Tools = [Weather], Messages = [question] });
        ToolUseBlock call = Assert.Single(first.Content.Select(b => b.TryPickToolUse(out ToolUseBlock? use) ? use : null), u => u is not null)!;
        Assert.Equal(("get_weather", "Paris", "tool_use"), (call.Name, call.Input["city"].GetString(), first.StopReason!.Raw()));
        var asked = new List<ContentBlockParam> { new ToolUseBlockParam { ID = call.ID, Name = call.Name, Input = call.Input } };
        var result = new List<ContentBlockParam> { new ToolResultBlockParam(call.ID) { Content = "Sunny." } };
        Message second = await _client.Messages.Create(new MessageCreateParams
        {
            Model = model,
            MaxTokens = 64,
            Tools = [Weather],
            Messages = [question, new AssistantMessageParam(asked), new UserMessageParam(result)],
        });
        Assert.Equal("The tool said: Sunny.", TextOf(second));
    }

    [Theory]
    [InlineData(DialectFleet.OpenAiModel)]
    [InlineData(DialectFleet.AnthropicModel)]
    public async Task SeesAnImage(string model)
    {
        var parts = new List<ContentBlockParam>
        {
            new ImageBlockParam(new Base64ImageSource { Data = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", MediaType = MediaType.ImagePng }),
            new TextBlockParam("What is it?"),
        };
        Assert.Equal("An image: image/png", TextOf(await _client.Messages.Create(new MessageCreateParams { Model = model, MaxTokens = 64, Messages = [new UserMessageParam(parts)] })));
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
            await foreach (RawMessageStreamEvent e in _client.Messages.CreateStreaming(new MessageCreateParams { Model = model, MaxTokens = 500, Messages = [new UserMessageParam(wish)] }, abort.Token))
            {
                if (e.TryPickContentBlockDelta(out _))
                    await abort.CancelAsync();
            }

            abort.Token.ThrowIfCancellationRequested();
        });
        await AskAsync(model, "hi");
    }

    [Fact]
    public async Task ErrorsBecomeItsExceptions()
    {
        await Assert.ThrowsAsync<AnthropicNotFoundException>(() => AskAsync("no-such-model", "hi"));
        await Assert.ThrowsAsync<AnthropicBadRequestException>(() => AskAsync(DialectFleet.OpenAiModel, "fail 400"));
        await Assert.ThrowsAsync<AnthropicBadRequestException>(() => AskAsync(DialectFleet.AnthropicModel, "fail 400"));
    }

    private async Task AskAsync(string model, string text) =>
        await _client.Messages.Create(new MessageCreateParams { Model = model, MaxTokens = 64, Messages = [new UserMessageParam(text)] });

    private static string TextOf(Message message) => string.Concat(message.Content.Select(b => b.TryPickText(out TextBlock? text) ? text.Text : ""));
}

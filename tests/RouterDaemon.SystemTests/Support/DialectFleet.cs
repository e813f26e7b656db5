using System.Text.Json.Nodes;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Mock;
using Xunit;

namespace RouterDaemon.SystemTests.Support;

/// <summary>One daemon with the bundled model, an OpenAI-shaped upstream (<c>chat/o</c>) and an Anthropic-shaped one (<c>claude/a</c>), which answer alike.</summary>
public sealed class DialectFleet : IAsyncLifetime
{
    public const string OpenAiModel = "chat/o";
    public const string AnthropicModel = "claude/a";
    public const string Key = "sk-upstream-secret";

    /// <summary>The bundled model with a template that knows tools, on the device.</summary>
    public const string ToolModel = "tooly";

    /// <summary>The bundled model as a maker of embeddings, on the device.</summary>
    public const string VectorModel = "vectors";

    private readonly TempFolder _home = new();

    public DaemonProcess Daemon { get; private set; } = null!;

    public HttpClient Client => Daemon.Client;

    public MockUpstream OpenAi { get; } = MockUpstream.Start();

    public AnthropicUpstream Anthropic { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        OpenAi.Script = Answer;
        Anthropic = await AnthropicUpstream.StartAsync();
        EditedModels.Add(_home.Path, ToolModel, i => i.Set("tokenizer.chat_template", EditedModels.ToolTemplate));
        Daemon = await DaemonProcess.StartAsync(new DaemonOptions
        {
            Home = _home.Path,
            Config = $$"""
                models:
                  - { id: {{VectorModel}}, file: {{EditedModels.Bundled}}, pooling: mean }
                backends:
                  - id: o
                    kind: openai
                    url: {{OpenAi.Url.ToString().TrimEnd('/')}}/v1
                    api_key_env: UPSTREAM_KEY
                    timeouts: { connect: 1s, first_token: 5s, between_tokens: 5s, total: 60s }
                    deployments:
                      - { model: chat, upstream_model: up, context: 32768, price: { input: 1, output: 2 }, capabilities: [chat, completion, tools, json_object, json_schema, vision, embeddings] }
                  - id: a
                    kind: anthropic
                    url: {{Anthropic.Url}}
                    api_key_env: UPSTREAM_KEY
                    timeouts: { connect: 1s, first_token: 5s, between_tokens: 5s, total: 60s }
                    deployments:
                      - { model: claude, upstream_model: claude-mock, context: 200000, price: { input: 3, output: 15 } }
                virtual_models:
                  both: { deployments: [chat/o, claude/a] }
                retries: { max_attempts: 1 }
                """,
            Environment = new Dictionary<string, string> { ["UPSTREAM_KEY"] = Key },
            WaitReady = true,
        });
    }

    public async ValueTask DisposeAsync()
    {
        await Daemon.DisposeAsync();
        await OpenAi.DisposeAsync();
        await Anthropic.DisposeAsync();
        _home.Dispose();
    }

    /// <summary>What <see cref="AnthropicUpstream"/> would do, in OpenAI's dialect.</summary>
    private static MockBehaviour? Answer(MockRequest request)
    {
        if (!request.Path.EndsWith("/chat/completions", StringComparison.Ordinal))
            return null;
        JsonNode body = JsonNode.Parse(request.BodyText)!;
        JsonNode last = body["messages"]!.AsArray()[^1]!;
        string wish = last["content"] is JsonArray parts ? parts.Where(p => (string?)p!["type"] == "text").Select(p => (string)p!["text"]!).LastOrDefault() ?? "" : (string?)last["content"] ?? "";
        MockBehaviour behaviour = MockBehaviour.Ok(AnthropicUpstream.Answer) with { PromptTokens = 25, CachedTokens = 5, Reasoning = body["reasoning_effort"] is null ? null : "Let me think." };
        if (wish.StartsWith("fail ", StringComparison.Ordinal))
            return wish == "fail 429" ? MockBehaviour.RateLimited(1) : MockBehaviour.Error(int.Parse(wish[5..]), "as you wished", "invalid_request_error");
        if (wish == "tear")
            return MockBehaviour.Broken(MockFault.Cut, 2);
        if (wish == "stall")
            return MockBehaviour.Broken(MockFault.Stall, 2);
        if ((string?)last["role"] == "tool")
            return behaviour with { Answer = "The tool said: " + wish };
        if (body["tools"] is JsonArray { Count: > 0 } tools)
        {
            string name = (string)tools[0]!["function"]!["name"]!;
            return behaviour with { ToolName = name, ToolArguments = name == "json" ? "{\"answer\":42}" : "{\"city\":\"Paris\"}" };
        }

        if (body["response_format"] is not null)
            return behaviour with { Answer = "{\"answer\":42}" };
        string? image = (last["content"] as JsonArray)?.Where(p => (string?)p!["type"] == "image_url").Select(p => (string)p!["image_url"]!["url"]!).FirstOrDefault();
        return image is null ? behaviour : behaviour with { Answer = $"An image: {image[5..image.IndexOf(';', StringComparison.Ordinal)]}" };
    }
}

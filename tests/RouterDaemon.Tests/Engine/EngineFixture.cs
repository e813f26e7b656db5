using System.Text;
using System.Text.Json;
using RouterDaemon.Engine;
using Xunit;

namespace RouterDaemon.Tests.Engine;

/// <summary>One host with the bundled model, shared by the tests that do not need their own.</summary>
public sealed class EngineFixture : IAsyncLifetime
{
    public static readonly string ModelPath = Path.Combine(AppContext.BaseDirectory, "models", "routerd-tiny-1m.gguf");

    public TestEngineLog Log { get; } = new();

    public EngineHost Host { get; private set; } = null!;

    public static EngineModelOptions Tiny(string id = "tiny") => new()
    {
        Id = id,
        Path = ModelPath,
        ContextTokens = 1024,
        Slots = 4,
        Threads = 1,
        KeepAlive = Timeout.InfiniteTimeSpan,
    };

    public async ValueTask InitializeAsync()
    {
        Host = new EngineHost(Log, TimeProvider.System);
        Host.SetModels([
            Tiny(),
            Tiny("exact") with { Deterministic = true },
            Tiny("solo") with { Slots = 1 },
        ]);
        await Host.PreloadAsync("tiny", TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    public static GenerationRequest Ask(string question) => Ask([("user", question)]);

    public static GenerationRequest Ask(params (string Role, string Content)[] messages)
    {
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json))
        {
            writer.WriteStartArray();
            foreach ((string role, string content) in messages)
            {
                writer.WriteStartObject();
                writer.WriteString("role", role);
                writer.WriteString("content", content);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        return new GenerationRequest { MessagesJson = json.ToArray(), Sampling = SamplingOptions.Greedy, MaxTokens = 200 };
    }

    public Task<Answer> RunAsync(GenerationRequest request, string model = "tiny") => RunAsync(Host, request, model);

    public static async Task<Answer> RunAsync(EngineHost host, GenerationRequest request, string model = "tiny")
    {
        using Generation generation = await host.SubmitAsync(model, request, TestContext.Current.CancellationToken);
        return await ReadAsync(generation);
    }

    public static async Task<Answer> ReadAsync(Generation generation)
    {
        List<byte> text = [];
        List<GenerationEvent> events = [];
        await foreach (GenerationEvent e in generation.Events.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            text.AddRange(e.Text.Span);
            events.Add(e);
        }
        return new Answer(
            new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. text]), events.LastOrDefault().Finished, generation.PromptTokens,
            generation.CachedTokens, events);
    }
}

public sealed record Answer(string Text, GenerationResult? Result, int PromptTokens, int CachedTokens, List<GenerationEvent> Events);

[CollectionDefinition("engine")]
public sealed class EngineCollection : ICollectionFixture<EngineFixture>;

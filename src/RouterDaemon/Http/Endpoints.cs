using RouterDaemon.Http.Admin;
using RouterDaemon.Http.Anthropic;
using RouterDaemon.Http.Context;
using RouterDaemon.Http.LocalAgent;
using RouterDaemon.Http.Ollama;
using RouterDaemon.Http.OpenAi;

namespace RouterDaemon.Http;

/// <summary>The endpoint objects that <see cref="Routes"/> points at.</summary>
internal sealed record Endpoints
{
    public required Health Health { get; init; }

    public required Completions Completions { get; init; }

    public required Tokens Tokens { get; init; }

    public required Models Models { get; init; }

    public required Messages Messages { get; init; }

    public required OllamaInference Ollama { get; init; }

    public required Listing OllamaListing { get; init; }

    public required Infer Infer { get; init; }

    public required Responses Responses { get; init; }

    public required RouteExplain RouteExplain { get; init; }

    public required Registration Registration { get; init; }

    public required AdminKeys AdminKeys { get; init; }

    public required AdminFleet AdminFleet { get; init; }

    public required AdminDaemon AdminDaemon { get; init; }

    public required Metrics Metrics { get; init; }

    public required ContextTools ContextTools { get; init; }

    public required Mcp Mcp { get; init; }
}

using RouterDaemon.Backends.AnthropicApi;
using RouterDaemon.Backends.LlmD;
using RouterDaemon.Backends.Ollama;
using RouterDaemon.Backends.OpenAiCompatible;
using RouterDaemon.Config;

namespace RouterDaemon.Backends;

/// <summary>The table of kinds of remote backends: one line each.</summary>
internal static class BackendTable
{
    /// <summary>Kind, when to choose it, how to make one.</summary>
    public static IReadOnlyList<BackendRow> Rows { get; } =
    [
        new(BackendKind.LlmD, "an llm-d cluster behind its gateway", static c => new LlmDBackend(c.Url!, c.ApiKey?.Reveal(), Http(c)) { Id = c.Id, Timeouts = c.Timeouts }),
        new(BackendKind.OpenAi, "any server with OpenAI's HTTP surface", OpenAi),
        new(BackendKind.Anthropic, "Anthropic's Messages API", static c => new AnthropicBackend(c.Url!, c.ApiKey?.Reveal(), Http(c), TimeProvider.System) { Id = c.Id, Timeouts = c.Timeouts }),
        new(BackendKind.Ollama, "a running Ollama", static c => new OllamaBackend(OpenAi(c), c.Url!, c.ApiKey?.Reveal(), Http(c)) { Id = c.Id, Timeouts = c.Timeouts }),
        new(BackendKind.Routerd, "another routerd", OpenAi),
    ];

    /// <summary>Makes the backend of a configuration entry; null when this build has no such kind yet.</summary>
    public static Backend? Create(BackendConfig config)
    {
        foreach (var row in Rows)
        {
            if (row.Kind == config.Kind)
            {
                return row.Create(config);
            }
        }

        return null;
    }

    private static OpenAiCompatibleBackend OpenAi(BackendConfig config) =>
        new(config.Url!, config.ApiKey?.Reveal(), Http(config)) { Id = config.Id, Timeouts = config.Timeouts };

    private static HttpMessageInvoker Http(BackendConfig config) => UpstreamHttp.Create(config.Timeouts.Connect);
}

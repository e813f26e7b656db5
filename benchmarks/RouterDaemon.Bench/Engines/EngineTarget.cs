using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RouterDaemon.Bench.Engines;

/// <summary>A server with OpenAI's <c>/v1/completions</c> that runs a model.</summary>
/// <param name="name">Name in the report.</param>
/// <param name="url">Base URL without <c>/v1</c>.</param>
/// <param name="model">The model's name there.</param>
internal sealed class EngineTarget(string name, string url, string model) : IDisposable
{
    // llama-server closes a connection after 5 s without a request or after 100 of them, in the middle of a new one: none is used again after a pause.
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromSeconds(1), PooledConnectionLifetime = TimeSpan.FromSeconds(2) })
    {
        Timeout = TimeSpan.FromMinutes(10),
    };

    public string Name { get; } = name;

    /// <summary>Streams a completion of exactly <paramref name="maxTokens"/> tokens.</summary>
    /// <exception cref="HttpRequestException">The server refused or broke off.</exception>
    public async Task<EngineAnswer> CompleteAsync(int[] prompt, int maxTokens)
    {
        JsonObject body = new()
        {
            ["model"] = model,
            ["prompt"] = new JsonArray([.. prompt.Select(t => (JsonNode)JsonValue.Create(t))]),
            ["max_tokens"] = maxTokens,
            ["ignore_eos"] = true,
            ["stream"] = true,
            ["stream_options"] = new JsonObject { ["include_usage"] = true },
        };
        long started = Stopwatch.GetTimestamp();
        using HttpRequestMessage request = new(HttpMethod.Post, url + "/v1/completions") { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (!response.IsSuccessStatusCode)
            throw new HttpRequestException($"{Name}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        double firstMs = 0;
        int tokens = 0;
        while (await reader.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith("data: {", StringComparison.Ordinal))
                continue;
            if (firstMs == 0)
                firstMs = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            if (line.Contains("\"usage\":{", StringComparison.Ordinal))
                tokens = JsonDocument.Parse(line[6..]).RootElement.GetProperty("usage").GetProperty("completion_tokens").GetInt32();
        }
        return tokens > 0
            ? new EngineAnswer(firstMs, Stopwatch.GetElapsedTime(started).TotalMilliseconds, tokens)
            : throw new HttpRequestException($"{Name}: the stream had no usage");
    }

    public void Dispose() => _http.Dispose();
}

using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using RouterDaemon.Backends.OpenAiCompatible;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Relay;
using RouterDaemon.Relay.Translation;

namespace RouterDaemon.Backends.Ollama;

/// <summary>
/// A running Ollama. Its OpenAI surface serves chat, completions and embeddings; what its models can do only its own API says, so
/// discovery asks that (Ollama, docs/api.md).
/// </summary>
internal sealed class OllamaBackend : Backend
{
    private const int MaxAnswerBytes = 4 * 1024 * 1024;
    private static readonly TimeSpan DiscoveryTimeout = TimeSpan.FromSeconds(10);

    private readonly OpenAiCompatibleBackend _openAi;
    private readonly HttpMessageInvoker _http;
    private readonly string? _authorization;
    private readonly Uri _tags;
    private readonly Uri _show;
    private readonly Dictionary<string, DiscoveredModel> _known = new(StringComparer.Ordinal);

    /// <param name="openAi">Its OpenAI surface, owned by this backend.</param>
    /// <param name="url">Base URL, with or without a closing <c>/v1</c>.</param>
    /// <param name="apiKey">Sent as a bearer token; null = none.</param>
    /// <param name="http">Connections for discovery, owned by this backend.</param>
    public OllamaBackend(OpenAiCompatibleBackend openAi, Uri url, string? apiKey, HttpMessageInvoker http)
    {
        var root = url.AbsoluteUri.TrimEnd('/');
        root = root.EndsWith("/v1", StringComparison.Ordinal) ? root[..^3] : root;
        _openAi = openAi;
        _http = http;
        _authorization = apiKey is null ? null : "Bearer " + apiKey;
        _tags = new Uri(root + "/api/tags");
        _show = new Uri(root + "/api/show");
    }

    public override ValueTask<BackendResponse> SendAsync(BackendRequest request, CancellationToken cancellationToken) => _openAi.SendAsync(request, cancellationToken);

    public override async ValueTask<IReadOnlyList<DiscoveredModel>> DiscoverAsync(CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(DiscoveryTimeout);
        try
        {
            using var tags = await AskAsync(new HttpRequestMessage(HttpMethod.Get, _tags), timeout.Token).ConfigureAwait(false);
            if (tags is null)
            {
                // Something that only speaks OpenAI's dialect, under Ollama's name.
                return await _openAi.DiscoverAsync(cancellationToken).ConfigureAwait(false);
            }

            var models = new List<DiscoveredModel>();
            foreach (var model in tags.RootElement.GetProperty("models").EnumerateArray())
            {
                models.Add(await DescribeAsync(model.GetProperty("name").GetString()!, model.Text("digest", "models") ?? "", timeout.Token).ConfigureAwait(false));
            }

            return models;
        }
        catch (Exception e) when (e is IOException or HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException or Http.ApiException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new UpstreamException(RelayError.UpstreamProtocol, "the model list could not be read", e);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _openAi.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<DiscoveredModel> DescribeAsync(string name, string digest, CancellationToken cancellationToken)
    {
        var key = name + "@" + digest;
        if (_known.TryGetValue(key, out var known))
        {
            return known;
        }

        var body = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("model", name);
            json.WriteEndObject();
        }

        using var message = new HttpRequestMessage(HttpMethod.Post, _show) { Content = new ReadOnlyMemoryContent(body.WrittenMemory) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var show = await AskAsync(message, cancellationToken).ConfigureAwait(false);
        return _known[key] = show is null
            ? new DiscoveredModel(name, 0)
            : new DiscoveredModel(name, ContextOf(show.RootElement)) { Capabilities = CapabilitiesOf(show.RootElement) };
    }

    /// <summary>Null for an answer that says there is no such thing.</summary>
    private async ValueTask<JsonDocument?> AskAsync(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        if (_authorization is not null)
        {
            message.Headers.TryAddWithoutValidation("authorization", _authorization);
        }

        try
        {
            using var response = await _http.SendAsync(message, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed)
            {
                return null;
            }

            if (!response.IsSuccessStatusCode)
            {
                throw new UpstreamException(RelayError.UpstreamStatus, $"the model list answered {(int)response.StatusCode}");
            }

            await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellationToken).ConfigureAwait(false);
            return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (HttpRequestException e)
        {
            throw UpstreamFailures.From(e);
        }
    }

    /// <summary>
    /// What the model's file sets as <c>num_ctx</c>; 0 when it sets none. What it was trained for is no answer: Ollama serves less
    /// unless told otherwise, and cuts prompts silently.
    /// </summary>
    private static int ContextOf(JsonElement show)
    {
        foreach (var line in (show.Text("parameters", "") ?? "").Split('\n'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words is ["num_ctx", var value] && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var tokens))
            {
                return tokens;
            }
        }

        return 0;
    }

    /// <summary>Null when it does not say (before 0.6.4).</summary>
    private static Capability? CapabilitiesOf(JsonElement show)
    {
        if (!show.TryGet("capabilities", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var bits = Capability.None;
        foreach (var item in list.EnumerateArray())
        {
            bits |= item.ValueKind != JsonValueKind.String ? 0 : item.GetString() switch
            {
                "completion" => Capability.Chat | Capability.Completion | Capability.JsonObject | Capability.JsonSchema,
                "tools" => Capability.Tools,
                "vision" => Capability.Vision,
                "insert" => Capability.Infill,
                "embedding" => Capability.Embeddings,
                _ => Capability.None,
            };
        }

        return bits;
    }
}

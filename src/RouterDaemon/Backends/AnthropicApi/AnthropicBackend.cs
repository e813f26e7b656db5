using System.Buffers;
using System.Net;
using System.Text.Json;
using RouterDaemon.Backends.OpenAiCompatible;
using RouterDaemon.Http;
using RouterDaemon.Relay;

namespace RouterDaemon.Backends.AnthropicApi;

/// <summary>Anthropic's Messages API and servers that speak it. Anthropic's clients are passed through, OpenAI's are translated.</summary>
internal sealed class AnthropicBackend : Backend
{
    private const string DefaultVersion = "2023-06-01";
    private const int MaxSmallAnswerBytes = 4 * 1024 * 1024;
    private static readonly TimeSpan SmallAnswerTimeout = TimeSpan.FromSeconds(10);

    private readonly HttpMessageInvoker _http;
    private readonly string? _apiKey;
    private readonly TimeProvider _time;
    private readonly Uri _messages;
    private readonly Uri _countTokens;
    private readonly Uri _models;

    /// <param name="url">Base URL, with or without a closing <c>/v1</c>.</param>
    /// <param name="apiKey">Sent as <c>x-api-key</c>; null = none.</param>
    /// <param name="http">The connections, owned by this backend.</param>
    /// <param name="time">The clock.</param>
    public AnthropicBackend(Uri url, string? apiKey, HttpMessageInvoker http, TimeProvider time)
    {
        var root = url.AbsoluteUri.TrimEnd('/');
        if (!root.EndsWith("/v1", StringComparison.Ordinal))
        {
            root += "/v1";
        }

        _http = http;
        _apiKey = apiKey;
        _time = time;
        _messages = new Uri(root + "/messages");
        _countTokens = new Uri(root + "/messages/count_tokens");
        _models = new Uri(root + "/models?limit=1000");
    }

    public override bool ReportsUsageOnRequest => false;

    public override bool Speaks(Dialect dialect) => dialect is Dialect.Anthropic or Dialect.OpenAi;

    public override async ValueTask<BackendResponse> SendAsync(BackendRequest request, CancellationToken cancellationToken)
    {
        var passes = request.Dialect == Dialect.Anthropic;
        using var content = passes ? new SplicedContent(request.Body) : Translate(request);
        var response = await PostAsync(_messages, content, request.Hints, request.RequestId, request.TraceParent, cancellationToken).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var raw = new HttpBackendResponse(response, stream)
        {
            Status = (int)response.StatusCode,
            MediaType = response.Content.Headers.ContentType?.MediaType ?? "",
            Dialect = Dialect.Anthropic,
            RetryAfter = OpenAiCompatibleBackend.RetryAfterOf(response),
        };
        return passes ? raw : new TranslatedResponse(raw, _time.GetUtcNow().ToUnixTimeSeconds())
        {
            Status = raw.Status,
            MediaType = raw.MediaType,
            RetryAfter = raw.RetryAfter,
        };
    }

    /// <summary>Asks how many tokens a body of the Messages dialect has. Not billed.</summary>
    /// <exception cref="UpstreamException">It did not say.</exception>
    public async ValueTask<int> CountTokensAsync(
        SplicedBody body, IReadOnlyList<KeyValuePair<string, string>> headers, string requestId, CancellationToken cancellationToken)
    {
        using var content = new SplicedContent(body);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(SmallAnswerTimeout);
        try
        {
            using var response = await PostAsync(_countTokens, content, headers, requestId, null, timeout.Token).ConfigureAwait(false);
            using var document = JsonDocument.Parse(await ReadSmallAsync(response, "the token count", timeout.Token).ConfigureAwait(false));
            return document.RootElement.GetProperty("input_tokens").GetInt32();
        }
        catch (Exception e) when (IsUnreadable(e, cancellationToken))
        {
            throw new UpstreamException(RelayError.UpstreamProtocol, "the token count could not be read", e);
        }
    }

    public override async ValueTask<IReadOnlyList<DiscoveredModel>> DiscoverAsync(CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(SmallAnswerTimeout);
        using var message = new HttpRequestMessage(HttpMethod.Get, _models);
        AddHeaders(message, []);
        try
        {
            using var response = await ExchangeAsync(message, timeout.Token).ConfigureAwait(false);
            using var document = JsonDocument.Parse(await ReadSmallAsync(response, "the model list", timeout.Token).ConfigureAwait(false));
            var models = new List<DiscoveredModel>();
            foreach (var item in document.RootElement.GetProperty("data").EnumerateArray())
            {
                var context = item.TryGetProperty("max_input_tokens", out var max) && max.ValueKind == JsonValueKind.Number ? max.GetInt32() : 0;
                models.Add(new DiscoveredModel(item.GetProperty("id").GetString()!, context));
            }

            return models;
        }
        catch (Exception e) when (IsUnreadable(e, cancellationToken))
        {
            throw new UpstreamException(RelayError.UpstreamProtocol, "the model list could not be read", e);
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _http.Dispose();
        return base.DisposeAsync();
    }

    private static bool IsUnreadable(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or IOException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException
        || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private static SplicedContent Translate(BackendRequest request)
    {
        var output = new ArrayBufferWriter<byte>(request.Body.Length + 256);
        try
        {
            using var document = JsonDocument.Parse(request.Body.ToArray());
            using var json = new Utf8JsonWriter(output, JsonDefaults.Writer);
            new MessagesWriter(json).Write(document.RootElement);
        }
        catch (ApiException e)
        {
            // Another deployment may be able to say it; the client hears of the field when none is.
            throw new UpstreamException(RelayError.Untranslatable, e.Error.Message) { ClientError = e.Error };
        }
        catch (InvalidOperationException e)
        {
            var error = ApiError.BadRequest("The body holds a string that is not valid Unicode.", null, "invalid_value");
            throw new UpstreamException(RelayError.RequestRefused, error.Message, e) { ClientError = error };
        }

        return new SplicedContent(new SplicedBody(output.WrittenMemory));
    }

    private static async ValueTask<byte[]> ReadSmallAsync(HttpResponseMessage response, string what, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
        {
            throw new UpstreamException(RelayError.UpstreamStatus, $"{what} answered {(int)response.StatusCode}");
        }

        await response.Content.LoadIntoBufferAsync(MaxSmallAnswerBytes, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<HttpResponseMessage> PostAsync(
        Uri uri, HttpContent content, IReadOnlyList<KeyValuePair<string, string>> headers, string requestId, string? traceParent, CancellationToken cancellationToken)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, uri)
        {
            Content = content,
            Version = HttpVersion.Version11,
            // HTTP/1.1 sends the whole body before it reads: the pooled body is never in use after the answer came.
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        AddHeaders(message, headers);
        message.Headers.TryAddWithoutValidation("x-request-id", requestId);
        if (traceParent is not null)
        {
            message.Headers.TryAddWithoutValidation("traceparent", traceParent);
        }

        return await ExchangeAsync(message, cancellationToken).ConfigureAwait(false);
    }

    private void AddHeaders(HttpRequestMessage message, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        foreach (var (name, value) in headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        if (!message.Headers.Contains("anthropic-version"))
        {
            message.Headers.TryAddWithoutValidation("anthropic-version", DefaultVersion);
        }

        if (_apiKey is not null)
        {
            message.Headers.TryAddWithoutValidation("x-api-key", _apiKey);
        }
    }

    private async ValueTask<HttpResponseMessage> ExchangeAsync(HttpRequestMessage message, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.SendAsync(message, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw UpstreamFailures.From(e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested && e.InnerException is TimeoutException)
        {
            throw new UpstreamException(RelayError.UpstreamConnectTimeout, "no connection in time", e);
        }
    }
}

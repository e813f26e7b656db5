using System.Net;
using System.Text.Json;
using RouterDaemon.Backends.Gauges;
using RouterDaemon.Backends.Http1;
using RouterDaemon.Relay;

namespace RouterDaemon.Backends.OpenAiCompatible;

/// <summary>Any server with OpenAI's HTTP surface: api.openai.com and its likes, vLLM, llama-server, LM Studio, another routerd.</summary>
internal class OpenAiCompatibleBackend : Backend
{
    private const int MaxModelListBytes = 4 * 1024 * 1024;
    private static readonly TimeSpan DiscoveryTimeout = TimeSpan.FromSeconds(10);

    private readonly HttpMessageInvoker _http;
    private readonly Uri _chat;
    private readonly Uri _completions;
    private readonly Uri _embeddings;
    private readonly Uri _rerank;
    private readonly Uri _models;
    private readonly string? _authorization;
    private readonly Http1Client? _plain;
    private byte[][]? _plainHeads;

    /// <param name="url">Base URL, with or without a closing <c>/v1</c>.</param>
    /// <param name="apiKey">Sent as a bearer token; null = none.</param>
    /// <param name="http">The connections, owned by this backend.</param>
    /// <param name="plain">Takes the requests of a plain-text upstream instead; owned by this backend; null = there is none.</param>
    public OpenAiCompatibleBackend(Uri url, string? apiKey, HttpMessageInvoker http, Http1Client? plain)
    {
        var root = url.AbsoluteUri.TrimEnd('/');
        if (!LooksVersioned(root))
        {
            root += "/v1";
        }

        _http = http;
        _chat = new Uri(root + "/chat/completions");
        _completions = new Uri(root + "/completions");
        _embeddings = new Uri(root + "/embeddings");
        _rerank = new Uri(root + "/rerank");
        _models = new Uri(root + "/models");
        _authorization = apiKey is null ? null : "Bearer " + apiKey;
        _plain = plain;
    }

    /// <summary>Whether it is a cluster: the client's scheduling hints go along, and its load is asked for.</summary>
    protected virtual bool TakesHints => false;

    /// <inheritdoc/>
    public override bool WantsMaxCompletionTokens =>
        _chat.Host == "api.openai.com" || _chat.Host.EndsWith(".openai.azure.com", StringComparison.OrdinalIgnoreCase);

    public override bool NeedsToken => _plain is null;

    public override ValueTask<BackendResponse> SendAsync(BackendRequest request, CancellationToken cancellationToken) => _plain is null
        ? SendByFrameworkAsync(request, cancellationToken)
        : _plain.PostAsync(PlainHead(request), request, TakesHints, cancellationToken);

    private async ValueTask<BackendResponse> SendByFrameworkAsync(BackendRequest request, CancellationToken cancellationToken)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, request.Operation switch
        {
            Operation.Chat => _chat,
            Operation.Completion => _completions,
            Operation.Rerank => _rerank,
            _ => _embeddings,
        })
        {
            Content = new SplicedContent(request.Body),
            Version = HttpVersion.Version11,
            // HTTP/1.1 sends the whole body before it reads: the pooled body is never in use after the answer came.
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        AddHeaders(message, request);
        var response = await ExchangeAsync(message, cancellationToken).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        if (response.Content.Headers.ContentEncoding.Count > 0)
        {
            response.Dispose();
            throw new UpstreamException(RelayError.UpstreamProtocol, "the answer is compressed although that was not asked for");
        }

        return new HttpBackendResponse(response, stream)
        {
            Status = (int)response.StatusCode,
            MediaType = response.Content.Headers.ContentType?.MediaType ?? "",
            RetryAfter = RetryAfterOf(response),
            DroppedReason = DroppedReasonOf(response),
            Load = LoadOf(response),
            SessionToken = SessionTokenOf(response),
        };
    }

    public override async ValueTask<IReadOnlyList<DiscoveredModel>> DiscoverAsync(CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(DiscoveryTimeout);
        using var message = new HttpRequestMessage(HttpMethod.Get, _models);
        AddAuthorization(message);
        try
        {
            using var response = await ExchangeAsync(message, timeout.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                throw new UpstreamException(RelayError.UpstreamStatus, $"the model list answered {(int)response.StatusCode}");
            }

            await response.Content.LoadIntoBufferAsync(MaxModelListBytes, timeout.Token).ConfigureAwait(false);
            return ModelListing.Read(await response.Content.ReadAsByteArrayAsync(timeout.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UpstreamException(RelayError.UpstreamFirstTokenTimeout, $"the model list took longer than {DiscoveryTimeout.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            throw new UpstreamException(RelayError.UpstreamProtocol, "the model list could not be read", e);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_plain is not null)
        {
            await _plain.DisposeAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Headers beyond the common ones; only what is known to be harmless crosses.</summary>
    private void AddHeaders(HttpRequestMessage message, BackendRequest request)
    {
        AddAuthorization(message);
        var headers = message.Headers;
        headers.TryAddWithoutValidation("accept", request.Peek.Stream ? "text/event-stream" : "application/json");
        headers.TryAddWithoutValidation("x-request-id", request.RequestId);
        if (request.TraceParent is not null)
        {
            headers.TryAddWithoutValidation("traceparent", request.TraceParent);
        }

        if (TakesHints)
        {
            headers.TryAddWithoutValidation(LoadHeader.FormatName, LoadHeader.Format);
            foreach (var (name, value) in request.Hints)
            {
                headers.TryAddWithoutValidation(name, value);
            }
        }
    }

    /// <summary>Why the backend refused, in its own words for machines.</summary>
    protected virtual string? DroppedReasonOf(HttpResponseMessage response) => null;

    /// <summary>A token by which the client stays where it is.</summary>
    protected virtual string? SessionTokenOf(HttpResponseMessage response) => null;

    /// <summary>The load that the server sent along.</summary>
    protected virtual LoadGauges LoadOf(HttpResponseMessage response) => new();

    private byte[] PlainHead(BackendRequest request)
    {
        // Two for each operation, whole and streamed; made twice at worst.
        _plainHeads ??= [.. new[] { _chat, _completions, _embeddings, _rerank }.SelectMany(url => new[] { Head(url, "application/json"), Head(url, "text/event-stream") })];
        return _plainHeads[((int)request.Operation * 2) + (request.Peek.Stream ? 1 : 0)];
    }

    private byte[] Head(Uri url, string accept) =>
        Http1Client.HeadPrefix(url, accept, _authorization, TakesHints ? $"{LoadHeader.FormatName}: {LoadHeader.Format}" : null);

    private void AddAuthorization(HttpRequestMessage message)
    {
        if (_authorization is not null)
        {
            message.Headers.TryAddWithoutValidation("authorization", _authorization);
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

    /// <summary>When an answer asks to be left alone until; null = it does not.</summary>
    internal static TimeSpan? RetryAfterOf(HttpResponseMessage response)
    {
        var value = response.Headers.RetryAfter;
        if (value?.Delta is { } delta)
        {
            return delta;
        }

        // A date is relative to the peer's clock, which its own Date header shows.
        return value?.Date is { } date && response.Headers.Date is { } now && date > now ? date - now : null;
    }

    /// <summary>True for <c>.../v1</c>, <c>.../v1beta/openai</c> and the like: the user already gave the version.</summary>
    private static bool LooksVersioned(string root)
    {
        var path = new Uri(root).AbsolutePath;
        foreach (var segment in path.Split('/'))
        {
            if (segment.Length >= 2 && segment[0] == 'v' && char.IsAsciiDigit(segment[1]))
            {
                return true;
            }
        }

        return false;
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace RouterDaemon.Fleet.Hub;

/// <summary>Asks the hub, and the hosts that it redirects to. Each call is one try; <see cref="Retries"/> repeats them.</summary>
internal sealed class HubClient : IDisposable
{
    private const int MaxRedirects = 10;
    private const int MaxListingBytes = 16 << 20;

    /// <summary>Pages of a listing; the hub puts 1,000 files on one.</summary>
    private const int MaxListingPages = 50;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan HeadTimeout = TimeSpan.FromSeconds(60);

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        // Redirects are followed here, so that the token goes to no other host.
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = ConnectTimeout,
        ResponseDrainTimeout = TimeSpan.Zero,
    });

    private readonly HubSettings _settings;

    public HubClient(HubSettings settings) => _settings = settings;

    /// <summary>Scheme, host and port are the same.</summary>
    public static bool IsSameOrigin(Uri one, Uri other) =>
        one.Scheme == other.Scheme && one.Port == other.Port && string.Equals(one.IdnHost, other.IdnHost, StringComparison.OrdinalIgnoreCase);

    /// <summary>Address of a repository's file.</summary>
    public Uri FileUrl(string repository, string revision, string path) =>
        new(_settings.Endpoint, $"{repository}/resolve/{Uri.EscapeDataString(revision)}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}");

    /// <summary>All files of a repository.</summary>
    /// <exception cref="PullException">The hub refuses or does not answer.</exception>
    public async Task<IReadOnlyList<HubFile>> ListAsync(string repository, string revision, CancellationToken cancellation)
    {
        var files = new List<HubFile>();
        var next = new Uri(_settings.Endpoint, $"api/models/{repository}/tree/{Uri.EscapeDataString(revision)}?recursive=true");
        for (var page = 0; next is not null; page++)
        {
            if (page == MaxListingPages)
            {
                throw new PullException($"{repository} has more than {MaxListingPages} pages of files: name the file");
            }

            using var answer = await GetAsync(next, repository, null, cancellation).ConfigureAwait(false);
            try
            {
                files.AddRange(ReadFiles(await ReadBodyAsync(answer.Response, cancellation).ConfigureAwait(false)));
            }
            catch (Exception broken) when (broken is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
            {
                throw new PullException($"{next.Host} answered with something that is not a list of files: is HF_ENDPOINT right?", broken);
            }
            catch (Exception broken) when (IsConnectionFault(broken, cancellation))
            {
                throw Broken(next, broken);
            }

            next = NextPage(answer.Response, next);
        }

        return files;
    }

    /// <summary>Asks for an address and follows its redirects. Answers with 200, 206 or 416; anything else is thrown.</summary>
    /// <param name="url">The address.</param>
    /// <param name="what">What is asked for, in messages.</param>
    /// <param name="prepare">Adds headers to each request; null = none.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="PullException">It is refused, or nobody answers.</exception>
    public async Task<HubAnswer> GetAsync(Uri url, string what, Action<HttpRequestHeaders>? prepare, CancellationToken cancellation)
    {
        string? sha256 = null;
        for (var redirects = 0; ; redirects++)
        {
            var response = await SendAsync(url, prepare, cancellation).ConfigureAwait(false);
            sha256 ??= LinkedSha256(response);
            switch (response.StatusCode)
            {
                case HttpStatusCode.OK or HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable:
                    return new HubAnswer(response, sha256);
                case HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
                    when response.Headers.Location is { } location:
                    response.Dispose();
                    var target = new Uri(url, location);
                    if (redirects == MaxRedirects || target.Scheme is not ("https" or "http") || (url.Scheme == "https" && target.Scheme == "http"))
                    {
                        throw new PullException($"{url.Host} redirects {(redirects == MaxRedirects ? $"more than {MaxRedirects} times" : "to an address that is not https")}");
                    }

                    url = target;
                    break;
                default:
                    using (response)
                    {
                        throw Refusal(url, what, response);
                    }
            }
        }
    }

    /// <summary>True for what a broken connection throws, false for what stops the pull.</summary>
    public static bool IsConnectionFault(Exception fault, CancellationToken cancellation) =>
        fault is HttpRequestException or IOException and not PullException || (fault is OperationCanceledException && !cancellation.IsCancellationRequested);

    /// <summary>A broken connection, worth another try.</summary>
    public static PullException Broken(Uri url, Exception fault) =>
        new($"{url.Host}: {(fault is OperationCanceledException ? "no answer in time" : fault.InnerException?.Message ?? fault.Message)}", fault) { IsTransient = true };

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(Uri url, Action<HttpRequestHeaders>? prepare, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("routerd", typeof(HubClient).Assembly.GetName().Version?.ToString(3)));
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        prepare?.Invoke(request.Headers);
        if (_settings.Token is { } token && IsSameOrigin(url, _settings.Endpoint))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(HeadTimeout);
        try
        {
            return await _http.SendAsync(request, limit.Token).ConfigureAwait(false);
        }
        catch (Exception broken) when (IsConnectionFault(broken, cancellation))
        {
            throw Broken(url, broken);
        }
    }

    private PullException Refusal(Uri url, string what, HttpResponseMessage response)
    {
        var status = response.StatusCode;
        var code = response.Headers.TryGetValues("X-Error-Code", out var codes) ? codes.First() : "";
        var isHub = IsSameOrigin(url, _settings.Endpoint);
        var message = status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when isHub && code == "GatedRepo" =>
                $"{what}: accept its conditions on {url.Host}, then set HF_TOKEN to a token of that account",
            HttpStatusCode.Unauthorized when isHub && _settings.Token is null => $"{what}: there is no such public repository on {url.Host}; a private one needs HF_TOKEN",
            HttpStatusCode.Unauthorized when isHub => $"{what}: {url.Host} does not accept the token in HF_TOKEN, or there is no such repository",
            HttpStatusCode.Forbidden when isHub => $"{what}: {url.Host} refuses access (status 403)" + (_settings.Token is null ? "; HF_TOKEN is not set" : ": the token in HF_TOKEN may not read it"),
            HttpStatusCode.NotFound => $"{what}: not found on {url.Host}",
            HttpStatusCode.TooManyRequests => $"{url.Host} asks to wait (status 429)" + (isHub && _settings.Token is null ? "; with HF_TOKEN its limits are higher" : ""),
            _ => $"{what}: {url.Host} answers with status {(int)status}",
        };
        return new PullException(message)
        {
            Status = status,
            IsTransient = (int)status >= 500 || status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout,
            RetryAfter = response.Headers.RetryAfter?.Delta,
        };
    }

    private static async Task<byte[]> ReadBodyAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(HeadTimeout);
        await response.Content.LoadIntoBufferAsync(MaxListingBytes, limit.Token).ConfigureAwait(false);
        return await response.Content.ReadAsByteArrayAsync(limit.Token).ConfigureAwait(false);
    }

    private static IEnumerable<HubFile> ReadFiles(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        var files = new List<HubFile>();
        foreach (var entry in document.RootElement.EnumerateArray())
        {
            if (entry.GetProperty("type").GetString() != "file")
            {
                continue;
            }

            var lfs = entry.TryGetProperty("lfs", out var pointer) && pointer.ValueKind == JsonValueKind.Object ? pointer : default(JsonElement?);
            files.Add(new HubFile(
                entry.GetProperty("path").GetString()!,
                (lfs ?? entry).GetProperty("size").GetInt64(),
                Sha256(lfs?.GetProperty("oid").GetString())));
        }

        return files;
    }

    // Pages are asked for with the token, so they stay on the hub.
    private Uri? NextPage(HttpResponseMessage response, Uri page)
    {
        if (!response.Headers.TryGetValues("Link", out var links))
        {
            return null;
        }

        foreach (var link in links.SelectMany(l => l.Split(',')))
        {
            var (start, end) = (link.IndexOf('<', StringComparison.Ordinal), link.IndexOf('>', StringComparison.Ordinal));
            if (start >= 0 && end > start && link.Contains("rel=\"next\"", StringComparison.Ordinal)
                && Uri.TryCreate(page, link[(start + 1)..end], out var next) && IsSameOrigin(next, _settings.Endpoint))
            {
                return next;
            }
        }

        return null;
    }

    private static string? LinkedSha256(HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Linked-Etag", out var tags) ? Sha256(tags.First().Trim('"')) : null;

    private static string? Sha256(string? text)
    {
        var digits = text?.Trim().ToLowerInvariant() ?? "";
        digits = digits.StartsWith("sha256:", StringComparison.Ordinal) ? digits["sha256:".Length..] : digits;
        return digits.Length == 64 && digits.All(char.IsAsciiHexDigit) ? digits : null;
    }
}

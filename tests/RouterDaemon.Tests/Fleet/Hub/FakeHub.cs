using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RouterDaemon.Tests.Fleet.Hub;

/// <summary>
/// A server on a real socket with the hub's API: listings in pages, <c>resolve</c> with redirects to another host, ranges. Every path below
/// <c>/files/</c> serves the same files without a listing, as any web server does.
/// </summary>
internal sealed class FakeHub : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeHub(WebApplication app) => _app = app;

    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Files of the repository <c>ada/model-GGUF</c>, by path.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = new();

    public ConcurrentQueue<FakeHubRequest> Requests { get; } = new();

    /// <summary>Requests for files.</summary>
    public List<FakeHubRequest> FileRequests => [.. Requests.Where(r => !r.Path.StartsWith("/api/", StringComparison.Ordinal))];

    /// <summary>Answered first, each once: a status, and headers.</summary>
    public ConcurrentQueue<(int Status, Dictionary<string, string> Headers)> Refusals { get; } = new();

    /// <summary>Bodies that break off after so many bytes, each once.</summary>
    public ConcurrentQueue<int> Cuts { get; } = new();

    /// <summary>Where the bytes are; null = here.</summary>
    public Uri? Cdn { get; set; }

    public bool HasRanges { get; set; } = true;

    /// <summary>The tag of the bytes; null = none is given.</summary>
    public string? ETag { get; set; } = "\"v1\"";

    /// <summary>Checksum that is listed instead of the true one.</summary>
    public string? ListedSha256 { get; set; }

    public int FilesPerPage { get; set; } = 1000;

    /// <summary>Bodies wait here after their first 64 KiB.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public bool HasContentLength { get; set; } = true;

    public static async Task<FakeHub> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var hub = new FakeHub(app);
        app.Run(hub.HandleAsync);
        await app.StartAsync();
        return hub;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    public static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private async Task HandleAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        Requests.Enqueue(new FakeHubRequest(path, http.Request.Headers.Authorization, http.Request.Headers.Range, http.Request.Headers.IfRange));
        if (Refusals.TryDequeue(out var refusal))
        {
            http.Response.StatusCode = refusal.Status;
            foreach (var (name, value) in refusal.Headers)
            {
                http.Response.Headers[name] = value;
            }

            return;
        }

        const string Resolve = "/ada/model-GGUF/resolve/main/";
        var file = path.StartsWith(Resolve, StringComparison.Ordinal) ? path[Resolve.Length..] : path.StartsWith("/files/", StringComparison.Ordinal) ? path["/files/".Length..] : "";
        if (path == "/api/models/ada/model-GGUF/tree/main")
        {
            await ListAsync(http);
        }
        else if (!Files.TryGetValue(file, out var bytes))
        {
            http.Response.StatusCode = 404;
            http.Response.Headers["X-Error-Code"] = "EntryNotFound";
        }
        else if (Cdn is { } cdn && path.StartsWith(Resolve, StringComparison.Ordinal))
        {
            http.Response.StatusCode = 302;
            http.Response.Headers["X-Linked-Etag"] = $"\"{Sha256(bytes)}\"";
            http.Response.Headers.Location = new Uri(cdn, $"/files/{file}?signature=secret-signature").AbsoluteUri;
        }
        else
        {
            await SendAsync(http, bytes);
        }
    }

    private async Task ListAsync(HttpContext http)
    {
        var page = int.Parse(http.Request.Query["page"].FirstOrDefault() ?? "0", CultureInfo.InvariantCulture);
        var list = new JsonArray();
        foreach (var (path, bytes) in Files.OrderBy(f => f.Key, StringComparer.Ordinal).Skip(page * FilesPerPage).Take(FilesPerPage))
        {
            list.Add((JsonNode)new JsonObject
            {
                ["type"] = "file",
                ["path"] = path,
                ["size"] = bytes.Length,
                ["oid"] = "0123",
                ["lfs"] = new JsonObject { ["oid"] = ListedSha256 ?? Sha256(bytes), ["size"] = bytes.Length, ["pointerSize"] = 130 },
            });
        }

        list.Add((JsonNode)new JsonObject { ["type"] = "directory", ["path"] = "folder", ["size"] = 0 });
        if ((page + 1) * FilesPerPage < Files.Count)
        {
            http.Response.Headers.Link = $"<{Url}api/models/ada/model-GGUF/tree/main?recursive=true&page={page + 1}>; rel=\"next\"";
        }

        await http.Response.WriteAsync(list.ToJsonString());
    }

    private async Task SendAsync(HttpContext http, byte[] bytes)
    {
        var start = 0;
        if (ETag is not null)
        {
            http.Response.Headers.ETag = ETag;
        }

        if (HasRanges)
        {
            http.Response.Headers.AcceptRanges = "bytes";
            var (range, only) = (http.Request.Headers.Range.ToString(), http.Request.Headers.IfRange.ToString());
            if (range.Length > 0 && (only.Length == 0 || only == ETag))
            {
                start = int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture);
                if (start >= bytes.Length)
                {
                    http.Response.StatusCode = 416;
                    return;
                }

                http.Response.StatusCode = 206;
                http.Response.Headers.ContentRange = $"bytes {start}-{bytes.Length - 1}/{bytes.Length}";
            }
        }

        http.Response.ContentLength = HasContentLength ? bytes.Length - start : null;
        var end = Cuts.TryDequeue(out var cut) ? Math.Min(bytes.Length, start + cut) : bytes.Length;
        var pause = Math.Min(end, start + 65_536);
        await http.Response.Body.WriteAsync(bytes.AsMemory(start, pause - start), http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
        await Gate.WaitAsync(http.RequestAborted);
        await http.Response.Body.WriteAsync(bytes.AsMemory(pause, end - pause), http.RequestAborted);
        if (end < bytes.Length)
        {
            await http.Response.Body.FlushAsync(http.RequestAborted);
            // What was written should arrive before the reset does.
            await Task.Delay(100);
            http.Abort();
        }
    }
}

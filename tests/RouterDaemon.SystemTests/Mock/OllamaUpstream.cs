using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RouterDaemon.SystemTests.Mock;

/// <summary>An upstream with Ollama's model list (docs/api.md): one model that sees and calls tools, one for embeddings, one too old to say.</summary>
public sealed class OllamaUpstream : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _shows;

    private OllamaUpstream(WebApplication app) => _app = app;

    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>How often a model was asked about.</summary>
    public int Shows => Volatile.Read(ref _shows);

    public static async Task<OllamaUpstream> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        var upstream = new OllamaUpstream(app);
        app.Run(upstream.HandleAsync);
        await app.StartAsync();
        return upstream;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task HandleAsync(HttpContext http)
    {
        switch (http.Request.Path)
        {
            case "/api/tags":
                await http.Response.WriteAsJsonAsync(new { models = new[] { new { name = "seer:8b", digest = "1" }, new { name = "vectors:latest", digest = "2" }, new { name = "old:latest", digest = "3" } } });
                break;
            case "/api/show":
                Interlocked.Increment(ref _shows);
                using (var reader = new StreamReader(http.Request.Body))
                {
                    string model = (string)JsonNode.Parse(await reader.ReadToEndAsync())!["model"]!;
                    await http.Response.WriteAsync(model switch
                    {
                        "seer:8b" => """{"parameters":"stop \"x\"\nnum_ctx                        16384","capabilities":["completion","vision","tools"],"model_info":{"general.architecture":"llama","llama.context_length":131072}}""",
                        "vectors:latest" => """{"parameters":"","capabilities":["embedding"]}""",
                        _ => """{"parameters":""}""",
                    });
                }

                break;
            default:
                http.Response.StatusCode = 404;
                break;
        }
    }
}

using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using RouterDaemon.Cli;
using RouterDaemon.Core;

namespace RouterDaemon.Inference;

/// <summary>Models for the command line's agent: those of the daemon that runs with this configuration, over its OpenAI surface.</summary>
internal sealed class DaemonInference(DaemonClient daemon, bool hasToolModel) : IInference
{
    /// <inheritdoc/>
    public bool HasToolModel => hasToolModel;

    /// <summary>Asks the daemon for its models; an <see cref="IOException"/> says that there is none.</summary>
    public static async Task<DaemonInference> ConnectAsync(DaemonClient daemon, CancellationToken cancellation)
    {
        var (status, body) = await daemon.SendAsync(HttpMethod.Get, "/v1/models", null, cancellation).ConfigureAwait(false);
        if (status != HttpStatusCode.OK)
        {
            throw new IOException($"the daemon at {daemon.Place} does not list its models: {ChatEvents.ErrorOf((int)status, body)}");
        }

        try
        {
            using var models = JsonDocument.Parse(body);
            return new DaemonInference(daemon, models.RootElement.GetProperty("data").EnumerateArray().Any(TakesTools));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new IOException($"what answers at {daemon.Place} is no routerd", e);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<InferenceEvent> ChatAsync(InferenceRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var response = await OpenAsync(request, cancellation).ConfigureAwait(false);
        var reader = PipeReader.Create(await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false));
        await foreach (var step in ReadAsync(reader, cancellation).ConfigureAwait(false))
        {
            yield return step;
        }
    }

    private static async IAsyncEnumerable<InferenceEvent> ReadAsync(PipeReader reader, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var events = ChatEvents.ReadAsync(reader, cancellation).GetAsyncEnumerator(cancellation);
        await using (events.ConfigureAwait(false))
        {
            while (true)
            {
                try
                {
                    if (!await events.MoveNextAsync().ConfigureAwait(false))
                    {
                        yield break;
                    }
                }
                catch (Exception e) when (e is IOException or HttpRequestException)
                {
                    throw new InferenceException($"the daemon's answer broke: {e.Message}", e);
                }

                yield return events.Current;
            }
        }
    }

    private async Task<HttpResponseMessage> OpenAsync(InferenceRequest request, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(Encoding.UTF8.GetString(ChatBody.Write(request)), Encoding.UTF8, "application/json"),
        };
        message.Headers.Add(ChatBody.ExplainHeader, "1");
        if (ChatBody.MaxCost(request) is { } maxCost)
        {
            message.Headers.Add(ChatBody.MaxCostHeader, maxCost);
        }

        try
        {
            var response = await daemon.OpenAsync(message, cancellation).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                return response;
            }

            using (response)
            {
                throw new InferenceException(
                    ChatEvents.ErrorOf((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false)));
            }
        }
        catch (IOException e)
        {
            throw new InferenceException(e.Message, e);
        }
    }

    private static bool TakesTools(JsonElement model) =>
        model.TryGetProperty("capabilities", out var names) && names.EnumerateArray().Any(n => n.ValueEquals("tools"))
        && !(model.TryGetProperty("last_resort", out var last) && last.ValueKind == JsonValueKind.True)
        && !(model.TryGetProperty("health", out var health) && health.ValueEquals("down"));
}

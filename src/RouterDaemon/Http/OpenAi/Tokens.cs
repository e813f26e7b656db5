using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using RouterDaemon.Backends;
using RouterDaemon.Backends.OnDevice;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Engine;
using RouterDaemon.Fleet;

namespace RouterDaemon.Http.OpenAi;

/// <summary><c>POST /tokenize</c>, <c>/detokenize</c>, <c>/apply-template</c>, <c>GET /lora-adapters</c> of on-device models, in llama-server's shapes.</summary>
internal sealed class Tokens(EngineHost engine, FleetManager fleet)
{
    /// <summary>Body: <c>content</c>; <c>add_special</c> (false), <c>parse_special</c> (true), <c>with_pieces</c> (false).</summary>
    public ValueTask TokenizeAsync(RequestContext context) => RunAsync(context, async (root, model, cancellationToken) =>
    {
        var content = JsonFields.Text(root, "content") ?? throw JsonFields.Bad("content", "is missing");
        var tokens = await engine.TokenizeAsync(
            model, content, JsonFields.Bool(root, "add_special") ?? false, JsonFields.Bool(root, "parse_special") ?? true, cancellationToken).ConfigureAwait(false);
        byte[][]? pieces = null;
        if (JsonFields.Bool(root, "with_pieces") is true)
        {
            pieces = new byte[tokens.Length][];
            for (var i = 0; i < tokens.Length; i++)
            {
                pieces[i] = await engine.PieceAsync(model, tokens[i], cancellationToken).ConfigureAwait(false);
            }
        }

        return json => WriteTokens(json, tokens, pieces);
    });

    /// <summary>Body: <c>tokens</c>.</summary>
    public ValueTask DetokenizeAsync(RequestContext context) => RunAsync(context, async (root, model, cancellationToken) =>
    {
        if (!JsonFields.TryGet(root, "tokens", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            throw JsonFields.Bad("tokens", "must be an array of token ids");
        }

        var tokens = new int[list.GetArrayLength()];
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = list[i].ValueKind == JsonValueKind.Number && list[i].TryGetInt32(out var token) ? token : throw JsonFields.Bad("tokens", "must be an array of token ids");
        }

        var text = Encoding.UTF8.GetString(await engine.DetokenizeAsync(model, tokens, cancellationToken).ConfigureAwait(false));
        return json =>
        {
            json.WriteStartObject();
            json.WriteString("content", text);
            json.WriteEndObject();
        };
    });

    /// <summary>The adapters of the model that <c>?model=</c> names; without it of the only one.</summary>
    public ValueTask AdaptersAsync(RequestContext context)
    {
        var name = context.Http.Request.Query["model"].ToString() is { Length: > 0 } named ? named : null;
        engine.TryGetStatus(ModelOf(fleet.Current, name), out var status);
        return JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartArray();
            for (var i = 0; i < (status?.Adapters.Count ?? 0); i++)
            {
                json.WriteStartObject();
                json.WriteNumber("id", i);
                // The folders of this machine are nothing to its callers.
                json.WriteString("path", Path.GetFileName(status!.Adapters[i].Path));
                json.WriteNumber("scale", status.Adapters[i].Scale);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    /// <summary>Body: <c>messages</c> and what a chat completion has beside them.</summary>
    public ValueTask ApplyTemplateAsync(RequestContext context) => RunAsync(context, async (root, model, cancellationToken) =>
    {
        if (!JsonFields.TryGet(root, "messages", out var messages) || messages.ValueKind != JsonValueKind.Array)
        {
            throw JsonFields.Bad("messages", "must be an array of messages");
        }

        var prompt = await engine.ApplyTemplateAsync(model, GenerationPlanReader.ReadChat(root, new GenerationRequest()), cancellationToken).ConfigureAwait(false);
        return json =>
        {
            json.WriteStartObject();
            json.WriteString("prompt", prompt);
            json.WriteEndObject();
        };
    });

    private async ValueTask RunAsync(RequestContext context, Func<JsonElement, string, CancellationToken, Task<Action<Utf8JsonWriter>>> run)
    {
        var state = fleet.Current;
        using var body = await RequestBody.ReadAsync(context, state.Config.Limits.MaxBodyBytes).ConfigureAwait(false);
        try
        {
            using var document = JsonDocument.Parse(body.Memory);
            var root = document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement
                : throw new ApiException(ApiError.BadRequest("The body must be a JSON object.", null, "invalid_json"));
            var model = ModelOf(state, JsonFields.Text(root, "model"));
            var write = await run(root, model, context.Http.RequestAborted).ConfigureAwait(false);
            await JsonAnswer.WriteAsync(context, 200, write).ConfigureAwait(false);
        }
        catch (JsonException e)
        {
            throw new ApiException(ApiError.BadRequest($"The body is not JSON: {e.Message}", null, "invalid_json"));
        }
        catch (EngineException e)
        {
            throw Refusal(EngineErrors.ToUpstream(e));
        }
        catch (UpstreamException e)
        {
            throw Refusal(e);
        }
    }

    private static ApiException Refusal(UpstreamException e) => new(e.ClientError ?? ApiError.BadGateway(e.Message));

    /// <summary>The on-device model of a name; without a name the only one there is, the bundled one aside.</summary>
    private static string ModelOf(FleetState state, string? name)
    {
        DeploymentEntry? only = null;
        var count = 0;
        if (name is not null && !state.Names.TryResolve(Encoding.UTF8.GetBytes(name), out _))
        {
            throw new ApiException(ApiError.ModelNotFound($"There is no model \"{name}\"."));
        }

        var candidates = name is not null && state.Names.TryResolve(Encoding.UTF8.GetBytes(name), out var target)
            ? Array.ConvertAll(target.Candidates.Numbers.ToArray(), i => state.Snapshot.Deployments[i])
            : state.Snapshot.Deployments;
        foreach (var entry in candidates)
        {
            if (entry.OnDevice && (only is null || only.LastResort == entry.LastResort || only.LastResort))
            {
                count = only is null || only.LastResort != entry.LastResort ? 1 : count + 1;
                only = entry;
            }
        }

        return count switch
        {
            1 => only!.UpstreamModel,
            0 => throw new ApiException(name is null
                ? ApiError.Unavailable("There is no on-device model.", TimeSpan.FromSeconds(5))
                : ApiError.Impossible($"\"{name}\" is not an on-device model; only those are tokenised here.", "model")),
            _ => throw new ApiException(ApiError.BadRequest("There are several on-device models: name one in \"model\".", "model", "missing_required_parameter")),
        };
    }

    private static void WriteTokens(Utf8JsonWriter json, int[] tokens, byte[][]? pieces)
    {
        json.WriteStartObject();
        json.WriteStartArray("tokens");
        for (var i = 0; i < tokens.Length; i++)
        {
            if (pieces is null)
            {
                json.WriteNumberValue(tokens[i]);
                continue;
            }

            json.WriteStartObject();
            json.WriteNumber("id", tokens[i]);
            if (Utf8.IsValid(pieces[i]))
            {
                json.WriteString("piece", pieces[i]);
            }
            else
            {
                // Part of a character: its bytes.
                json.WriteStartArray("piece");
                foreach (var value in pieces[i])
                {
                    json.WriteNumberValue(value);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}

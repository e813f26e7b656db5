using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Engine;
using RouterDaemon.Engine.Gguf;
using RouterDaemon.Fleet;
using RouterDaemon.Relay.Translation;
using RouterDaemon.Relay.Translation.Ollama;

namespace RouterDaemon.Http.Ollama;

/// <summary><c>GET /api/tags</c>, <c>/api/ps</c>, <c>/api/version</c>, <c>POST /api/show</c>.</summary>
internal sealed class Listing(FleetManager fleet, EngineHost engine, TimeProvider time)
{
    /// <summary>A release of Ollama whose API this one answers like: its clients compare versions before they use a feature.</summary>
    private const string ApiVersion = "0.12.0";

    private readonly DateTimeOffset _started = time.GetUtcNow();

    public static ValueTask VersionAsync(RequestContext context) => JsonAnswer.WriteAsync(context, 200, static json =>
    {
        json.WriteStartObject();
        json.WriteString("version", ApiVersion);
        json.WriteEndObject();
    });

    /// <summary>Virtual models and models: the names that people pick. Deployments can be asked for as well.</summary>
    public ValueTask TagsAsync(RequestContext context)
    {
        var state = fleet.Current;
        fleet.RefreshOnDevice(state);
        return JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("models");
            foreach (var name in NamesOf(state))
            {
                if (context.Key?.Limits.Allows(name, state) == false)
                {
                    continue;
                }

                json.WriteStartObject();
                WriteModel(json, state, name);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>On-device models in memory.</summary>
    public ValueTask PsAsync(RequestContext context)
    {
        var state = fleet.Current;
        fleet.RefreshOnDevice(state);
        return JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("models");
            foreach (var deployment in state.Snapshot.Deployments)
            {
                if (!deployment.OnDevice || !engine.TryGetStatus(deployment.UpstreamModel, out var status) || !status.Resident)
                {
                    continue;
                }

                json.WriteStartObject();
                WriteModel(json, state, deployment.ModelId);
                json.WriteString("expires_at", (status.ExpiresAt ?? time.GetUtcNow().AddYears(100)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
                json.WriteNumber("size_vram", 0);
                json.WriteNumber("context_length", status.ContextTokens);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>What is known of one model; an on-device model's file says the most.</summary>
    public async ValueTask ShowAsync(RequestContext context)
    {
        var state = fleet.Current;
        fleet.RefreshOnDevice(state);
        using var body = await RequestBody.ReadAsync(context, state.Config.Limits.MaxBodyBytes).ConfigureAwait(false);
        var name = ReadName(body.Memory);
        if (!state.Names.TryResolve(Encoding.UTF8.GetBytes(OllamaDialect.NameOf(name, n => state.Names.TryResolve(Encoding.UTF8.GetBytes(n), out _))), out var target)
            || context.Key?.Limits.Allows(name, target, state) == false)
        {
            throw new ApiException(ApiError.ModelNotFound($"model '{name}' not found"));
        }

        var first = target.Candidates.Count > 0 ? state.Snapshot.Deployments[target.Candidates.Numbers[0]] : null;
        var header = HeaderOf(first);
        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("modelfile", "");
            json.WriteString("parameters", "");
            json.WriteString("template", header?.ChatTemplate ?? "");
            WriteDetails(json, header);
            json.WriteStartObject("model_info");
            WriteInfo(json, first, header);
            json.WriteEndObject();
            json.WriteStartArray("capabilities");
            foreach (var capability in CapabilitiesOf(state, target))
            {
                json.WriteStringValue(capability);
            }

            json.WriteEndArray();
            json.WriteString("modified_at", ModifiedAt(header));
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static string ReadName(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement.AsObject("body");
            return root.Text("model", "") ?? root.Text("name", "") ?? throw TranslationErrors.Missing("model");
        }
        catch (JsonException e)
        {
            throw new ApiException(ApiError.BadRequest($"The body is not JSON: {e.Message}", null, "invalid_json"));
        }
    }

    private static List<string> NamesOf(FleetState state)
    {
        var names = new List<string>();
        foreach (var model in state.Config.VirtualModels)
        {
            names.Add(model.Id);
        }

        foreach (var deployment in state.Snapshot.Deployments)
        {
            if (!names.Contains(deployment.ModelId))
            {
                names.Add(deployment.ModelId);
            }
        }

        return names;
    }

    private void WriteModel(Utf8JsonWriter json, FleetState state, string name)
    {
        GgufHeader? header = null;
        if (state.Names.TryResolve(Encoding.UTF8.GetBytes(name), out var target) && target.VirtualModel is null && target.Candidates.Count > 0)
        {
            header = HeaderOf(state.Snapshot.Deployments[target.Candidates.Numbers[0]]);
        }

        json.WriteString("name", name);
        json.WriteString("model", name);
        json.WriteString("modified_at", ModifiedAt(header));
        json.WriteNumber("size", header?.FileBytes ?? 0);
        // Clients tell models apart by it. It identifies the name here, not the file: hashing gigabytes for a list would be absurd.
        json.WriteString("digest", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name))));
        WriteDetails(json, header);
    }

    private static void WriteDetails(Utf8JsonWriter json, GgufHeader? header)
    {
        var family = header?.Architecture ?? "";
        json.WriteStartObject("details");
        json.WriteString("parent_model", "");
        json.WriteString("format", header is null ? "" : "gguf");
        json.WriteString("family", family);
        json.WriteStartArray("families");
        if (family.Length > 0)
        {
            json.WriteStringValue(family);
        }

        json.WriteEndArray();
        json.WriteString("parameter_size", header is null ? "" : ParameterSize(header.ParameterCount));
        json.WriteString("quantization_level", header?.MainType ?? "");
        json.WriteEndObject();
    }

    private static string ParameterSize(long count) => count >= 1_000_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{count / 1e9:0.0}B")
        : string.Create(CultureInfo.InvariantCulture, $"{count / 1e6:0.00}M");

    private static void WriteInfo(Utf8JsonWriter json, DeploymentEntry? deployment, GgufHeader? header)
    {
        if (header is not null)
        {
            json.WriteString("general.architecture", header.Architecture);
            json.WriteNumber("general.parameter_count", header.ParameterCount);
            json.WriteNumber($"{header.Architecture}.context_length", header.ContextTokens);
            json.WriteNumber($"{header.Architecture}.embedding_length", header.EmbeddingLength);
            json.WriteNumber($"{header.Architecture}.block_count", header.LayerCount);
        }
        else if (deployment is { ContextTokens: > 0 })
        {
            json.WriteString("general.architecture", "routerd");
            json.WriteNumber("routerd.context_length", deployment.ContextTokens);
        }
    }

    private static List<string> CapabilitiesOf(FleetState state, in NameTarget target)
    {
        var bits = Capability.None;
        foreach (var candidate in target.Candidates.Numbers)
        {
            bits |= state.Snapshot.Deployments[candidate].Capabilities;
        }

        var names = new List<string>();
        Add(Capability.Chat | Capability.Completion, "completion");
        Add(Capability.Tools, "tools");
        Add(Capability.Vision, "vision");
        Add(Capability.Embeddings, "embedding");
        Add(Capability.Infill, "insert");
        return names;

        void Add(Capability any, string name)
        {
            if ((bits & any) != 0)
            {
                names.Add(name);
            }
        }
    }

    private GgufHeader? HeaderOf(DeploymentEntry? deployment)
    {
        if (deployment is not { OnDevice: true } || !engine.TryGetStatus(deployment.UpstreamModel, out var status))
        {
            return null;
        }

        try
        {
            return GgufHeader.Read(status.Path);
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string ModifiedAt(GgufHeader? header) =>
        (header is null ? _started : new DateTimeOffset(File.GetLastWriteTimeUtc(header.Path), TimeSpan.Zero)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

using System.Buffers;
using System.Text;
using System.Text.Json;
using RouterDaemon.Backends;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation.LocalAgent;

/// <summary>
/// <c>/infer</c>, the local agent's contract: <c>{prompt, max_tokens: 512, temperature: 0.7, stream: false}</c>, or chat messages for
/// the prompt. Without a model it is this machine that is asked: the agent's default model, else <c>auto</c> on the device.
/// </summary>
internal sealed class InferDialect : ForeignDialect
{
    /// <summary>The agent's model when a request names none.</summary>
    public const string DefaultModel = "local_mistral-7b-instruct-q4";

    private InferTranslator? _translator;

    private const int DefaultMaxTokens = 512;
    private const double DefaultTemperature = 0.7;

    public override AnswerPath PathFrom(Dialect backend, InferenceCall call) => _translator ??= new InferTranslator(call);

    public override void WriteError(IBufferWriter<byte> output, ApiError error) => ClosingMetadata.WriteError(output, error);

    protected override Operation Write(JsonElement root, Utf8JsonWriter json, InferenceCall call)
    {
        var model = root.Text("model", "");
        json.WriteString("model", model ?? (call.Fleet.Names.TryResolve(Encoding.UTF8.GetBytes(DefaultModel), out _) ? DefaultModel : "auto"));
        if (model is null && !root.TryGet("route", out _))
        {
            json.WriteStartObject("route");
            json.WriteString("privacy", "device");
            json.WriteEndObject();
        }

        if (root.TryGet("messages", out var messages))
        {
            json.WritePropertyName("messages");
            messages.WriteTo(json);
        }
        else
        {
            json.WriteStartArray("messages");
            json.WriteStartObject();
            json.WriteString("role", "user");
            json.WriteString("content", root.RequiredText("prompt", ""));
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteNumber("max_tokens", root.Integer("max_tokens", "") ?? DefaultMaxTokens);
        if (root.TryGet("temperature", out var temperature))
        {
            json.WritePropertyName("temperature");
            temperature.WriteTo(json);
        }
        else
        {
            json.WriteNumber("temperature", DefaultTemperature);
        }

        if (root.Flag("stream", ""))
        {
            json.WriteBoolean("stream", true);
            json.WriteStartObject("stream_options");
            json.WriteBoolean("include_usage", true);
            json.WriteEndObject();
        }

        foreach (var member in root.EnumerateObject())
        {
            if (member.Name is not ("model" or "prompt" or "messages" or "max_tokens" or "temperature" or "stream" or "route" or "models" or "fallbacks" or "stream_options"))
            {
                json.WritePropertyName(member.Name);
                member.Value.WriteTo(json);
            }
        }

        return Operation.Chat;
    }
}

using System.Buffers;
using System.Text;
using System.Text.Json;
using RouterDaemon.Backends;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation.Ollama;

/// <summary>A client that speaks Ollama's API: JSON lines instead of events, streamed unless it says otherwise.</summary>
/// <param name="kind">The endpoint.</param>
/// <param name="load">Answers a request without a prompt: call, model, endpoint, true = unload.</param>
internal sealed class OllamaDialect(OllamaCall kind, Func<InferenceCall, string, OllamaCall, bool, ValueTask> load) : ForeignDialect
{
    private const string Latest = ":latest";

    private AnswerPath? _path;

    public override string StreamMediaType => "application/x-ndjson";

    // JSON lines have no comments.
    public override ReadOnlyMemory<byte> KeepAlive => default;

    public override AnswerPath PathFrom(Dialect backend, InferenceCall call) =>
        _path ??= kind == OllamaCall.Embed ? new OllamaEmbeddings(call) : new OllamaTranslator(call, kind == OllamaCall.Chat);

    public override void WriteError(IBufferWriter<byte> output, ApiError error)
    {
        ErrorWriter.Format(output, Dialect.Ollama, error);
        output.Write("\n"u8);
    }

    public override async ValueTask<bool> TranslateAsync(InferenceCall call)
    {
        using var body = Parse(call.Original);
        var root = body.RootElement;
        var isEmpty = kind switch
        {
            OllamaCall.Chat => !root.TryGet("messages", out var messages) || (messages.ValueKind == JsonValueKind.Array && messages.GetArrayLength() == 0),
            OllamaCall.Generate => !root.TryGet("prompt", out var prompt) || (prompt.ValueKind == JsonValueKind.String && prompt.ValueEquals("")),
            _ => false,
        };
        if (!isEmpty)
        {
            Translate(root, call);
            return true;
        }

        var unload = root.TryGet("keep_alive", out var keepAlive) && keepAlive.GetRawText().Trim('"').TrimEnd('s', 'm', 'h') == "0";
        await load(call, NameIn(root.RequiredText("model", ""), call), kind, unload).ConfigureAwait(false);
        return false;
    }

    protected override Operation Write(JsonElement root, Utf8JsonWriter json, InferenceCall call)
    {
        if (root.Text("model", "") is { } model)
        {
            json.WriteString("model", NameIn(model, call));
        }

        var reader = new OllamaReader(json);
        switch (kind)
        {
            case OllamaCall.Embed:
                reader.WriteEmbeddings(root);
                return Operation.Embeddings;
            case OllamaCall.Chat:
                reader.WriteChat(root);
                return Operation.Chat;
            default:
                return reader.WriteGenerate(root);
        }
    }

    private static string NameIn(string model, InferenceCall call) =>
        NameOf(model, name => call.Fleet.Names.TryResolve(Encoding.UTF8.GetBytes(name), out _));

    /// <summary>Ollama's clients add <c>:latest</c> to names without a tag.</summary>
    public static string NameOf(string name, Func<string, bool> isKnown) =>
        name.EndsWith(Latest, StringComparison.Ordinal) && !isKnown(name) ? name[..^Latest.Length] : name;
}

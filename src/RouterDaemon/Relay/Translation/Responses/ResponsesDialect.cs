using System.Buffers;
using System.Text.Json;
using RouterDaemon.Backends;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation.Responses;

/// <summary>A client that speaks OpenAI's Responses. The conversation behind <c>previous_response_id</c> comes from the store.</summary>
internal sealed class ResponsesDialect(ResponseMemory memory) : ForeignDialect
{
    private readonly Dictionary<string, JsonElement> _referenced = new(StringComparer.Ordinal);
    private ResponsesTranslator? _translator;
    private byte[] _history = [];
    private byte[] _conversation = [];
    private string? _owner;
    private bool _store = true;
    private int _sequence;

    /// <summary>The request's own settings, which every response object repeats.</summary>
    public JsonElement Echo { get; private set; }

    /// <summary>The next event's <c>sequence_number</c>.</summary>
    public int NextSequence() => _sequence++;

    public override AnswerPath PathFrom(Dialect backend, InferenceCall call) => _translator ??= new ResponsesTranslator(call, this);

    public override async ValueTask<bool> TranslateAsync(InferenceCall call)
    {
        _owner = call.Context.KeyId;
        using var body = Parse(call.Original);
        if (body.RootElement.Text("previous_response_id", "") is { } previous)
        {
            var stored = await memory.FindAsync(_owner, previous, call.Context.Http.RequestAborted).ConfigureAwait(false)
                ?? throw new ApiException(ApiError.BadRequest($"There is no response \"{previous}\" to go on from: it was not stored, or not for long enough.", "previous_response_id", "previous_response_not_found"));
            _history = StoredResponse.MessagesOf(stored);
        }

        await FindReferencedAsync(body.RootElement, call.Context.Http.RequestAborted).ConfigureAwait(false);

        Translate(body.RootElement, call);
        return true;
    }

    public override void WriteError(IBufferWriter<byte> output, ApiError error)
    {
        SseWriter.Begin(output, "error");
        using (var json = new Utf8JsonWriter(output, JsonDefaults.Writer))
        {
            json.WriteStartObject();
            json.WriteString("type", "error");
            json.WriteNumber("sequence_number", NextSequence());
            json.WriteString("code", error.Code);
            json.WriteString("message", error.Message);
            json.WriteString("param", error.Param);
            // The reference has the fields flat, the service and its clients know them nested.
            json.WriteStartObject("error");
            json.WriteString("type", error.Type);
            json.WriteString("code", error.Code);
            json.WriteString("message", error.Message);
            json.WriteString("param", error.Param);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        SseWriter.End(output);
    }

    /// <summary>Keeps the conversation with its answer, unless the client asked not to.</summary>
    public void Remember(string id, IReadOnlyList<ResponseItem> items, Action<Utf8JsonWriter> writeResponse)
    {
        if (_store)
        {
            memory.Keep(_owner, id, StoredResponse.Write(_conversation, items, writeResponse));
        }
    }

    protected override Operation Write(JsonElement root, Utf8JsonWriter json, InferenceCall call)
    {
        _store = !root.TryGet("store", out _) || root.Flag("store", "");
        Echo = ResponsesReader.EchoOf(root);
        _conversation = ConversationInput.Write(root, _history, _referenced);
        new ResponsesReader(json).Write(root, _conversation);
        return Operation.Chat;
    }

    /// <summary>Items that the input only names: clients that let responses be stored send ids for what they got.</summary>
    private async ValueTask FindReferencedAsync(JsonElement root, CancellationToken cancellationToken)
    {
        if (!root.TryGet("input", out var input) || input.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        foreach (var item in input.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Object && item.TryGet("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("item_reference")
                && item.Text("id", "input") is { } id && !_referenced.ContainsKey(id)
                && await memory.FindAsync(_owner, ResponseItem.ResponseIdOf(id), cancellationToken).ConfigureAwait(false) is { } stored)
            {
                StoredResponse.AddItems(stored, _referenced);
            }
        }
    }
}

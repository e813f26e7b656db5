using System.Buffers;
using System.Text.Json;
using RouterDaemon.Backends;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation.Anthropic;

/// <summary>A client that speaks Anthropic's Messages.</summary>
internal sealed class AnthropicDialect : ForeignDialect
{
    private static readonly ReadOnlyMemory<byte> Ping = "event: ping\ndata: {\"type\": \"ping\"}\n\n"u8.ToArray();

    private AnthropicTranslator? _translator;
    private AnthropicPassThrough? _passThrough;

    public override Dialect? Native => Dialect.Anthropic;

    public override ReadOnlyMemory<byte> KeepAlive => Ping;

    public override AnswerPath PathFrom(Dialect backend, InferenceCall call) =>
        backend == Dialect.Anthropic ? _passThrough ??= new AnthropicPassThrough() : _translator ??= new AnthropicTranslator(call);

    public override void WriteError(IBufferWriter<byte> output, ApiError error)
    {
        output.Write("event: error\ndata: "u8);
        ErrorWriter.Format(output, Dialect.Anthropic, error);
        output.Write("\n\n"u8);
    }

    protected override Operation Write(JsonElement root, Utf8JsonWriter json, InferenceCall call)
    {
        UntranslatableField = new MessagesReader(json).Write(root);
        return Operation.Chat;
    }
}

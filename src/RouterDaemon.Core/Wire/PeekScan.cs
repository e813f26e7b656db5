using System.Text.Json;

namespace RouterDaemon.Core.Wire;

/// <summary>The state of one peek: dispatches top-level members and walks the few values that are read inside.</summary>
internal ref struct PeekScan(ReadOnlySpan<byte> body, Utf8JsonReader reader)
{
    private const string PositiveInteger = "an integer from 1 to 2147483647";
    private readonly ReadOnlySpan<byte> _body = body;
    private Utf8JsonReader _reader = reader;
    private PeekKey _seen;

    public PeekError Error { get; private set; }

    public readonly long Offset => _reader.BytesConsumed;

    public bool Run(ref RequestPeek peek)
    {
        if (!_reader.Read() || _reader.TokenType != JsonTokenType.StartObject)
            return Fail(PeekErrorKind.NotAnObject, "", "a JSON object");
        peek.ObjectStart = (int)_reader.BytesConsumed;
        peek.ObjectEmpty = true;
        var previousEnd = peek.ObjectStart;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var memberStart = (int)_reader.TokenStartIndex;
            var key = Key();
            if (key != PeekKey.None && (_seen & key) != 0)
                return Fail(PeekErrorKind.DuplicateKey, Name(key), "given once");
            _seen |= key;
            _reader.Read();
            var valueStart = (int)_reader.TokenStartIndex;
            if (!Value(key, ref peek))
                return false;
            var value = new ByteRange(valueStart, (int)_reader.BytesConsumed - valueStart);
            Record(key, value, new ByteRange(memberStart, value.End - memberStart), peek.ObjectEmpty, previousEnd, ref peek);
            previousEnd = value.End;
            peek.ObjectEmpty = false;
        }

        return !_reader.Read(); // throws on anything behind the object
    }

    private readonly PeekKey Key()
    {
        if (!_reader.ValueIsEscaped)
            return PeekKeys.Find(_reader.ValueSpan);

        // An escaped key is the same key to the upstream, so it must be the same key here.
        Span<byte> scratch = stackalloc byte[64];
        return _reader.ValueSpan.Length > scratch.Length ? PeekKey.None : PeekKeys.Find(scratch[.._reader.CopyString(scratch)]);
    }

    private static string Name(PeekKey key) => PeekKeys.Name(key);

    private readonly void Record(PeekKey key, ByteRange value, ByteRange member, bool first, int previousEnd, ref RequestPeek peek)
    {
        switch (key)
        {
            case PeekKey.Model: peek.ModelValue = value; break;
            case PeekKey.Messages: peek.Messages = value; break;
            case PeekKey.Prompt: peek.Prompt = value; break;
            case PeekKey.Input: peek.Input = value; break;
            case PeekKey.System: peek.System = value; break;
            case PeekKey.Tools: peek.Tools = value; break;
            case PeekKey.StreamOptions: peek.StreamOptionsValue = value; break;
            case PeekKey.Route:
                (peek.Route, peek.RouteMember) = (value, Cut(member, first, previousEnd));
                break;
            case PeekKey.Models:
                (peek.Models, peek.ModelsMember) = (value, Cut(member, first, previousEnd));
                break;
            case PeekKey.Fallbacks:
                (peek.Fallbacks, peek.FallbacksMember) = (value, Cut(member, first, previousEnd));
                break;
        }
    }

    /// <summary>The member with the comma before it; the first member takes the comma behind it, if there is one.</summary>
    private readonly ByteRange Cut(ByteRange member, bool first, int previousEnd)
    {
        if (!first)
            return new ByteRange(previousEnd, member.End - previousEnd);
        var end = member.End;
        while (end < _body.Length && _body[end] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            end++;
        return end < _body.Length && _body[end] == ',' ? new ByteRange(member.Offset, end + 1 - member.Offset) : member;
    }

    private bool Value(PeekKey key, ref RequestPeek peek)
    {
        var isNull = _reader.TokenType == JsonTokenType.Null;
        switch (key)
        {
            case PeekKey.None:
                _reader.Skip();
                return true;
            case PeekKey.Model:
                peek.ModelEscaped = _reader.ValueIsEscaped;
                return Is(JsonTokenType.String, key, "a string");
            case PeekKey.Stream:
                peek.HasStream = !isNull;
                return Bool(key, ref peek.Stream);
            case PeekKey.LogProbs:
                return LogProbs(ref peek);
            case PeekKey.StreamOptions:
                return isNull || StreamOptions(ref peek);
            case PeekKey.MaxTokens or PeekKey.MaxCompletionTokens or PeekKey.MaxOutputTokens:
                return MaxTokens(key, ref peek);
            case PeekKey.N:
                return isNull || Integer(key, 1, RequestPeeker.MaxN, "an integer from 1 to 128", out peek.N);
            case PeekKey.Temperature:
                return isNull || Temperature(ref peek);
            case PeekKey.Tools:
                return isNull || Tools(ref peek);
            case PeekKey.ResponseFormat or PeekKey.Text or PeekKey.Format:
                return Format(key, ref peek);
            case PeekKey.Messages:
                return Is(JsonTokenType.StartArray, key, "an array of messages") && Content(ref peek, key);
            case PeekKey.Prompt or PeekKey.Input or PeekKey.System:
                return isNull || (IsText(key) && Content(ref peek, key));
            case PeekKey.Suffix:
                peek.HasSuffix = !isNull;
                _reader.Skip();
                return true;
            case PeekKey.Models or PeekKey.Fallbacks:
                if (isNull)
                    return true;
                if (!Is(JsonTokenType.StartArray, key, "an array of model names"))
                    return false;
                _reader.Skip();
                return true;
            case PeekKey.Route:
                if (isNull)
                    return true;
                if (!Is(JsonTokenType.StartObject, key, "an object"))
                    return false;
                _reader.Skip();
                return true;
            default:
                _reader.Skip();
                return true;
        }
    }

    private bool StreamOptions(ref RequestPeek peek)
    {
        if (!Is(JsonTokenType.StartObject, PeekKey.StreamOptions, "an object"))
            return false;
        peek.StreamOptionsObjectStart = (int)_reader.BytesConsumed;
        peek.StreamOptionsEmpty = true;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            peek.StreamOptionsEmpty = false;
            var include = _reader.ValueTextEquals("include_usage"u8);
            _reader.Read();
            if (!include)
            {
                _reader.Skip();
                continue;
            }

            if (!peek.IncludeUsageValue.IsEmpty)
                return Fail(PeekErrorKind.DuplicateKey, "stream_options.include_usage", "given once");
            if (_reader.TokenType is not (JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null))
                return Fail(PeekErrorKind.WrongType, "stream_options.include_usage", "true or false");
            peek.IncludeUsage = _reader.TokenType == JsonTokenType.True;
            peek.IncludeUsageValue = new ByteRange((int)_reader.TokenStartIndex, _reader.ValueSpan.Length);
        }

        return true;
    }

    private bool LogProbs(ref RequestPeek peek)
    {
        // A flag in chat, a count in completions.
        var type = _reader.TokenType;
        if (type is not (JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null or JsonTokenType.Number))
            return Fail(PeekErrorKind.WrongType, "logprobs", "true, false or a number");
        peek.LogProbs = type is JsonTokenType.True or JsonTokenType.Number;
        return true;
    }

    private bool MaxTokens(PeekKey key, ref RequestPeek peek)
    {
        if (_reader.TokenType == JsonTokenType.Null)
            return true;
        if (!Integer(key, 1, int.MaxValue, PositiveInteger, out var value))
            return false;
        peek.MaxTokens = peek.MaxTokens == 0 ? value : Math.Min(peek.MaxTokens, value);
        return true;
    }

    private bool Temperature(ref RequestPeek peek)
    {
        if (!Is(JsonTokenType.Number, PeekKey.Temperature, "a number"))
            return false;
        if (!_reader.TryGetSingle(out peek.Temperature) || !float.IsFinite(peek.Temperature) || peek.Temperature < 0)
            return Fail(PeekErrorKind.OutOfRange, "temperature", "a number of 0 or more");
        return true;
    }

    private bool Tools(ref RequestPeek peek)
    {
        if (!Is(JsonTokenType.StartArray, PeekKey.Tools, "an array"))
            return false;
        var start = _reader.BytesConsumed;
        _reader.Skip();
        // Anything but white space between the brackets is a tool.
        peek.HasTools = _body[(int)start..(int)(_reader.BytesConsumed - 1)].IndexOfAnyExcept(" \t\r\n"u8) >= 0;
        return true;
    }

    /// <summary><c>response_format: {type}</c>, <c>text: {format: {type}}</c>, Ollama's <c>format: "json" | {schema}</c>.</summary>
    private bool Format(PeekKey key, ref RequestPeek peek)
    {
        if (_reader.TokenType == JsonTokenType.Null)
            return true;
        if (key == PeekKey.Format && _reader.TokenType == JsonTokenType.String)
        {
            if (_reader.ValueTextEquals("json"u8))
                peek.ResponseFormat = ResponseFormatKind.JsonObject;
            return true;
        }

        if (key == PeekKey.Text && _reader.TokenType != JsonTokenType.StartObject)
        {
            _reader.Skip(); // other routes (speech, reranking) have a text of their own
            return true;
        }

        if (!Is(JsonTokenType.StartObject, key, "an object"))
            return false;
        if (key == PeekKey.Format)
        {
            peek.ResponseFormat = ResponseFormatKind.JsonSchema;
            _reader.Skip();
            return true;
        }

        var depth = _reader.CurrentDepth;
        var wanted = depth + (key == PeekKey.Text ? 2 : 1);
        while (_reader.Read() && _reader.CurrentDepth > depth)
        {
            if (_reader.TokenType != JsonTokenType.PropertyName || _reader.CurrentDepth != wanted || !_reader.ValueTextEquals("type"u8))
                continue;
            _reader.Read();
            if (_reader.TokenType != JsonTokenType.String)
                return Fail(PeekErrorKind.WrongType, key == PeekKey.Text ? "text.format.type" : "response_format.type", "a string");
            peek.ResponseFormat = _reader.ValueTextEquals("json_schema"u8) ? ResponseFormatKind.JsonSchema
                : _reader.ValueTextEquals("json_object"u8) ? ResponseFormatKind.JsonObject
                : _reader.ValueTextEquals("text"u8) ? ResponseFormatKind.Text : ResponseFormatKind.Other;
        }

        return true;
    }

    /// <summary>Walks prompt text: counts its bytes, its messages and images, and remembers the last role.</summary>
    private bool Content(ref RequestPeek peek, PeekKey key)
    {
        if (_reader.TokenType == JsonTokenType.String)
        {
            peek.PromptBytes += _reader.ValueSpan.Length;
            peek.MessageCount += key == PeekKey.System ? 0 : 1;
            return true;
        }

        var depth = _reader.CurrentDepth;
        var field = PartKey.None;
        while (_reader.Read() && _reader.CurrentDepth > depth)
        {
            switch (_reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    field = PeekKeys.FindPart(_reader.ValueSpan);
                    if (field == PartKey.Image)
                        peek.HasImages = true;
                    continue;
                case JsonTokenType.StartArray when field is PartKey.Image:
                    Images(ref peek);
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray when _reader.CurrentDepth == depth + 1:
                    peek.MessageCount += key == PeekKey.System ? 0 : 1;
                    if (key != PeekKey.System)
                        peek.ContinuesAssistant = false;
                    break;
                case JsonTokenType.String:
                    Text(field, depth, key, ref peek);
                    break;
                case JsonTokenType.Number when key is PeekKey.Prompt or PeekKey.Input:
                    peek.PromptBytes += 4; // a prompt of token ids
                    break;
            }

            field = PartKey.None;
        }

        return true;
    }

    /// <summary>Ollama's <c>images: ["base64", ...]</c>.</summary>
    private void Images(ref RequestPeek peek)
    {
        var depth = _reader.CurrentDepth;
        while (_reader.Read() && _reader.CurrentDepth > depth)
            peek.ImageCount += _reader.TokenType == JsonTokenType.String ? 1 : 0;
    }

    private readonly void Text(PartKey field, int depth, PeekKey key, ref RequestPeek peek)
    {
        switch (field)
        {
            case PartKey.Role:
                if (_reader.CurrentDepth == depth + 2)
                    peek.ContinuesAssistant = _reader.ValueTextEquals("assistant"u8);
                return;
            case PartKey.Type:
                if (_reader.ValueTextEquals("image_url"u8) || _reader.ValueTextEquals("image"u8) || _reader.ValueTextEquals("input_image"u8))
                {
                    peek.HasImages = true;
                    peek.ImageCount++;
                }
                else if (_reader.ValueTextEquals("input_audio"u8) || _reader.ValueTextEquals("audio"u8))
                {
                    peek.HasAudio = true;
                }

                return;
            case PartKey.Media or PartKey.Image:
                return;
            default:
                peek.PromptBytes += _reader.ValueSpan.Length;
                if (_reader.CurrentDepth == depth + 1 && key is PeekKey.Prompt or PeekKey.Input)
                    peek.MessageCount++;
                return;
        }
    }

    private bool Bool(PeekKey key, ref bool value)
    {
        if (_reader.TokenType is not (JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null))
            return Fail(PeekErrorKind.WrongType, Name(key), "true or false");
        value = _reader.TokenType == JsonTokenType.True;
        return true;
    }

    private bool Integer(PeekKey key, int min, int max, string expected, out int value)
    {
        value = 0;
        if (_reader.TokenType != JsonTokenType.Number)
            return Fail(PeekErrorKind.WrongType, Name(key), expected);
        if (_reader.TryGetInt32(out value) && value >= min && value <= max)
            return true;
        var kind = _reader.ValueSpan.IndexOfAny((byte)'.', (byte)'e', (byte)'E') >= 0 ? PeekErrorKind.WrongType : PeekErrorKind.OutOfRange;
        return Fail(kind, Name(key), expected);
    }

    private bool IsText(PeekKey key) =>
        _reader.TokenType is JsonTokenType.String or JsonTokenType.StartArray
        || Fail(PeekErrorKind.WrongType, Name(key), "a string or an array");

    private bool Is(JsonTokenType type, PeekKey key, string expected) =>
        _reader.TokenType == type || Fail(PeekErrorKind.WrongType, Name(key), expected);

    private bool Fail(PeekErrorKind kind, string key, string expected)
    {
        Error = new PeekError(kind, _reader.TokenStartIndex, key, expected);
        return false;
    }
}

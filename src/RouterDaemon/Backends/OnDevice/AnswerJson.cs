using System.Buffers;
using System.Text;
using System.Text.Json;
using RouterDaemon.Engine;
using RouterDaemon.Engine.Answers;
using RouterDaemon.Http;

namespace RouterDaemon.Backends.OnDevice;

/// <summary>Writes answers in OpenAI's dialect: events of a stream, or one JSON object.</summary>
internal sealed class AnswerJson : IDisposable
{
    private readonly ArrayBufferWriter<byte> _output;
    private readonly BackendRequest _request;
    private readonly bool _isChat;
    private readonly string _id;
    private readonly long _created;
    private readonly Utf8JsonWriter _json;

    public AnswerJson(ArrayBufferWriter<byte> output, BackendRequest request, long createdUnixSeconds)
    {
        _output = output;
        _request = request;
        _isChat = request.Operation == Operation.Chat;
        _id = (_isChat ? "chatcmpl-" : "cmpl-") + request.RequestId;
        _created = createdUnixSeconds;
        _json = new Utf8JsonWriter(output, JsonDefaults.Writer);
    }

    public void Dispose() => _json.Dispose();

    /// <summary>The first chunk of a choice of a chat.</summary>
    public void WriteRole(AnswerChoice choice)
    {
        BeginChunk(choice);
        if (_isChat)
        {
            _json.WriteString("role", "assistant");
            _json.WriteString("content", "");
        }

        EndChunk(null, null);
    }

    /// <summary>A chunk of text.</summary>
    public void WriteText(AnswerChoice choice, ReadOnlySpan<byte> text, IReadOnlyList<TokenLogProb>? logProbs)
    {
        BeginChunk(choice);
        _json.WriteString(_isChat ? "content" : "text", text);
        EndChunk(logProbs, null);
    }

    /// <summary>A chunk of a piece of an answer.</summary>
    public void WriteDelta(AnswerChoice choice, in AnswerDelta delta, IReadOnlyList<TokenLogProb>? logProbs)
    {
        BeginChunk(choice);
        switch (delta.Kind)
        {
            case AnswerDeltaKind.Content:
                _json.WriteString("content", delta.Text);
                break;
            case AnswerDeltaKind.Reasoning:
                _json.WriteString("reasoning_content", delta.Text);
                break;
            default:
                WriteCallDelta(choice, delta);
                break;
        }

        EndChunk(logProbs, null);
    }

    /// <summary>The last chunk of a choice.</summary>
    public void WriteFinish(AnswerChoice choice)
    {
        BeginChunk(choice);
        if (!_isChat)
        {
            _json.WriteString("text", "");
        }

        EndChunk(null, choice.FinishReason);
    }

    /// <summary>The end of a stream. Usage is always there; the relay drops it for a client that did not ask.</summary>
    public void WriteEnd(AnswerChoice[] choices, int choicesPerPrompt)
    {
        BeginEvent();
        _json.WriteStartArray("choices");
        _json.WriteEndArray();
        WriteUsage(choices, choicesPerPrompt);
        EndEvent();
        _output.Write("data: [DONE]\n\n"u8);
    }

    /// <summary>The whole answer.</summary>
    public void WriteWhole(AnswerChoice[] choices, int choicesPerPrompt)
    {
        _json.Reset();
        _json.WriteStartObject();
        WriteHead(_isChat ? "chat.completion" : "text_completion");
        _json.WriteStartArray("choices");
        foreach (var choice in choices)
        {
            _json.WriteStartObject();
            _json.WriteNumber("index", choice.Index);
            if (_isChat)
            {
                WriteMessage(choice);
            }
            else
            {
                _json.WriteString("text", choice.Echo is null ? Encoding.UTF8.GetString(choice.Content.WrittenSpan) : choice.Echo + Encoding.UTF8.GetString(choice.Content.WrittenSpan));
            }

            LogProbsJson.Write(_json, choice.LogProbs.Count > 0 ? choice.LogProbs : null, _isChat);
            _json.WriteString("finish_reason", choice.FinishReason);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        WriteUsage(choices, choicesPerPrompt);
        _json.WriteEndObject();
        _json.Flush();
    }

    private void WriteMessage(AnswerChoice choice)
    {
        _json.WriteStartObject("message");
        _json.WriteString("role", "assistant");
        if (choice.Reasoning.WrittenCount > 0)
        {
            _json.WriteString("reasoning_content", choice.Reasoning.WrittenSpan);
        }

        if (choice.Content.WrittenCount == 0 && choice.Calls.Count > 0)
        {
            _json.WriteNull("content");
        }
        else
        {
            _json.WriteString("content", choice.Content.WrittenSpan);
        }

        _json.WriteNull("refusal");
        if (choice.Calls.Count > 0)
        {
            _json.WriteStartArray("tool_calls");
            foreach (var call in choice.Calls)
            {
                _json.WriteStartObject();
                _json.WriteString("id", call.Id);
                _json.WriteString("type", "function");
                WriteFunction(call.Name, call.Arguments.ToString());
                _json.WriteEndObject();
            }

            _json.WriteEndArray();
        }

        _json.WriteEndObject();
    }

    private void WriteCallDelta(AnswerChoice choice, in AnswerDelta delta)
    {
        _json.WriteStartArray("tool_calls");
        _json.WriteStartObject();
        _json.WriteNumber("index", delta.CallIndex);
        if (delta.CallName is not null)
        {
            _json.WriteString("id", choice.Calls[delta.CallIndex].Id);
            _json.WriteString("type", "function");
        }

        WriteFunction(delta.CallName, delta.Text);
        _json.WriteEndObject();
        _json.WriteEndArray();
    }

    private void WriteFunction(string? name, string arguments)
    {
        _json.WriteStartObject("function");
        if (name is not null)
        {
            _json.WriteString("name", name);
        }

        _json.WriteString("arguments", arguments);
        _json.WriteEndObject();
    }

    private void BeginChunk(AnswerChoice choice)
    {
        BeginEvent();
        _json.WriteStartArray("choices");
        _json.WriteStartObject();
        _json.WriteNumber("index", choice.Index);
        if (_isChat)
        {
            _json.WriteStartObject("delta");
        }
    }

    private void EndChunk(IReadOnlyList<TokenLogProb>? logProbs, string? finishReason)
    {
        if (_isChat)
        {
            _json.WriteEndObject();
        }

        LogProbsJson.Write(_json, logProbs, _isChat);
        _json.WriteString("finish_reason", finishReason);
        _json.WriteEndObject();
        _json.WriteEndArray();
        EndEvent();
    }

    private void BeginEvent()
    {
        _output.Write("data: "u8);
        _json.Reset();
        _json.WriteStartObject();
        WriteHead(_isChat ? "chat.completion.chunk" : "text_completion");
    }

    private void EndEvent()
    {
        _json.WriteEndObject();
        _json.Flush();
        _output.Write("\n\n"u8);
    }

    private void WriteHead(string kind)
    {
        _json.WriteString("id", _id);
        _json.WriteString("object", kind);
        _json.WriteNumber("created", _created);
        _json.WriteString("model", _request.Deployment.ModelId);
        _json.WriteString("system_fingerprint", "routerd");
    }

    /// <summary>A prompt counts once, however many choices were made from it.</summary>
    private void WriteUsage(AnswerChoice[] choices, int choicesPerPrompt)
    {
        int prompt = 0, cached = 0, completion = 0, reasoning = 0, drafted = 0, accepted = 0;
        foreach (var choice in choices)
        {
            var isFirst = choice.Index % choicesPerPrompt == 0;
            prompt += isFirst ? choice.Generation.PromptTokens : 0;
            cached += isFirst ? choice.Generation.CachedTokens : 0;
            completion += choice.Result!.CompletionTokens;
            reasoning += choice.ReasoningTokens;
            drafted += choice.Result.DraftTokens;
            accepted += choice.Result.AcceptedDraftTokens;
        }

        _json.WriteStartObject("usage");
        _json.WriteNumber("prompt_tokens", prompt);
        _json.WriteNumber("completion_tokens", completion);
        _json.WriteNumber("total_tokens", prompt + completion);
        _json.WriteStartObject("prompt_tokens_details");
        _json.WriteNumber("cached_tokens", cached);
        _json.WriteEndObject();
        if (reasoning > 0 || drafted > 0)
        {
            _json.WriteStartObject("completion_tokens_details");
            _json.WriteNumber("reasoning_tokens", reasoning);
            // Rejected ones are no part of completion_tokens, as with llama.cpp: nobody is billed for a guess.
            _json.WriteNumber("accepted_prediction_tokens", accepted);
            _json.WriteNumber("rejected_prediction_tokens", drafted - accepted);
            _json.WriteEndObject();
        }

        _json.WriteEndObject();
    }
}

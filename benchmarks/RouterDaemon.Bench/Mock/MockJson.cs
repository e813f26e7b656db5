using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace RouterDaemon.Bench.Mock;

/// <summary>The JSON texts of an OpenAI-compatible server, built by hand so that the mock costs little under load.</summary>
internal static class MockJson
{
    private static readonly string Words = string.Concat(Enumerable.Repeat("lorem ipsum dolor sit amet ", 205));

    public static string Error(string message, string type, string? code)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("error");
            writer.WriteString("message", message);
            writer.WriteString("type", type);
            writer.WriteNull("param");
            writer.WriteString("code", code);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The answer cut into words, the space before a word belonging to it.</summary>
    public static List<string> Pieces(MockBehaviour behaviour)
    {
        var pieces = new List<string>();
        if (behaviour.AnswerTokens > 0)
        {
            for (int i = 0; i < behaviour.AnswerTokens; i++)
                pieces.Add(i == 0 ? "tok" : " tok");
            return pieces;
        }

        string text = behaviour.Answer;
        for (int start = 0; start < text.Length;)
        {
            int end = text.IndexOf(' ', start + 1);
            if (end < 0)
                end = text.Length;
            pieces.Add(text[start..end]);
            start = end;
        }

        return pieces;
    }

    /// <summary>A text of at least a number of bytes.</summary>
    public static string Long(int bytes)
    {
        var text = new StringBuilder(bytes + Words.Length);
        while (text.Length < bytes)
            text.Append(Words);
        return text.ToString();
    }

    public static string Escape(string text) => JsonEncodedText.Encode(text).ToString();

    public static string Usage(MockBehaviour behaviour, int promptTokens, int completionTokens)
    {
        string details = behaviour.CachedTokens > 0 ? $",\"prompt_tokens_details\":{{\"cached_tokens\":{behaviour.CachedTokens}}}" : "";
        return $"{{\"prompt_tokens\":{promptTokens},\"completion_tokens\":{completionTokens},\"total_tokens\":{promptTokens + completionTokens}{details}}}";
    }

    /// <summary>A whole answer in the form that the endpoint has.</summary>
    public static byte[] Completion(MockRequest request, MockBehaviour behaviour, string id, string answer, int completionTokens)
    {
        int prompt = PromptTokens(request, behaviour);
        string usage = behaviour.Usage == MockUsage.Never ? "" : $",\"usage\":{Usage(behaviour, prompt, completionTokens)}";
        string model = Escape(request.Model);
        if (request.Path.EndsWith("/completions", StringComparison.Ordinal) && !request.Path.EndsWith("/chat/completions", StringComparison.Ordinal))
        {
            return Encoding.UTF8.GetBytes($"{{\"id\":\"{id}\",\"object\":\"text_completion\",\"created\":1700000000,\"model\":\"{model}\",\"choices\":[{{\"index\":0,\"text\":\"{Escape(answer)}\",\"logprobs\":null,\"finish_reason\":\"stop\"}}]{usage}}}");
        }

        string reasoning = behaviour.Reasoning is null ? "" : $",\"reasoning_content\":\"{Escape(behaviour.Reasoning)}\"";
        string message = behaviour.ToolName is null
            ? $"{{\"role\":\"assistant\",\"content\":\"{Escape(answer)}\"{reasoning}}}"
            : $"{{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{{\"id\":\"call_1\",\"type\":\"function\",\"function\":{{\"name\":\"{Escape(behaviour.ToolName)}\",\"arguments\":\"{Escape(behaviour.ToolArguments)}\"}}}}]}}";
        string finish = behaviour.ToolName is null ? "stop" : "tool_calls";
        return Encoding.UTF8.GetBytes($"{{\"id\":\"{id}\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"{model}\",\"choices\":[{{\"index\":0,\"message\":{message},\"logprobs\":null,\"finish_reason\":\"{finish}\"}}]{usage}}}");
    }

    public static byte[] Models(IEnumerable<string> models)
    {
        var list = string.Join(",", models.Select(m => $"{{\"id\":\"{Escape(m)}\",\"object\":\"model\",\"created\":1700000000,\"owned_by\":\"mock\",\"max_model_len\":32768}}"));
        return Encoding.UTF8.GetBytes($"{{\"object\":\"list\",\"data\":[{list}]}}");
    }

    public static byte[] Embeddings(MockRequest request, MockBehaviour behaviour)
    {
        int prompt = PromptTokens(request, behaviour);
        using JsonDocument body = JsonDocument.Parse(request.Body);
        int inputs = body.RootElement.GetProperty("input") is { ValueKind: JsonValueKind.Array } list ? list.GetArrayLength() : 1;
        bool packed = body.RootElement.TryGetProperty("encoding_format", out JsonElement format) && format.ValueEquals("base64");
        string vector = packed ? $"\"{Convert.ToBase64String(MemoryMarshal.AsBytes<float>([0.6f, 0.8f]))}\"" : "[0.6,0.8]";
        string data = string.Join(',', Enumerable.Range(0, inputs).Select(i => $"{{\"object\":\"embedding\",\"index\":{i},\"embedding\":{vector}}}"));
        return Encoding.UTF8.GetBytes($"{{\"object\":\"list\",\"model\":\"{Escape(request.Model)}\",\"data\":[{data}],\"usage\":{{\"prompt_tokens\":{prompt},\"total_tokens\":{prompt}}}}}");
    }

    public static int PromptTokens(MockRequest request, MockBehaviour behaviour) =>
        behaviour.PromptTokens > 0 ? behaviour.PromptTokens : Math.Max(1, request.Body.Length / 4);
}

using System.Text.Json;
using RouterDaemon.Engine;
using static RouterDaemon.Backends.OnDevice.JsonFields;

namespace RouterDaemon.Backends.OnDevice;

/// <summary>Reads an OpenAI body, with llama-server's extra fields, into the engine's terms.</summary>
internal static class GenerationPlanReader
{
    /// <summary>Most choices of one request: prompts times <c>n</c>.</summary>
    public const int MaxChoices = 128;

    private const int MaxStops = 16;

    /// <summary>What a body asks for.</summary>
    /// <param name="body">The body.</param>
    /// <param name="operation">What is asked.</param>
    /// <param name="fairnessKey">Whose it is; null = nobody knows.</param>
    /// <exception cref="UpstreamException">Carries the 400 or 422 that names the field.</exception>
    public static GenerationPlan Read(ReadOnlyMemory<byte> body, Operation operation, string? fairnessKey = null)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        if (TryGet(root, "functions", out _))
        {
            throw Bad("functions", "is not served here; use \"tools\"");
        }

        var n = Int(root, "n") ?? 1;
        if (Int(root, "best_of") is { } bestOf && bestOf != n)
        {
            throw Bad("best_of", "is not served here unless it equals \"n\"");
        }

        var request = ReadCommon(root, operation) with { FairnessKey = fairnessKey };
        var echo = operation == Operation.Completion && Bool(root, "echo") is true;
        if (echo && request.LogProbs)
        {
            throw Bad("echo", "cannot be combined with \"logprobs\" here: the prompt's own are not computed");
        }

        var prompts = operation == Operation.Chat ? [ReadChat(root, request)] : ReadPrompts(root, request);
        if ((long)prompts.Count * n > MaxChoices)
        {
            throw Bad(n > 1 ? "n" : "prompt", $"asks for {(long)prompts.Count * n} choices; at most {MaxChoices} are given");
        }

        return new GenerationPlan { Requests = Repeat(prompts, n), ChoicesPerPrompt = n, Echo = echo };
    }

    /// <summary>The messages of a body as the template gets them, for <c>/apply-template</c> as well.</summary>
    public static GenerationRequest ReadChat(JsonElement root, GenerationRequest request) => request with
    {
        MessagesJson = Raw(root, "messages"),
        ToolsJson = TryGet(root, "tools", out var tools) && tools.ValueKind == JsonValueKind.Array && tools.GetArrayLength() > 0 ? Raw(root, "tools") : default,
        ToolChoiceJson = Raw(root, "tool_choice"),
        ParallelToolCalls = Bool(root, "parallel_tool_calls") ?? true,
        TemplateArgumentsJson = Raw(root, "chat_template_kwargs"),
        AddGenerationPrompt = Bool(root, "add_generation_prompt") ?? true,
        ContinueFinalMessage = Bool(root, "continue_final_message") ?? EndsWithBegunAnswer(root),
    };

    private static GenerationRequest ReadCommon(JsonElement root, Operation operation)
    {
        var logProbs = ReadLogProbs(root, operation, out var topLogProbs);
        return new GenerationRequest
        {
            Sampling = SamplingFields.Read(root),
            MaxTokens = Int(root, "max_completion_tokens") ?? Int(root, "max_tokens") ?? Limit(root) ?? (operation == Operation.Completion ? 16 : 0),
            Stop = ReadStops(root),
            LogProbs = logProbs,
            TopLogProbs = topLogProbs,
            IgnoreEos = Bool(root, "ignore_eos") ?? false,
            ResponseFormatJson = ReadFormat(root),
            Adapters = ReadAdapters(root),
        };
    }

    /// <summary>llama-server's name for the limit, whose -1 is ours 0.</summary>
    private static int? Limit(JsonElement root) => Int(root, "n_predict") is { } limit ? Math.Max(limit, 0) : null;

    /// <summary>llama-server's <c>lora</c>: an array of objects with <c>id</c> and <c>scale</c>.</summary>
    private static List<AdapterScale> ReadAdapters(JsonElement root)
    {
        const string Expected = "must be an array of objects with an \"id\" and a \"scale\"";
        List<AdapterScale> adapters = [];
        if (!TryGet(root, "lora", out var list))
        {
            return adapters;
        }

        foreach (var entry in list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : throw Bad("lora", Expected))
        {
            adapters.Add(entry.ValueKind == JsonValueKind.Object && Int(entry, "id") is { } id && Float(entry, "scale", float.MinValue, float.MaxValue) is { } scale
                ? new AdapterScale(id, scale)
                : throw Bad("lora", Expected));
        }

        return adapters;
    }

    /// <summary>llama-server takes a bare schema beside OpenAI's format.</summary>
    private static ReadOnlyMemory<byte> ReadFormat(JsonElement root)
    {
        if (TryGet(root, "response_format", out _))
        {
            return Raw(root, "response_format");
        }

        return TryGet(root, "json_schema", out var schema) ? System.Text.Encoding.UTF8.GetBytes($"{{\"type\":\"json_schema\",\"schema\":{schema.GetRawText()}}}") : default;
    }

    /// <summary>A last message of the assistant is a begun answer, as llama-server, OpenRouter and Anthropic see it.</summary>
    private static bool EndsWithBegunAnswer(JsonElement root)
    {
        var messages = root.GetProperty("messages");
        var last = messages.GetArrayLength() > 0 ? messages[messages.GetArrayLength() - 1] : default;
        return last.ValueKind == JsonValueKind.Object
            && last.TryGetProperty("role", out var role) && role.ValueKind == JsonValueKind.String && role.ValueEquals("assistant"u8)
            && !TryGet(last, "tool_calls", out _)
            && TryGet(last, "content", out var content) && !(content.ValueKind == JsonValueKind.String && string.IsNullOrWhiteSpace(content.GetString()));
    }

    private static List<GenerationRequest> ReadPrompts(JsonElement root, GenerationRequest request)
    {
        const string Expected = "must be a string, an array of strings, an array of token ids, or an array of such arrays";
        request = request with { Suffix = Text(root, "suffix") };
        var prompt = root.GetProperty("prompt");
        if (prompt.ValueKind == JsonValueKind.String)
        {
            return [request with { Prompt = prompt.GetString() }];
        }

        if (prompt.ValueKind != JsonValueKind.Array || prompt.GetArrayLength() == 0)
        {
            throw Bad("prompt", Expected);
        }

        if (prompt[0].ValueKind == JsonValueKind.Number)
        {
            return [request with { PromptTokens = ReadTokens(prompt, Expected) }];
        }

        var requests = new List<GenerationRequest>(prompt.GetArrayLength());
        foreach (var item in prompt.EnumerateArray())
        {
            requests.Add(item.ValueKind == prompt[0].ValueKind ? item.ValueKind switch
            {
                JsonValueKind.String => request with { Prompt = item.GetString() },
                JsonValueKind.Array when item.GetArrayLength() > 0 => request with { PromptTokens = ReadTokens(item, Expected) },
                _ => throw Bad("prompt", Expected),
            } : throw Bad("prompt", Expected));
        }

        return requests;
    }

    private static int[] ReadTokens(JsonElement array, string expected)
    {
        var tokens = new int[array.GetArrayLength()];
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = array[i].ValueKind == JsonValueKind.Number && array[i].TryGetInt32(out var token) ? token : throw Bad("prompt", expected);
        }

        return tokens;
    }

    /// <summary>Each prompt n times. The choices of one prompt draw differently, also with a seed.</summary>
    private static List<GenerationRequest> Repeat(List<GenerationRequest> prompts, int n)
    {
        if (n == 1)
        {
            return prompts;
        }

        var all = new List<GenerationRequest>(prompts.Count * n);
        foreach (var request in prompts)
        {
            for (var i = 0; i < n; i++)
            {
                all.Add(request.Sampling.Seed is { } seed ? request with { Sampling = request.Sampling with { Seed = unchecked(seed + (uint)i) } } : request);
            }
        }

        return all;
    }

    private static bool ReadLogProbs(JsonElement root, Operation operation, out int top)
    {
        top = 0;
        if (!TryGet(root, "logprobs", out var logProbs) || logProbs.ValueKind == JsonValueKind.False)
        {
            return false;
        }

        if (operation == Operation.Completion)
        {
            top = logProbs.ValueKind == JsonValueKind.Number && logProbs.TryGetInt32(out var count) && count is >= 0 and <= 5
                ? count
                : throw Bad("logprobs", "must be a number from 0 to 5");
            return true;
        }

        top = Int(root, "top_logprobs") ?? 0;
        return top is >= 0 and <= 20 ? true : throw Bad("top_logprobs", "must be from 0 to 20");
    }

    private static List<string> ReadStops(JsonElement root)
    {
        var stops = Texts(root, "stop");
        if (stops.Count > MaxStops)
        {
            throw Bad("stop", $"has {stops.Count} strings; at most {MaxStops} are taken");
        }

        return stops.Exists(s => s.Length == 0) ? throw Bad("stop", "must not hold an empty string") : stops;
    }
}

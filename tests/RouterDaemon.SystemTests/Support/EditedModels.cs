using RouterDaemon.RandomModel;

namespace RouterDaemon.SystemTests.Support;

/// <summary>The bundled model with another chat template or other metadata, in a daemon's models folder.</summary>
public static class EditedModels
{
    /// <summary>Speaks of tools as Hermes and Qwen do, and of reasoning.</summary>
    public const string ToolTemplate = """
        {% if tools %}<|im_start|>system
        Tools:{% for tool in tools %} {{ tool['function']['name'] }}{% endfor %}. Answer with <tool_call> {"name", "arguments"} </tool_call>.<|im_end|>
        {% endif %}{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] }}{% for call in message['tool_calls'] or [] %}{{ '<tool_call>' + (call['function'] | tojson) + '</tool_call>' }}{% endfor %}{{ '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% if enable_thinking %}{{ '<think>\n' }}{% endif %}{% endif %}
        """;

    public static readonly string Bundled = Path.Combine(DaemonBinary.RepositoryRoot, "models", "routerd-tiny-1m.gguf");

    /// <summary>Writes <paramref name="name"/><c>.gguf</c> into the models folder of a home.</summary>
    internal static void Add(string home, string name, Action<GgufImage> edit)
    {
        string folder = Path.Combine(home, "models");
        Directory.CreateDirectory(folder);
        GgufImage image = GgufImage.Read(Bundled);
        edit(image);
        image.Write(Path.Combine(folder, name + ".gguf"));
    }
}

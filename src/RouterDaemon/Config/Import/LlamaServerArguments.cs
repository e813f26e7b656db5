using System.Globalization;
using System.Text;

namespace RouterDaemon.Config.Import;

/// <summary>What a command line of <c>llama-server</c> says about the model (llama.cpp tools/server/README.md).</summary>
internal sealed record LlamaServerArguments
{
    public string? ModelPath { get; init; }

    /// <summary>For all slots together, as llama-server counts.</summary>
    public int? ContextTokens { get; init; }

    public int Slots { get; init; } = 1;

    /// <summary>Null = not said.</summary>
    public string? GpuLayers { get; init; }

    public int? Threads { get; init; }

    /// <summary>LoRA adapters, in order.</summary>
    public IReadOnlyList<LoraConfig> Adapters { get; init; } = [];

    /// <summary>Options that have no counterpart.</summary>
    public IReadOnlyList<string> Others { get; init; } = [];

    public static LlamaServerArguments Parse(string command)
    {
        var words = Words(command);
        var result = new LlamaServerArguments();
        var others = new List<string>();
        var adapters = new List<LoraConfig>();
        for (var i = 1; i < words.Count; i++)
        {
            var equals = words[i].StartsWith("--", StringComparison.Ordinal) ? words[i].IndexOf('=') : -1;
            var option = equals < 0 ? words[i] : words[i][..equals];
            var next = equals < 0 ? i + 1 < words.Count ? words[i + 1] : "" : words[i][(equals + 1)..];
            var known = true;
            switch (option)
            {
                case "-m" or "--model":
                    result = result with { ModelPath = next };
                    break;
                case "-c" or "--ctx-size":
                    result = result with { ContextTokens = Number(next) };
                    break;
                case "-np" or "--parallel":
                    result = result with { Slots = Math.Clamp(Number(next) ?? 1, 1, 64) };
                    break;
                case "-ngl" or "--gpu-layers" or "--n-gpu-layers":
                    result = result with { GpuLayers = next };
                    break;
                case "-t" or "--threads":
                    result = result with { Threads = Number(next) };
                    break;
                case "--lora":
                    adapters.AddRange(Items(next).Select(file => new LoraConfig { FilePath = file }));
                    break;
                case "--lora-scaled":
                    adapters.AddRange(Items(next).Select(Scaled));
                    break;
                case "--port" or "--host":
                    break;
                default:
                    known = false;
                    if (option.StartsWith('-'))
                    {
                        others.Add(option);
                    }

                    break;
            }

            i += known && equals < 0 ? 1 : 0;
        }

        return result with { Adapters = adapters, Others = others };
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string[] Items(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>FILE:SCALE; what is no number after the colon counts as part of the file's name.</summary>
    private static LoraConfig Scaled(string item)
    {
        var colon = item.LastIndexOf(':');
        return colon > 0 && double.TryParse(item[(colon + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var scale) && double.IsFinite(scale)
            ? new LoraConfig { FilePath = item[..colon], Scale = scale }
            : new LoraConfig { FilePath = item };
    }

    // Words of a shell: quotes group, a backslash before a line break joins lines.
    private static List<string> Words(string command)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var open = false;
        var quote = '\0';
        foreach (var c in command.Replace("\\\n", " ", StringComparison.Ordinal))
        {
            if (quote != '\0' ? c == quote : c is '"' or '\'')
            {
                quote = quote == '\0' ? c : '\0';
                open = true;
            }
            else if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (open)
                {
                    words.Add(word.ToString());
                }

                word.Clear();
                open = false;
            }
            else
            {
                word.Append(c);
                open = true;
            }
        }

        if (open)
        {
            words.Add(word.ToString());
        }

        return words;
    }
}

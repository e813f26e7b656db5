using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using RouterDaemon.Config.Schema;
using RouterDaemon.Config.Yaml;
using RouterDaemon.Fleet;

namespace RouterDaemon.Config.Import;

/// <summary>A Modelfile of Ollama (its docs/modelfile).</summary>
internal static class ModelfileImport
{
    private const int MaxContext = 100_000_000;

    public static ImportResult Import(string name, byte[] bytes)
    {
        var report = new ImportReport();
        var model = new JsonObject();
        var instructions = Instructions(bytes).ToList();

        // The order of instructions does not matter; what parameters mean depends on where the model is.
        var from = instructions.FindLast(i => i.Instruction == "FROM");
        if (from.Instruction is null)
        {
            return new ImportResult { Faults = [new ConfigFault(FaultSeverity.Error, name, 0, 0, "", "there is no FROM: this is no Modelfile")] };
        }

        From(from.Value, new ConfigScalar(from.Line, 1, from.Value, isPlain: true), model, report);
        foreach (var (line, instruction, value) in instructions)
        {
            var at = new ConfigScalar(line, 1, value, isPlain: true);
            switch (instruction)
            {
                case "FROM":
                    if (line != from.Line)
                    {
                        report.Unsupported(at, instruction, "the last FROM counts");
                    }

                    break;
                case "PARAMETER":
                    Parameter(value, at, model, report);
                    break;
                case "ADAPTER" when model.ContainsKey("file") && value.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase):
                    model["lora"] ??= new JsonArray();
                    model["lora"]!.AsArray().Add((JsonNode)new JsonObject { ["file"] = value });
                    report.Exact(at, instruction, "lora");
                    break;
                case "ADAPTER":
                    report.Unsupported(at, instruction, "only adapters in GGUF files can be loaded, beside a model that is one");
                    break;
                case "TEMPLATE":
                    report.Approximate(at, instruction, "the chat template inside the GGUF file is used");
                    break;
                case "LICENSE":
                    report.Exact(at, instruction, "says nothing that a configuration holds");
                    break;
                case "SYSTEM" or "MESSAGE":
                    report.Unsupported(at, instruction, "clients send their own messages");
                    break;
                default:
                    report.Unsupported(at, instruction, "has no counterpart");
                    break;
            }
        }

        var config = model.ContainsKey("file")
            ? new JsonObject { ["models"] = new JsonArray(model) }
            : new JsonObject { ["backends"] = new JsonArray(new JsonObject { ["id"] = "ollama", ["kind"] = "ollama", ["deployments"] = new JsonArray(model) }) };
        return new ImportResult { Config = config, Report = report.Lines };
    }

    private static void From(string value, ConfigNode at, JsonObject model, ImportReport report)
    {
        if (value.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
        {
            var id = Names.Clean(ModelsFolder.IdOf(Path.GetFileNameWithoutExtension(value)));
            model["id"] = id;
            model["file"] = value;
            report.Exact(at, "FROM", $"deployment {id}/local");
            return;
        }

        model["model"] = Names.Clean(value);
        report.Approximate(at, "FROM", $"deployment {value}/ollama: a running Ollama serves it; \"routerd models discover\" finds its file");
    }

    private static void Parameter(string value, ConfigNode at, JsonObject model, ImportReport report)
    {
        var parts = value.Split([' ', '\t'], 2, StringSplitOptions.TrimEntries);
        var path = $"PARAMETER {parts[0]}";
        var number = parts.Length > 1 && int.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : (int?)null;
        var onDevice = model.ContainsKey("file");
        switch (parts[0])
        {
            case "num_ctx" when number is > 0 and <= MaxContext:
                model["context"] = number.Value;
                report.Exact(at, path, $"context: {number}");
                break;
            case "num_gpu" when onDevice && number is not null:
                model["gpu_layers"] = number is >= 0 and <= 10_000 ? JsonValue.Create(number.Value) : JsonValue.Create("auto");
                report.Exact(at, path, $"gpu_layers: {(number >= 0 ? number.Value.ToString(CultureInfo.InvariantCulture) : "auto")}");
                break;
            case "num_thread" when onDevice && number is >= 0 and <= 1024:
                model["threads"] = number.Value;
                report.Exact(at, path, $"threads: {number}");
                break;
            default:
                report.Unsupported(at, path, "is a matter of each request");
                break;
        }
    }

    /// <summary>Instructions with their values; a value in triple quotes may span lines.</summary>
    private static IEnumerable<(int Line, string Instruction, string Value)> Instructions(byte[] bytes)
    {
        const string Quotes = "\"\"\"";
        var lines = Encoding.UTF8.GetString(bytes).ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var start = i + 1;
            var space = line.IndexOfAny([' ', '\t']);
            var instruction = (space < 0 ? line : line[..space]).ToUpperInvariant();
            var value = space < 0 ? "" : line[space..].Trim();
            if (value.StartsWith(Quotes, StringComparison.Ordinal))
            {
                while (i < lines.Length - 1 && !(value.Length >= 2 * Quotes.Length && value.EndsWith(Quotes, StringComparison.Ordinal)))
                {
                    value += "\n" + lines[++i].TrimEnd();
                }
            }

            yield return (start, Shown(instruction), value.Trim('"'));
        }
    }

    private static string Shown(string instruction) => instruction.All(char.IsAsciiLetter) && instruction.Length <= 20 ? instruction : Quoted.Text(instruction);
}

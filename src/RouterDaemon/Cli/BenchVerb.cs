using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using RouterDaemon.Bench.Load;

namespace RouterDaemon.Cli;

/// <summary><c>routerd bench URL</c>: load on any OpenAI-compatible endpoint, with the engine of this project's own harness.</summary>
internal static class BenchVerb
{
    public static Command Create(CliHost host)
    {
        var url = new Argument<string>("URL") { Description = "Base URL of the endpoint, with or without /v1." };
        url.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var text }] && Base(text) is null)
            {
                result.AddError($"\"{text}\" is not an http or https URL");
            }
        });
        var model = new Option<string>("--model", "-m") { Description = "Model asked for. Default auto.", DefaultValueFactory = _ => "auto" };
        var keyEnv = new Option<string?>("--key-env") { Description = "Environment variable with the API key.", HelpName = "NAME" };
        var rate = Number("--rate", "Arrivals per second, sent when they are due whatever was answered; 0 = each connection sends when it has its answer.", 0);
        var connections = Number("--connections", "Connections.", 32);
        var duration = Number("--duration", "Measured seconds.", 10);
        var warmup = Number("--warmup", "Seconds before it.", 2);
        var whole = new Option<bool>("--no-stream") { Description = "Whole answers instead of streams." };
        var tokens = Number("--max-tokens", "Longest answer in tokens; 0 = the server's limit.", 64);
        var body = Number("--body", "Bytes of the request's body.", 1024);
        var ttft = Number("--slo-ttft-ms", "Goodput: latest first token.", 3000);
        var tpot = Number("--slo-tpot-ms", "Goodput: longest mean time between tokens.", 60);
        var svg = new Option<string?>("--svg") { Description = "Also write the percentiles as a picture.", HelpName = "FILE" };
        var json = GlobalOptions.Json();
        var command = new Command("bench", "Measure an OpenAI-compatible endpoint under load.") { url, model, keyEnv, rate, connections, duration, warmup, whole, tokens, body, ttft, tpot, svg, json };
        command.SetAction(async (parsed, _) =>
        {
            LoadOptions options;
            try
            {
                options = new LoadOptions
                {
                    Url = Base(parsed.GetValue(url)!)!,
                    Model = parsed.GetValue(model)!,
                    ApiKey = Key(parsed.GetValue(keyEnv)),
                    RatePerSecond = Between(parsed.GetValue(rate), 0, 1e6, "--rate"),
                    Connections = (int)Between(parsed.GetValue(connections), 1, 20_000, "--connections"),
                    Duration = TimeSpan.FromSeconds(Between(parsed.GetValue(duration), 0.1, 86_400, "--duration")),
                    WarmUp = TimeSpan.FromSeconds(Between(parsed.GetValue(warmup), 0, 3600, "--warmup")),
                    Stream = !parsed.GetValue(whole),
                    MaxTokens = (int)Between(parsed.GetValue(tokens), 0, 1e6, "--max-tokens"),
                    BodyBytes = (int)Between(parsed.GetValue(body), 1, 1 << 24, "--body"),
                    SloTtftMs = Between(parsed.GetValue(ttft), 0.001, 1e7, "--slo-ttft-ms"),
                    SloTpotMs = Between(parsed.GetValue(tpot), 0.001, 1e6, "--slo-tpot-ms"),
                };
            }
            catch (FormatException e)
            {
                host.Error.WriteLine($"routerd: {e.Message}");
                return ExitCode.WrongUsage;
            }

            LoadResult result;
            try
            {
                result = await LoadRun.ExecuteAsync(options, new ProgressBar(host.Error, "measuring").Report).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or IOException or System.Security.Authentication.AuthenticationException)
            {
                host.Error.WriteLine($"routerd: {options.Url.Authority} cannot be measured: {e.Message}");
                return ExitCode.Failed;
            }

            if (parsed.GetValue(svg) is { } file)
            {
                await File.WriteAllTextAsync(Path.GetFullPath(file), BenchPicture.Draw(result), CancellationToken.None).ConfigureAwait(false);
            }

            if (parsed.GetValue(json))
            {
                host.Out.WriteLine(JsonSerializer.Serialize(result, LoadJson.Default.LoadResult));
            }
            else
            {
                Write(host, result, options);
            }

            return result.Requests > 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    private static Option<double> Number(string name, string description, double fallback) =>
        new(name) { Description = $"{description} Default {fallback.ToString(CultureInfo.InvariantCulture)}.", DefaultValueFactory = _ => fallback };

    private static double Between(double value, double min, double max, string name) => value >= min && value <= max
        ? value
        : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must lie from {min} to {max}"));

    private static string Key(string? variable) => variable is null
        ? ""
        : Environment.GetEnvironmentVariable(variable) ?? throw new FormatException($"--key-env: the variable {variable} is not set");

    private static Uri? Base(string text)
    {
        if (!Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            return null;
        }

        return url.AbsolutePath == "/" ? new Uri(url, "/v1") : url;
    }

    private static void Write(CliHost host, LoadResult result, LoadOptions options)
    {
        var table = new CliTable("", "p50", "p90", "p99", "p99.9", "max");
        Row(table, "latency ms", result.Latency);
        if (options.Stream)
        {
            Row(table, "first token ms", result.Ttft);
            Row(table, "between tokens ms", result.Itl);
        }

        table.Write(host);
        host.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{result.Requests} answers, {result.Errors} errors, {result.RequestsPerSecond:F1} a second; {result.Chunks / result.DurationS:F1} chunks a second; goodput {result.Goodput:P1} (first token within {options.SloTtftMs} ms, {options.SloTpotMs} ms between tokens)"));
        if (result.FirstError.Length > 0)
        {
            host.Error.WriteLine($"routerd: first error: {result.FirstError}");
        }
    }

    private static void Row(CliTable table, string name, Quantiles q) => table.Add(name, Ms(q.P50), Ms(q.P90), Ms(q.P99), Ms(q.P999), Ms(q.Max));

    private static string Ms(double microseconds) => (microseconds / 1000).ToString("F2", CultureInfo.InvariantCulture);
}

using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace RouterDaemon.Bench.Engines;

/// <summary>Two servers on the same file, measured in turns: decode and prompt tokens a second, time to the first token, a shared prefix.</summary>
internal sealed class EngineComparison(EngineTarget ours, EngineTarget theirs, int[] clients, int rounds, int vocabulary)
{
    private const int FirstToken = 16;
    private const int DecodePrompt = 16, DecodeTokens = 64, RequestsPerClient = 2;
    private const int LongPrompt = 512;
    private const int MixedPrompt = 128, MixedTokens = 32, MixedRequests = 4;
    private const int SharedPrefix = 700, SharedTail = 8;

    private readonly Dictionary<(string Row, string Target), List<double>> _samples = [];
    private readonly Random _random = new(1);

    /// <summary>Measures and returns a table in Markdown, ratios first: above 1 is ours for speeds, below 1 for times.</summary>
    public async Task<string> RunAsync()
    {
        foreach (EngineTarget target in (EngineTarget[])[ours, theirs])
            await target.CompleteAsync(Prompt(DecodePrompt), 4);
        for (int round = 0; round < rounds; round++)
        {
            // Who goes first changes, so that a drift of the machine hits both.
            foreach (EngineTarget target in round % 2 == 0 ? (EngineTarget[])[ours, theirs] : [theirs, ours])
                await MeasureAsync(target);
        }
        return Table();
    }

    private async Task MeasureAsync(EngineTarget target)
    {
        foreach (int n in clients)
        {
            (double seconds, List<EngineAnswer> answers) = await LoadAsync(target, n, RequestsPerClient, DecodePrompt, DecodeTokens);
            Add($"decode tokens/s, {n} clients", target, answers.Sum(a => a.Tokens) / seconds);
            (seconds, answers) = await LoadAsync(target, n, n == 1 ? 2 : 1, LongPrompt, 1);
            Add($"prompt tokens/s, {n} clients", target, answers.Count * LongPrompt / seconds);
            (_, answers) = await LoadAsync(target, n, MixedRequests, MixedPrompt, MixedTokens);
            double[] first = [.. answers.Select(a => a.FirstMs).Order()];
            Add($"TTFT p50 ms, {n} clients", target, first[first.Length / 2]);
            Add($"TTFT p99 ms, {n} clients", target, first[(int)Math.Ceiling(first.Length * 0.99) - 1]);
        }
        for (int i = 0; i < 3; i++)
        {
            int[] prefix = Prompt(SharedPrefix);
            double cold = (await target.CompleteAsync([.. prefix, .. Prompt(SharedTail)], 1)).FirstMs;
            double shared = (await target.CompleteAsync([.. prefix, .. Prompt(SharedTail)], 1)).FirstMs;
            Add("TTFT ms, 708 tokens, cold", target, cold);
            Add("TTFT ms, 700 of 708 shared", target, shared);
            Add("shared / cold", target, shared / cold);
        }
    }

    private async Task<(double Seconds, List<EngineAnswer> Answers)> LoadAsync(EngineTarget target, int count, int requests, int promptTokens, int tokens)
    {
        int[][][] prompts = [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, requests).Select(_ => Prompt(promptTokens)).ToArray())];
        long started = Stopwatch.GetTimestamp();
        List<EngineAnswer>[] answers = await Task.WhenAll(prompts.Select(async mine =>
        {
            List<EngineAnswer> got = [];
            foreach (int[] prompt in mine)
                got.Add(await target.CompleteAsync(prompt, tokens));
            return got;
        }));
        return (Stopwatch.GetElapsedTime(started).TotalSeconds, [.. answers.SelectMany(a => a)]);
    }

    private int[] Prompt(int tokens)
    {
        int[] prompt = new int[tokens];
        for (int i = 0; i < tokens; i++)
            prompt[i] = _random.Next(FirstToken, vocabulary);
        return prompt;
    }

    private void Add(string row, EngineTarget target, double value)
    {
        if (!_samples.TryGetValue((row, target.Name), out List<double>? list))
            _samples[(row, target.Name)] = list = [];
        list.Add(value);
    }

    private string Table()
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"| | ratio | {ours.Name} | {theirs.Name} |").AppendLine("|---|---|---|---|");
        foreach (string row in _samples.Keys.Select(k => k.Row).Distinct())
        {
            double a = Median(_samples[(row, ours.Name)]), b = Median(_samples[(row, theirs.Name)]);
            text.AppendLine(CultureInfo.InvariantCulture, $"| {row} | **{a / b:F2}** | {Show(a)} | {Show(b)} |");
        }
        return text.ToString();
    }

    private static string Show(double value) => value.ToString(value < 10 ? "F2" : value < 100 ? "F1" : "F0", CultureInfo.InvariantCulture);

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}

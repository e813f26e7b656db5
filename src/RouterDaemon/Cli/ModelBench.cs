using System.Diagnostics;
using RouterDaemon.Engine;

namespace RouterDaemon.Cli;

/// <summary>Measures a loaded model from inside, without HTTP: random tokens in, no stop by the model.</summary>
internal sealed class ModelBench(EngineHost engine, string model, ModelFacts facts)
{
    private const int MaxPromptTokens = 512, MaxAnswerTokens = 64, ShortPromptTokens = 16;

    private readonly Random _random = new(1);

    /// <summary>Tokens of a long prompt: as many as half a slot holds.</summary>
    public int PromptTokens => Math.Min(MaxPromptTokens, facts.ContextTokens / 2);

    /// <summary>Tokens of an answer.</summary>
    public int AnswerTokens => Math.Min(MaxAnswerTokens, facts.ContextTokens / 4);

    /// <summary>Measures with a number of requests at once.</summary>
    public async Task<ModelBenchRow> RunAsync(int clients, CancellationToken cancellationToken)
    {
        var (promptSeconds, first) = await LoadAsync(clients, PromptTokens, 1, cancellationToken).ConfigureAwait(false);
        var (decodeSeconds, _) = await LoadAsync(clients, ShortPromptTokens, AnswerTokens, cancellationToken).ConfigureAwait(false);
        Array.Sort(first);
        return new ModelBenchRow(
            clients, clients * PromptTokens / promptSeconds, clients * AnswerTokens / decodeSeconds, first[first.Length / 2], first[(int)Math.Ceiling(first.Length * 0.99) - 1]);
    }

    /// <summary>Time to the first token of a long prompt, and of one that shares nearly all of it, in milliseconds.</summary>
    public async Task<(double ColdMs, double SharedMs)> SharedPrefixAsync(CancellationToken cancellationToken)
    {
        var prompt = Prompt(PromptTokens);
        var cold = await FirstTokenAsync(prompt, 1, cancellationToken).ConfigureAwait(false);
        var tail = Prompt(4);
        tail.CopyTo(prompt, prompt.Length - tail.Length);
        return (cold, await FirstTokenAsync(prompt, 1, cancellationToken).ConfigureAwait(false));
    }

    private async Task<(double Seconds, double[] FirstMs)> LoadAsync(int clients, int promptTokens, int answerTokens, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var tasks = new Task<double>[clients];
        for (var i = 0; i < clients; i++)
        {
            tasks[i] = FirstTokenAsync(Prompt(promptTokens), answerTokens, cancellationToken);
        }

        var first = await Task.WhenAll(tasks).ConfigureAwait(false);
        return (Stopwatch.GetElapsedTime(started).TotalSeconds, first);
    }

    /// <summary>Runs a request to its end.</summary>
    private async Task<double> FirstTokenAsync(int[] prompt, int answerTokens, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var request = new GenerationRequest { PromptTokens = prompt, MaxTokens = answerTokens, IgnoreEos = true };
        var firstMs = 0.0;
        using var generation = await engine.SubmitAsync(model, request, cancellationToken).ConfigureAwait(false);
        await foreach (var _ in generation.Events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            firstMs = firstMs == 0 ? Stopwatch.GetElapsedTime(started).TotalMilliseconds : firstMs;
        }

        return firstMs;
    }

    private int[] Prompt(int tokens)
    {
        var prompt = new int[tokens];
        for (var i = 0; i < tokens; i++)
        {
            prompt[i] = _random.Next(facts.VocabularySize);
        }

        return prompt;
    }
}

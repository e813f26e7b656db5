using System.Text;
using RouterDaemon.Engine.Hosting;
using RouterDaemon.Native;

namespace RouterDaemon.Engine.Vectors;

/// <summary>The side of a loaded model that makes vectors of texts, or scores of pairs of them.</summary>
internal sealed class VectorModel : IDisposable
{
    /// <summary>Most texts or documents of one request, as OpenAI has it.</summary>
    public const int MaxInputs = 2048;

    private const int MaxSequences = 64;
    private const long MaxScoreBytes = 256L << 20;

    private readonly LlamaModel _model;
    private readonly VectorLoop _loop;
    private readonly string? _pairTemplate;

    private VectorModel(LlamaModel model, LlamaContext context, string id)
    {
        _model = model;
        _pairTemplate = model.ChatTemplate("rerank");
        _loop = new VectorLoop(context, id);
        Kind = (PoolingKind)context.PoolingType;
    }

    public PoolingKind Kind { get; }

    /// <summary>A model whose pooling is <paramref name="kind"/>.</summary>
    /// <param name="tokens">Tokens of the longest text.</param>
    /// <param name="heads">Attention heads, which the score buffer grows with.</param>
    /// <param name="threads">Compute threads.</param>
    /// <param name="adapters">Applied as configured.</param>
    /// <exception cref="InvalidDataException">llama.cpp could not make the context.</exception>
    public static VectorModel Create(LlamaModel model, string id, PoolingKind kind, int tokens, long heads, int threads, ModelAdapters adapters)
    {
        // A text must be computed in one piece, or its tokens could not be pooled.
        LlamaContext context = LlamaContext.Create(model, new ContextSettings(
            tokens, tokens, Math.Min(MaxSequences, tokens), tokens, threads, UnifiedCache: true,
            FlashAttention: heads * tokens * tokens * sizeof(float) > MaxScoreBytes, Embeddings: true, PoolingType: (int)kind));
        context.SetAdapters(adapters.Loaded, adapters.Configured.Scales);
        return new VectorModel(model, context, id);
    }

    /// <exception cref="EngineException">An input is empty, too long or holds unknown tokens; or the model makes scores.</exception>
    public async Task<VectorResult> EmbedAsync(IReadOnlyList<VectorInput> inputs, CancellationToken ct)
    {
        if (Kind == PoolingKind.Rank)
            throw new EngineException(EngineErrorKind.Unsupported, "the model scores documents for a query, it makes no embeddings", "input");
        RequestRules.Range(inputs.Count, 1, MaxInputs, "the number of inputs");
        List<int[]> sequences = new(inputs.Count);
        for (int i = 0; i < inputs.Count; i++)
        {
            int[] tokens = inputs[i].Text is { } text ? _model.Tokenize(Encoding.UTF8.GetBytes(text), addSpecial: true, parseSpecial: true) : inputs[i].Tokens.ToArray();
            RequestRules.CheckTokens(tokens, _model.VocabularySize, $"input[{i}]");
            sequences.Add(Checked(tokens, inputs.Count == 1 ? "input" : $"input[{i}]"));
        }
        float[][] vectors = await RunAsync(sequences, ct).ConfigureAwait(false);
        return vectors.Any(v => v.Length == 0)
            ? throw new EngineException(EngineErrorKind.Internal, "the model gave no vector")
            : new VectorResult(vectors, sequences.Sum(s => s.Length));
    }

    /// <exception cref="EngineException">A pair is too long, or the model makes embeddings.</exception>
    public async Task<ScoreResult> ScoreAsync(string query, IReadOnlyList<string> documents, CancellationToken ct)
    {
        if (Kind != PoolingKind.Rank)
            throw new EngineException(EngineErrorKind.Unsupported, "the model makes embeddings, it does not score documents for a query", "query");
        RequestRules.Range(documents.Count, 1, MaxInputs, "the number of documents");
        List<int[]> sequences = new(documents.Count);
        for (int i = 0; i < documents.Count; i++)
            sequences.Add(Checked(Pair(query, documents[i]), $"documents[{i}]"));
        float[][] scores = await RunAsync(sequences, ct).ConfigureAwait(false);
        return new ScoreResult(Array.ConvertAll(scores, static s => s[0]), sequences.Sum(s => s.Length));
    }

    public void Dispose() => _loop.Dispose();

    private async Task<float[][]> RunAsync(List<int[]> sequences, CancellationToken ct)
    {
        VectorJob[] jobs = [.. sequences.Select(s => new VectorJob(s, ct))];
        try
        {
            foreach (VectorJob job in jobs)
                _loop.Submit(job);
        }
        catch (InvalidOperationException e)
        {
            throw new EngineException(EngineErrorKind.Internal, "the model was unloaded", null, e);
        }
        return await Task.WhenAll(jobs.Select(j => j.Result)).WaitAsync(ct).ConfigureAwait(false);
    }

    private int[] Checked(int[] tokens, string param)
    {
        if (tokens.Length == 0)
            throw RequestRules.Invalid($"{param} has no tokens", param);
        return tokens.Length <= _loop.MaxTokens
            ? tokens
            : throw new EngineException(
                EngineErrorKind.ContextLengthExceeded, $"{param} has {tokens.Length} tokens, the model takes {_loop.MaxTokens} at once (context)", param);
    }

    /// <summary>A query and a document as llama-server joins them: by the model's own template, else with the vocabulary's separators.</summary>
    private int[] Pair(string query, string document)
    {
        if (_pairTemplate is not null)
        {
            // In one pass, so that a query may speak of {document}.
            string text = string.Join(query, _pairTemplate.Split("{query}").Select(p => p.Replace("{document}", document, StringComparison.Ordinal)));
            return _model.Tokenize(Encoding.UTF8.GetBytes(text), addSpecial: false, parseSpecial: true);
        }
        int[] bos = _model.AddsBos && _model.Bos >= 0 ? [_model.Bos] : [];
        int[] eos = _model.AddsEos && _model.Eos >= 0 ? [_model.Eos] : [];
        int[] separator = _model.Separator >= 0 ? [_model.Separator] : [];
        return [.. bos, .. Plain(query), .. eos, .. separator, .. Plain(document), .. eos];
    }

    private int[] Plain(string text) => _model.Tokenize(Encoding.UTF8.GetBytes(text), addSpecial: false, parseSpecial: false);
}

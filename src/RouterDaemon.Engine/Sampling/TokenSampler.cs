using RouterDaemon.Native;

namespace RouterDaemon.Engine.Sampling;

/// <summary>
/// Chooses the tokens of one generation. Biases and penalties act on the few logits they concern; then greedy is an arg-max over the
/// row, anything else a llama.cpp chain that truncates before it sorts or draws.
/// </summary>
internal sealed class TokenSampler : IDisposable
{
    private readonly PenaltyWindow _penalties;
    private readonly KeyValuePair<int, float>[] _bias;
    private readonly LlamaSampler? _chain;
    private readonly bool _chainNeedsHistory;
    private LlamaSampler? _grammar;

    /// <param name="model">The model whose tokens are chosen.</param>
    /// <param name="grammar">Grammar of the text, null = none; owned by this object from now on.</param>
    /// <param name="options">Checked options.</param>
    /// <param name="banned">Tokens that are never chosen, the end-of-generation ones for <c>ignore_eos</c>.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <param name="contextTokens">Longest window of the penalties.</param>
    public TokenSampler(LlamaModel model, LlamaSampler? grammar, SamplingOptions options, IReadOnlyList<int> banned, uint seed, int contextTokens)
    {
        _penalties = new PenaltyWindow(options, contextTokens);
        _bias = [.. options.LogitBias ?? new Dictionary<int, float>(), .. banned.Select(t => KeyValuePair.Create(t, float.NegativeInfinity))];
        _grammar = grammar;
        _chain = SamplerChain.Build(model, options, seed, contextTokens);
        _chainNeedsHistory = SamplerChain.NeedsHistory(options);
    }

    /// <summary>The next token.</summary>
    /// <param name="logits">Row of logits, [vocabulary]; changed by this call.</param>
    /// <param name="scratch">Candidate buffer, [vocabulary].</param>
    /// <exception cref="EngineException">No token is possible: NaN logits, or a grammar without continuation.</exception>
    public int Sample(Span<float> logits, TokenCandidate[] scratch)
    {
        foreach ((int id, float value) in _bias)
            logits[id] += value;
        if (_penalties.Active)
            _penalties.Apply(logits);
        int token = Choose(logits, scratch, constrained: false);
        if (_grammar is not null && !Allows(token))
            token = Choose(logits, scratch, constrained: true);
        return token;
    }

    /// <summary>Records a token: one that was sampled, or one of the prompt.</summary>
    public void Accept(int token, bool generated)
    {
        _penalties.Add(token);
        if (_chainNeedsHistory)
            _chain!.Accept(token);
        if (generated)
            _grammar?.Accept(token);
    }

    /// <summary>Binds the rest of the text to a grammar.</summary>
    public void Constrain(LlamaSampler grammar)
    {
        _grammar?.Dispose();
        _grammar = grammar;
    }

    public void Dispose()
    {
        _chain?.Dispose();
        _grammar?.Dispose();
    }

    /// <summary>Most tokens already fit the grammar: one candidate is checked instead of the whole vocabulary.</summary>
    private bool Allows(int token)
    {
        Span<TokenCandidate> one = [new TokenCandidate { Id = token, Logit = 1f }];
        _grammar!.Apply(one, sorted: true);
        return one[0].Logit > float.NegativeInfinity;
    }

    private int Choose(ReadOnlySpan<float> logits, TokenCandidate[] scratch, bool constrained)
    {
        if (_chain is null && !constrained)
        {
            int best = ArgMax.Of(logits);
            return best >= 0 ? best : throw NoToken("the model gave no finite logits");
        }
        Span<TokenCandidate> candidates = scratch.AsSpan(0, logits.Length);
        for (int i = 0; i < candidates.Length; i++)
            candidates[i] = new TokenCandidate { Id = i, Logit = logits[i] };
        if (constrained)
            candidates = candidates[..KeepAllowed(candidates)];
        if (_chain is null)
            return Best(candidates);
        (int count, int selected) = _chain.Apply(candidates, sorted: false);
        return selected >= 0 && selected < count && float.IsFinite(candidates[selected].Logit)
            ? candidates[selected].Id
            : throw NoToken("no token is left after sampling");
    }

    private int KeepAllowed(Span<TokenCandidate> candidates)
    {
        _grammar!.Apply(candidates, sorted: false);
        int kept = 0;
        foreach (TokenCandidate candidate in candidates)
        {
            if (candidate.Logit > float.NegativeInfinity)
                candidates[kept++] = candidate;
        }
        return kept > 0 ? kept : throw NoToken("the grammar allows no token here");
    }

    private static int Best(ReadOnlySpan<TokenCandidate> candidates)
    {
        TokenCandidate best = candidates[0];
        foreach (TokenCandidate candidate in candidates)
            best = candidate.Logit > best.Logit ? candidate : best;
        return best.Id;
    }

    private static EngineException NoToken(string why) => new(EngineErrorKind.Internal, why);
}

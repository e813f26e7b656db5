namespace RouterDaemon.Engine.Sampling;

/// <summary>
/// Repeat, frequency and presence penalties over the last tokens. Touches only the logits of tokens seen, unlike a pass over the
/// vocabulary. Repeat penalty: arXiv:1909.05858, with multiplication for negative logits as llama.cpp does.
/// </summary>
internal sealed class PenaltyWindow
{
    private readonly Dictionary<int, int> _counts = [];
    private readonly Queue<int> _window = new();
    private readonly int _size;
    private readonly SamplingOptions _options;

    public PenaltyWindow(SamplingOptions options, int contextTokens)
    {
        _options = options;
        bool active = options.RepeatPenalty != 1f || options.FrequencyPenalty != 0f || options.PresencePenalty != 0f;
        _size = !active ? 0 : options.PenaltyLastTokens < 0 ? contextTokens : Math.Min(options.PenaltyLastTokens, contextTokens);
    }

    public bool Active => _size > 0;

    public void Add(int token)
    {
        if (_size == 0)
            return;
        if (_window.Count == _size)
        {
            int oldest = _window.Dequeue();
            if (--_counts[oldest] == 0)
                _counts.Remove(oldest);
        }
        _window.Enqueue(token);
        _counts[token] = _counts.GetValueOrDefault(token) + 1;
    }

    public void Apply(Span<float> logits)
    {
        foreach ((int token, int count) in _counts)
        {
            ref float logit = ref logits[token];
            logit = logit <= 0 ? logit * _options.RepeatPenalty : logit / _options.RepeatPenalty;
            logit -= count * _options.FrequencyPenalty + _options.PresencePenalty;
        }
    }
}

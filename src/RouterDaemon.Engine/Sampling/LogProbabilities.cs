using RouterDaemon.Native;

namespace RouterDaemon.Engine.Sampling;

/// <summary>Log probabilities over a row of raw logits.</summary>
internal static class LogProbabilities
{
    /// <summary>The entry of a token with its alternatives.</summary>
    /// <param name="model">For the tokens' text.</param>
    /// <param name="logits">Raw logits, [vocabulary].</param>
    /// <param name="token">The token that was taken.</param>
    /// <param name="top">Alternatives wanted, 0 to 20.</param>
    public static TokenLogProb Describe(LlamaModel model, ReadOnlySpan<float> logits, int token, int top)
    {
        float max = ArgMax.Max(logits);
        double sum = 0;
        foreach (float logit in logits)
            sum += MathF.Exp(logit - max);
        float normaliser = max + (float)Math.Log(sum);
        TokenLogProb[] best = new TokenLogProb[top];
        Span<int> ids = stackalloc int[top];
        int found = TopIndices(logits, ids);
        for (int i = 0; i < found; i++)
            best[i] = new TokenLogProb(ids[i], model.TokenBytes(ids[i], special: true), Bounded(logits[ids[i]] - normaliser), []);
        return new TokenLogProb(token, model.TokenBytes(token, special: true), Bounded(logits[token] - normaliser), best.AsSpan(0, found).ToArray());
    }

    /// <summary>JSON has no infinity: a banned token reports the lowest finite value that clients know from OpenAI.</summary>
    private static float Bounded(float logProb) => float.IsFinite(logProb) ? logProb : -9999f;

    private static int TopIndices(ReadOnlySpan<float> logits, Span<int> ids)
    {
        int count = 0;
        for (int i = 0; i < logits.Length && ids.Length > 0; i++)
        {
            float logit = logits[i];
            if (count == ids.Length && !(logit > logits[ids[count - 1]]))
                continue;
            int at = count < ids.Length ? count++ : count - 1;
            while (at > 0 && logits[ids[at - 1]] < logit)
            {
                ids[at] = ids[at - 1];
                at--;
            }
            ids[at] = i;
        }
        return count;
    }
}

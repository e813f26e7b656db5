using RouterDaemon.Native;

namespace RouterDaemon.Engine.Sampling;

/// <summary>The chain of llama.cpp samplers that options ask for, in llama-server's order.</summary>
internal static class SamplerChain
{
    /// <summary>Null for plain greedy choice, which needs no chain.</summary>
    public static LlamaSampler? Build(LlamaModel model, SamplingOptions options, uint seed, int contextTokens)
    {
        if (options.Temperature <= 0 && !NeedsHistory(options))
            return null;
        LlamaSampler chain = LlamaSampler.CreateChain();
        if (NeedsHistory(options))
        {
            int last = options.DryLastTokens < 0 ? contextTokens : Math.Min(options.DryLastTokens, contextTokens);
            chain.AddDry(model, options.DryMultiplier, options.DryBase, options.DryAllowedLength, last, options.DryBreakers);
        }
        if (options.Temperature <= 0)
        {
            chain.AddGreedy();
            return chain;
        }
        if (options.Mirostat > 0)
        {
            chain.AddTemperature(options.Temperature);
            if (options.Mirostat == 1)
                chain.AddMirostat(model.VocabularySize, seed, options.MirostatTau, options.MirostatEta);
            else
                chain.AddMirostat2(seed, options.MirostatTau, options.MirostatEta);
            return chain;
        }
        AddTruncations(chain, options, seed);
        if (options.DynamicTemperatureRange > 0)
            chain.AddDynamicTemperature(options.Temperature, options.DynamicTemperatureRange, options.DynamicTemperatureExponent);
        else
            chain.AddTemperature(options.Temperature);
        chain.AddDistribution(seed);
        return chain;
    }

    /// <summary>Whether a sampler of the chain looks at the tokens before.</summary>
    public static bool NeedsHistory(SamplingOptions options) => options.DryMultiplier > 0 && options.DryLastTokens != 0;

    private static void AddTruncations(LlamaSampler chain, SamplingOptions options, uint seed)
    {
        if (options.TopNSigma > 0)
            chain.AddTopNSigma(options.TopNSigma);
        if (options.TopK > 0)
            chain.AddTopK(options.TopK);
        if (options.TypicalP < 1)
            chain.AddTypical(options.TypicalP);
        if (options.TopP < 1)
            chain.AddTopP(options.TopP);
        if (options.MinP > 0)
            chain.AddMinP(options.MinP);
        if (options.XtcProbability > 0)
            chain.AddXtc(options.XtcProbability, options.XtcThreshold, seed);
    }
}

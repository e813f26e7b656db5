using RouterDaemon.Native;

namespace RouterDaemon.Engine.Sampling;

/// <summary>The chain of llama.cpp samplers that options ask for, in llama-server's order.</summary>
internal static class SamplerChain
{
    /// <summary>Null for plain greedy choice, which needs no chain.</summary>
    public static LlamaSampler? Build(SamplingOptions options, uint seed)
    {
        if (options.Temperature <= 0)
            return null;
        LlamaSampler chain = LlamaSampler.CreateChain();
        if (options.TopK > 0)
            chain.AddTopK(options.TopK);
        if (options.TypicalP < 1)
            chain.AddTypical(options.TypicalP);
        if (options.TopP < 1)
            chain.AddTopP(options.TopP);
        if (options.MinP > 0)
            chain.AddMinP(options.MinP);
        chain.AddTemperature(options.Temperature);
        chain.AddDistribution(seed);
        return chain;
    }
}

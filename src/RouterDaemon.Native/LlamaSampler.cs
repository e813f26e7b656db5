using System.Text;
using Microsoft.Win32.SafeHandles;
using RouterDaemon.Native.Interop;

namespace RouterDaemon.Native;

/// <summary>A chain of llama.cpp samplers, or a grammar. Belongs to one thread at a time.</summary>
public sealed class LlamaSampler : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <summary>Largest grammar accepted, in bytes of GBNF.</summary>
    public const int MaxGrammarBytes = 1 << 20;

    /// <summary>Deepest nesting of groups accepted: llama.cpp's parser recurses on the native stack.</summary>
    public const int MaxGrammarDepth = 128;

    private LlamaSampler(nint sampler) : base(ownsHandle: true) => SetHandle(sampler);

    /// <summary>An empty chain.</summary>
    public static LlamaSampler CreateChain() => new(LlamaApi.llama_sampler_chain_init(1));

    /// <summary>A grammar on its own.</summary>
    /// <param name="model">Model whose vocabulary the text is made of; must outlive the sampler.</param>
    /// <param name="gbnf">Rules; <c>root</c> is the start.</param>
    /// <exception cref="FormatException">The grammar does not parse, is too large or nests too deeply.</exception>
    public static unsafe LlamaSampler CreateGrammar(LlamaModel model, string gbnf)
    {
        byte[] text = CheckGrammar(gbnf);
        fixed (byte* rules = text, root = "root\0"u8)
        {
            nint sampler = LlamaApi.llama_sampler_init_grammar(model.Vocab, rules, root);
            return sampler != 0 ? new LlamaSampler(sampler) : throw new FormatException("the grammar does not parse");
        }
    }

    public void AddTopK(int k) => Add(LlamaApi.llama_sampler_init_top_k(k));

    public void AddTopP(float p) => Add(LlamaApi.llama_sampler_init_top_p(p, 1));

    public void AddMinP(float p) => Add(LlamaApi.llama_sampler_init_min_p(p, 1));

    public void AddTypical(float p) => Add(LlamaApi.llama_sampler_init_typical(p, 1));

    public void AddTemperature(float temperature) => Add(LlamaApi.llama_sampler_init_temp(temperature));

    public void AddDynamicTemperature(float temperature, float range, float exponent) =>
        Add(LlamaApi.llama_sampler_init_temp_ext(temperature, range, exponent));

    public void AddXtc(float probability, float threshold, uint seed) =>
        Add(LlamaApi.llama_sampler_init_xtc(probability, threshold, 1, seed));

    public void AddTopNSigma(float n) => Add(LlamaApi.llama_sampler_init_top_n_sigma(n));

    public void AddMirostat(int vocabularySize, uint seed, float tau, float eta) =>
        Add(LlamaApi.llama_sampler_init_mirostat(vocabularySize, seed, tau, eta, 100));

    public void AddMirostat2(uint seed, float tau, float eta) => Add(LlamaApi.llama_sampler_init_mirostat_v2(seed, tau, eta));

    public void AddDistribution(uint seed) => Add(LlamaApi.llama_sampler_init_dist(seed));

    public void AddGreedy() => Add(LlamaApi.llama_sampler_init_greedy());

    public unsafe void AddDry(
        LlamaModel model, float multiplier, float dryBase, int allowedLength, int lastTokens, IReadOnlyList<string> breakers)
    {
        using Utf8Strings words = new(breakers);
        Add(LlamaApi.llama_sampler_init_dry(
            model.Vocab, multiplier, dryBase, allowedLength, lastTokens, words.Pointers, (nuint)breakers.Count));
    }

    /// <summary>Runs the sampler over candidates, which it may reorder and cut.</summary>
    /// <param name="candidates">At least one candidate.</param>
    /// <param name="sorted">Whether they are in falling order of logit.</param>
    /// <returns>How many are left, and the index of the chosen one; -1 when the sampler chooses none.</returns>
    public unsafe (int Count, int Selected) Apply(Span<TokenCandidate> candidates, bool sorted)
    {
        ObjectDisposedException.ThrowIf(IsClosed || IsInvalid, this);
        ArgumentOutOfRangeException.ThrowIfZero(candidates.Length, nameof(candidates));
        fixed (TokenCandidate* data = candidates)
        {
            LlamaTokenDataArray array = new()
            {
                Data = data,
                Size = (nuint)candidates.Length,
                Selected = -1,
                Sorted = sorted ? (byte)1 : (byte)0,
            };
            LlamaApi.llama_sampler_apply(handle, &array);
            int count = (int)array.Size;
            // A sampler may work in a buffer of its own; its result belongs in the caller's.
            if (array.Data != data)
                new ReadOnlySpan<TokenCandidate>(array.Data, count).CopyTo(candidates);
            return (count, array.Selected >= 0 && array.Selected < count ? (int)array.Selected : -1);
        }
    }

    /// <summary>Tells the sampler which token was taken. A grammar must have allowed it: llama.cpp ends the process otherwise.</summary>
    public void Accept(int token)
    {
        ObjectDisposedException.ThrowIf(IsClosed || IsInvalid, this);
        LlamaApi.llama_sampler_accept(handle, token);
    }

    protected override bool ReleaseHandle()
    {
        LlamaApi.llama_sampler_free(handle);
        return true;
    }

    private void Add(nint sampler)
    {
        ObjectDisposedException.ThrowIf(IsClosed || IsInvalid, this);
        if (sampler == 0)
            throw new InvalidOperationException("llama.cpp refused the sampler's parameters");
        LlamaApi.llama_sampler_chain_add(handle, sampler);
    }

    private static byte[] CheckGrammar(string gbnf)
    {
        if (gbnf.Contains('\0'))
            throw new FormatException("the grammar holds a NUL character");
        byte[] text = Encoding.UTF8.GetBytes(gbnf + '\0');
        if (text.Length > MaxGrammarBytes)
            throw new FormatException($"the grammar has {text.Length} bytes, the limit is {MaxGrammarBytes}");
        // Parentheses inside literals count too: that errs on the safe side and real grammars are far below the limit.
        int depth = 0;
        foreach (byte b in text)
        {
            depth += b == (byte)'(' ? 1 : b == (byte)')' ? -1 : 0;
            if (depth > MaxGrammarDepth)
                throw new FormatException($"the grammar nests groups deeper than {MaxGrammarDepth}");
            depth = Math.Max(0, depth);
        }
        return text;
    }
}

using RouterDaemon.Engine.Gguf;
using RouterDaemon.Engine.Tools;

namespace RouterDaemon.Engine;

/// <summary>What a model can be used for, read off its file's header without loading it.</summary>
/// <param name="Generates">It generates text token by token; else it only makes vectors.</param>
/// <param name="CallsTools">It has a chat template, so tools can be described to it: in the form that the template knows, else in one of our own.</param>
/// <param name="Infills">Its vocabulary has the tokens for filling in the middle.</param>
/// <param name="Pooling">How it makes vectors or scores, as the file or the configuration says.</param>
/// <param name="ContextTokens">Context it was trained with, 0 = the file does not say.</param>
public sealed record ModelTraits(bool Generates, bool CallsTools, bool Infills, PoolingKind Pooling, int ContextTokens)
{
    private static readonly string[] InfillPrefixes =
    [
        "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>", "<|code_prefix|>", "<|prefix|>",
    ];

    /// <summary>Reads a file's header.</summary>
    /// <param name="path">The GGUF file.</param>
    /// <param name="pooling">What the configuration says; null = as the file says.</param>
    /// <exception cref="InvalidDataException">Not GGUF, damaged or truncated; the message names the file and the place.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ModelTraits Read(string path, PoolingKind? pooling = null) => Of(GgufHeader.Read(path), pooling);

    internal static ModelTraits Of(GgufHeader header, PoolingKind? pooling)
    {
        PoolingKind fromFile = (PoolingKind)header.Number($"{header.Architecture}.pooling_type");
        // Encoders say that they are not causal; decoders that were trained for vectors say how to pool.
        bool encoder = header.Values.TryGetValue($"{header.Architecture}.attention.causal", out object? causal) && causal is false;
        bool generates = !encoder && fromFile == PoolingKind.None;
        PoolingKind kind = pooling ?? (fromFile != PoolingKind.None ? fromFile : encoder ? PoolingKind.Mean : PoolingKind.None);
        if (kind == PoolingKind.Rank && !header.Tensors.Any(t => t.Name is "cls.weight" or "cls.output.weight"))
            kind = PoolingKind.None;
        return new ModelTraits(
            generates, generates && ToolCatalog.StyleOf(header.ChatTemplate) != ToolStyle.None, generates && HasInfillTokens(header), kind, header.ContextTokens);
    }

    private static bool HasInfillTokens(GgufHeader header) =>
        header.Values.ContainsKey("tokenizer.ggml.fim_pre_token_id") || header.Values.ContainsKey("tokenizer.ggml.prefix_token_id")
        || (header.Values.TryGetValue("tokenizer.ggml.tokens", out object? tokens) && tokens is GgufArray array
            && array.Marks.Any(m => Array.IndexOf(InfillPrefixes, m) >= 0));
}

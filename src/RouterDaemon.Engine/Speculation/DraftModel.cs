using System.Runtime.InteropServices;
using RouterDaemon.Engine.Sampling;
using RouterDaemon.Engine.Scheduling;
using RouterDaemon.Native;

namespace RouterDaemon.Engine.Speculation;

/// <summary>
/// Guesses with a smaller model of the same vocabulary, greedily. It has a sequence for each slot, which follows the slot's text: what it
/// has not seen yet, a whole prompt at first, it computes before it guesses.
/// </summary>
internal sealed class DraftModel : IDrafter
{
    /// <summary>Vocabularies may differ in unused entries at their end (llama.cpp's speculative example allows as many).</summary>
    private const int MaxVocabularyDifference = 128;

    /// <summary>Entries at the beginning that name the model rather than text.</summary>
    private const int FirstComparedToken = 5;

    private readonly LlamaModel _model;
    private readonly LlamaContext _context;
    private readonly TokenBatch _batch;
    private readonly List<int>[] _known;
    private readonly int _vocabulary;

    private DraftModel(LlamaModel model, LlamaContext context, int slots, int vocabulary)
    {
        _model = model;
        _context = context;
        _batch = new TokenBatch(context.BatchTokens);
        _known = [.. Enumerable.Range(0, slots).Select(_ => new List<int>())];
        _vocabulary = vocabulary;
    }

    /// <summary>Loads the model of a file and makes its context.</summary>
    /// <param name="path">The GGUF file.</param>
    /// <param name="target">The model that it guesses for.</param>
    /// <param name="targetPath">Its file, for errors.</param>
    /// <param name="settings">Context of the target.</param>
    /// <param name="gpuLayers">Layers on the GPU, as the target's.</param>
    /// <exception cref="InvalidDataException">It cannot be used; the message names the files.</exception>
    public static DraftModel Load(string path, LlamaModel target, string targetPath, ContextSettings settings, int gpuLayers)
    {
        LlamaModel model = LlamaModel.Load(path, new ModelLoadSettings(gpuLayers), static _ => true);
        try
        {
            if (model.IsRecurrent || !model.HasDecoder)
                throw new InvalidDataException($"draft model {path}: it is not a model whose text can be taken back token by token");
            CheckVocabulary(model, path, target, targetPath);
            LlamaContext context = LlamaContext.Create(model, settings with { MaxOutputs = settings.MaxSequences, OutputsPerSequence = 1 });
            return new DraftModel(model, context, settings.MaxSequences, Math.Min(model.VocabularySize, target.VocabularySize));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    public int Draft(Slot slot, Span<int> draft)
    {
        List<int> known = _known[slot.Id];
        if (known.Count != slot.Tokens.Count || !Compute(known, slot.Id, [slot.PendingToken], output: true))
            return 0;
        int guessed = 0;
        while (guessed < draft.Length)
        {
            int token = ArgMax.Of(_context.Logits(_batch.Count - 1)[.._vocabulary]);
            if (token < 0)
                break;
            draft[guessed++] = token;
            if (guessed < draft.Length && !Compute(known, slot.Id, [token], output: true))
                break;
        }
        return guessed;
    }

    public void Dispose()
    {
        _context.Dispose();
        _model.Dispose();
    }

    public void Follow(Slot slot)
    {
        List<int> known = _known[slot.Id];
        ReadOnlySpan<int> text = CollectionsMarshal.AsSpan(slot.Tokens);
        int common = CollectionsMarshal.AsSpan(known).CommonPrefixLength(text);
        if (common < known.Count)
        {
            if (common == 0 || !_context.TryTruncate(slot.Id, common))
            {
                _context.Clear(slot.Id);
                common = 0;
            }
            known.RemoveRange(common, known.Count - common);
        }
        while (known.Count < text.Length)
        {
            if (!Compute(known, slot.Id, text.Slice(known.Count, Math.Min(_batch.Capacity, text.Length - known.Count)), output: false))
                return;
        }
    }

    /// <summary>Computes tokens behind those that are known; after a failure the sequence is empty.</summary>
    private bool Compute(List<int> known, int sequence, ReadOnlySpan<int> tokens, bool output)
    {
        _batch.Clear();
        for (int i = 0; i < tokens.Length; i++)
            _batch.Add(tokens[i], known.Count + i, sequence, output && i == tokens.Length - 1);
        if (_context.Decode(_batch) != 0)
        {
            _context.Clear(sequence);
            known.Clear();
            return false;
        }
        known.AddRange(tokens);
        return true;
    }

    private static void CheckVocabulary(LlamaModel model, string path, LlamaModel target, string targetPath)
    {
        int shared = Math.Min(model.VocabularySize, target.VocabularySize);
        if (Math.Abs(model.VocabularySize - target.VocabularySize) > MaxVocabularyDifference)
            throw new InvalidDataException(
                $"draft model {path} has {model.VocabularySize} tokens, {targetPath} has {target.VocabularySize}: it must be of the same vocabulary");
        for (int token = FirstComparedToken; token < shared; token++)
        {
            if (model.TokenText(token) != target.TokenText(token))
                throw new InvalidDataException(
                    $"draft model {path}: its token {token} is \"{model.TokenText(token)}\", that of {targetPath} is \"{target.TokenText(token)}\": it must be of the same vocabulary");
        }
    }
}

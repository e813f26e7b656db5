using RouterDaemon.Engine.Speculation;

namespace RouterDaemon.Engine.Scheduling;

/// <summary>One sequence of the KV cache and what runs in it.</summary>
internal sealed class Slot(int id)
{
    /// <summary>llama.cpp's sequence id.</summary>
    public int Id { get; } = id;

    /// <summary>Tokens whose keys and values the cache holds for this sequence, also after its job has gone.</summary>
    public List<int> Tokens { get; } = [];

    public Job? Job { get; set; }

    /// <summary>What <see cref="Tokens"/> were computed with.</summary>
    public AdapterSet Adapters { get; set; } = AdapterSet.None;

    /// <summary>Sampled and not yet computed; valid while generating.</summary>
    public int PendingToken { get; set; }

    /// <summary>Guesses of the tokens behind the pending one.</summary>
    public int[] Draft { get; } = new int[DraftLength.Max];

    /// <summary>How many of <see cref="Draft"/> are in the running batch.</summary>
    public int DraftCount { get; set; }

    /// <summary>Where the logits of this slot are in the running batch, those of its guesses behind them; -1 = nowhere.</summary>
    public int OutputIndex { get; set; } = -1;

    /// <summary>Tokens of this slot in the running batch.</summary>
    public int BatchTokens { get; set; }

    /// <summary>Step at which the slot was last used, for least-recently-used eviction.</summary>
    public long LastUsed { get; set; }

    public bool Prefilling => Job is not null && Tokens.Count < Job.Prompt.Length;

    /// <summary>Tokens of the prompt that are not computed yet; there is a job.</summary>
    public int PromptLeft => Job!.Prompt.Length - Tokens.Count;

    public bool Generating => Job is not null && Tokens.Count >= Job.Prompt.Length;

    /// <summary>There is something to compute: a prompt, or a next token that its reader has room for.</summary>
    public bool HasWork => Job is { } job && (Prefilling || !job.Parked);

    /// <summary>Tokens at the beginning of a prompt that the cache holds as this set computes them.</summary>
    public int CommonPrefix(ReadOnlySpan<int> prompt, AdapterSet adapters) => !Adapters.Equals(adapters)
        ? 0
        : System.Runtime.InteropServices.CollectionsMarshal.AsSpan(Tokens).CommonPrefixLength(prompt);
}

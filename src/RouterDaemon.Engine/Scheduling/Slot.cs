namespace RouterDaemon.Engine.Scheduling;

/// <summary>One sequence of the KV cache and what runs in it.</summary>
internal sealed class Slot(int id)
{
    /// <summary>llama.cpp's sequence id.</summary>
    public int Id { get; } = id;

    /// <summary>Tokens whose keys and values the cache holds for this sequence, also after its job has gone.</summary>
    public List<int> Tokens { get; } = [];

    public Job? Job { get; set; }

    /// <summary>Sampled and not yet computed; valid while generating.</summary>
    public int PendingToken { get; set; }

    /// <summary>Where the logits of this slot are in the running batch, -1 = nowhere.</summary>
    public int OutputIndex { get; set; } = -1;

    /// <summary>Tokens of this slot in the running batch.</summary>
    public int BatchTokens { get; set; }

    /// <summary>Step at which the slot was last used, for least-recently-used eviction.</summary>
    public long LastUsed { get; set; }

    public bool Prefilling => Job is not null && Tokens.Count < Job.Prompt.Length;

    /// <summary>Tokens of the prompt that are not computed yet; there is a job.</summary>
    public int PromptLeft => Job!.Prompt.Length - Tokens.Count;

    public bool Generating => Job is not null && Tokens.Count >= Job.Prompt.Length;

    public int CommonPrefix(ReadOnlySpan<int> prompt) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(Tokens).CommonPrefixLength(prompt);
}

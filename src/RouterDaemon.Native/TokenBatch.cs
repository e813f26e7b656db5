using RouterDaemon.Native.Interop;

namespace RouterDaemon.Native;

/// <summary>A reusable batch of tokens in pinned arrays, one sequence for each token. Belongs to one thread at a time.</summary>
public sealed class TokenBatch
{
    private readonly int[] _tokens;
    private readonly int[] _positions;
    private readonly int[] _sequenceCounts;
    private readonly int[] _sequences;
    private readonly nint[] _sequencePointers;
    private readonly byte[] _outputs;

    /// <param name="capacity">Most tokens it can hold.</param>
    public unsafe TokenBatch(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _tokens = GC.AllocateArray<int>(capacity, pinned: true);
        _positions = GC.AllocateArray<int>(capacity, pinned: true);
        _sequenceCounts = GC.AllocateArray<int>(capacity, pinned: true);
        _sequences = GC.AllocateArray<int>(capacity, pinned: true);
        _sequencePointers = GC.AllocateArray<nint>(capacity, pinned: true);
        _outputs = GC.AllocateArray<byte>(capacity, pinned: true);
        fixed (int* sequences = _sequences)
        {
            for (int i = 0; i < capacity; i++)
            {
                _sequenceCounts[i] = 1;
                _sequencePointers[i] = (nint)(sequences + i);
            }
        }
    }

    public int Capacity => _tokens.Length;

    public int Count { get; private set; }

    /// <summary>Tokens that asked for logits.</summary>
    public int OutputCount { get; private set; }

    public void Clear() => Count = OutputCount = 0;

    /// <summary>Adds a token and returns its index.</summary>
    /// <param name="token">Id inside the vocabulary.</param>
    /// <param name="position">One more than the last position of the sequence.</param>
    /// <param name="sequence">Sequence id.</param>
    /// <param name="output">Whether its logits are wanted.</param>
    public int Add(int token, int position, int sequence, bool output)
    {
        int index = Count;
        _tokens[index] = token;
        _positions[index] = position;
        _sequences[index] = sequence;
        _outputs[index] = output ? (byte)1 : (byte)0;
        Count = index + 1;
        OutputCount += output ? 1 : 0;
        return index;
    }

    internal void Validate(int vocabularySize, int maxSequences)
    {
        for (int i = 0; i < Count; i++)
        {
            if ((uint)_tokens[i] >= (uint)vocabularySize || (uint)_sequences[i] >= (uint)maxSequences || _positions[i] < 0)
                throw new ArgumentOutOfRangeException(
                    nameof(maxSequences), $"batch entry {i}: token {_tokens[i]}, position {_positions[i]}, sequence {_sequences[i]}");
        }
    }

    // The arrays are on the pinned heap: their addresses hold for as long as this object lives.
    internal unsafe LlamaBatch Native()
    {
        fixed (int* tokens = _tokens, positions = _positions, counts = _sequenceCounts)
        fixed (nint* sequences = _sequencePointers)
        fixed (byte* outputs = _outputs)
            return new LlamaBatch
            {
                TokenCount = Count,
                Tokens = tokens,
                Positions = positions,
                SequenceCounts = counts,
                SequenceIds = (int**)sequences,
                Outputs = outputs,
            };
    }
}

using System.Runtime.InteropServices;

namespace RouterDaemon.Native.Interop;

/// <summary><c>llama_batch</c> of llama.h v0.5.0, 56 bytes; every array has <see cref="TokenCount"/> elements.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LlamaBatch
{
    public int TokenCount;
    public int* Tokens;
    public float* Embeddings;
    public int* Positions;
    public int* SequenceCounts;
    public int** SequenceIds;
    public byte* Outputs;
}

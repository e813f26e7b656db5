using System.Runtime.InteropServices;

namespace RouterDaemon.Native.Interop;

/// <summary><c>llama_token_data_array</c> of llama.h v0.5.0, 32 bytes. Samplers may move <see cref="Data"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LlamaTokenDataArray
{
    public TokenCandidate* Data;
    public nuint Size;
    public long Selected;
    public byte Sorted;
}

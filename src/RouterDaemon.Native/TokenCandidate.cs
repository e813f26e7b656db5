using System.Runtime.InteropServices;

namespace RouterDaemon.Native;

/// <summary><c>llama_token_data</c> of llama.h v0.5.0, 12 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TokenCandidate
{
    public int Id;
    public float Logit;
    public float Probability;
}

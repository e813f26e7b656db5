using System.Runtime.InteropServices;

namespace RouterDaemon.Native.Interop;

/// <summary><c>llama_chat_message</c> of llama.h v0.5.0: two zero-terminated UTF-8 strings.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LlamaChatMessage
{
    public byte* Role;
    public byte* Content;
}

using System.Text;
using RouterDaemon.Native.Interop;

namespace RouterDaemon.Native;

/// <summary>llama.cpp's own renderer, which recognises a fixed list of templates by their text.</summary>
public static class ChatTemplates
{
    /// <summary>Renders messages, or returns null when the template is not one that llama.cpp knows.</summary>
    public static unsafe byte[]? Apply(string template, IReadOnlyList<(string Role, string Content)> messages, bool addAssistant)
    {
        LlamaLibrary.EnsureInitialized();
        using Utf8Strings roles = new([.. messages.Select(m => m.Role)]);
        using Utf8Strings contents = new([.. messages.Select(m => m.Content)]);
        LlamaChatMessage[] chat = new LlamaChatMessage[messages.Count + 1];
        int size = 256;
        for (int i = 0; i < messages.Count; i++)
        {
            chat[i] = new LlamaChatMessage { Role = roles.Pointers[i], Content = contents.Pointers[i] };
            size += 2 * (messages[i].Role.Length + Encoding.UTF8.GetByteCount(messages[i].Content)) + 64;
        }
        fixed (byte* text = Encoding.UTF8.GetBytes(template + '\0'))
        fixed (LlamaChatMessage* c = chat)
        {
            while (true)
            {
                byte[] buffer = new byte[size];
                int length;
                fixed (byte* b = buffer)
                    length = LlamaApi.llama_chat_apply_template(text, c, (nuint)messages.Count, addAssistant ? (byte)1 : (byte)0, b, size);
                if (length < 0)
                    return null;
                if (length <= size)
                    return buffer.AsSpan(0, length).ToArray();
                size = length;
            }
        }
    }
}

using System.Buffers;
using System.Text;

namespace RouterDaemon.Relay.Translation;

/// <summary>Frames of server-sent events around a JSON object.</summary>
internal static class SseWriter
{
    /// <summary><c>event: NAME</c> and the start of its data line.</summary>
    public static void Begin(IBufferWriter<byte> output, string name)
    {
        output.Write("event: "u8);
        Encoding.ASCII.GetBytes(name, output);
        output.Write("\ndata: "u8);
    }

    /// <summary>The start of the data line of an event without a name.</summary>
    public static void Begin(IBufferWriter<byte> output) => output.Write("data: "u8);

    /// <summary>The blank line behind an event.</summary>
    public static void End(IBufferWriter<byte> output) => output.Write("\n\n"u8);
}

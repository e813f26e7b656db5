using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace RouterDaemon.Native;

/// <summary>
/// Receives llama.cpp's log, which comes in fragments and from any thread, and passes on whole lines. llama.cpp has one log for the
/// process, so sinks are process-wide too.
/// </summary>
public static class NativeLog
{
    private const int ContinueLevel = 5;
    private const int MaxLineBytes = 4096;
    private const int KeptErrors = 8;

    [ThreadStatic] private static List<byte>? t_line;
    [ThreadStatic] private static int t_level;
    [ThreadStatic] private static List<string>? t_errors;

    private static readonly Lock Gate = new();
    private static Action<NativeLogLevel, string>[] _sinks = [];

    /// <summary>Lines below this level are dropped before they cost anything. Default <see cref="NativeLogLevel.Info"/>.</summary>
    public static NativeLogLevel MinimumLevel { get; set; } = NativeLogLevel.Info;

    /// <summary>Adds a receiver; dispose the result to remove it. It is called from native threads and must not throw or block.</summary>
    public static IDisposable Subscribe(Action<NativeLogLevel, string> sink)
    {
        lock (Gate)
            _sinks = [.. _sinks, sink];
        return new Subscription(sink);
    }

    /// <summary>Starts collecting the error lines that this thread causes, for use in an exception's message.</summary>
    internal static void CollectErrors() => t_errors = [];

    /// <summary>Ends the collection.</summary>
    internal static string TakeErrors()
    {
        string text = string.Join("; ", t_errors ?? []);
        t_errors = null;
        return text;
    }

    [UnmanagedCallersOnly]
    internal static unsafe void Receive(int level, byte* text, nint userData)
    {
        try
        {
            Append(level, MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
        }
        catch (Exception)
        {
            // An exception must never unwind into native code; a lost log line is the smaller loss.
        }
    }

    internal static void Append(int level, ReadOnlySpan<byte> fragment)
    {
        if (level != ContinueLevel)
        {
            Flush();
            t_level = level;
        }
        if (t_level < (int)MinimumLevel)
            return;
        t_line ??= new List<byte>(256);
        while (!fragment.IsEmpty)
        {
            int end = fragment.IndexOf((byte)'\n');
            ReadOnlySpan<byte> part = end < 0 ? fragment : fragment[..end];
            if (t_line.Count < MaxLineBytes)
                t_line.AddRange(part[..Math.Min(part.Length, MaxLineBytes - t_line.Count)]);
            if (end < 0)
                return;
            Flush();
            fragment = fragment[(end + 1)..];
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Flush()
    {
        if (t_line is not { Count: > 0 } line)
            return;
        string text = Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(line)).Trim();
        line.Clear();
        if (text.Length == 0)
            return;
        NativeLogLevel level = (NativeLogLevel)Math.Clamp(t_level, (int)NativeLogLevel.Debug, (int)NativeLogLevel.Error);
        if (level == NativeLogLevel.Error && t_errors is { Count: < KeptErrors } errors)
            errors.Add(text);
        foreach (Action<NativeLogLevel, string> sink in Volatile.Read(ref _sinks))
            sink(level, text);
    }

    private sealed class Subscription(Action<NativeLogLevel, string> sink) : IDisposable
    {
        private Action<NativeLogLevel, string>? _sink = sink;

        public void Dispose()
        {
            lock (Gate)
            {
                if (_sink is null)
                    return;
                int index = Array.IndexOf(_sinks, _sink);
                _sinks = [.. _sinks[..index], .. _sinks[(index + 1)..]];
                _sink = null;
            }
        }
    }
}

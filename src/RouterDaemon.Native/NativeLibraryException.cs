namespace RouterDaemon.Native;

/// <summary>The native libraries are missing, cannot be loaded, or are not the ones this build was written for.</summary>
public sealed class NativeLibraryException : Exception
{
    public NativeLibraryException(string message) : base(message) { }

    public NativeLibraryException(string message, Exception inner) : base(message, inner) { }

    public NativeLibraryException() { }
}

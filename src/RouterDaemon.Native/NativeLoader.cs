using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RouterDaemon.Native.Interop;

namespace RouterDaemon.Native;

/// <summary>
/// Opens the three libraries of one directory by absolute path, base first, and checks them. Nothing is looked up by name, so the
/// working directory and the loader's search path have no say.
/// </summary>
internal sealed class NativeLoader
{
    private const string HowToGet =
        "run `npm ci` in native/ and build again, or set ROUTERD_LLAMA_DIR to a directory that holds them";

    /// <summary>Bytes offered to a function that returns a struct, far more than any version has needed.</summary>
    private const int ProbeBytes = 512;

    private const byte ProbeFill = 0xA5;

    private NativeLoader(string directory, nint ggmlBase, nint ggml, nint llama, string llamaVersion, string ggmlVersion)
    {
        Directory = directory;
        GgmlBase = ggmlBase;
        Ggml = ggml;
        Llama = llama;
        LlamaVersion = llamaVersion;
        GgmlVersion = ggmlVersion;
    }

    public string Directory { get; }

    public nint GgmlBase { get; }

    public nint Ggml { get; }

    public nint Llama { get; }

    public string LlamaVersion { get; }

    public string GgmlVersion { get; }

    /// <exception cref="NativeLibraryException">Missing, unloadable or mismatched; the message says which and what to do.</exception>
    public static NativeLoader Open(string directory)
    {
        if (!System.IO.Directory.Exists(directory))
            throw new NativeLibraryException($"the llama.cpp libraries are not there: no directory {directory}; {HowToGet}");
        string suffix = OperatingSystem.IsMacOS() ? "dylib" : "so";
        string basePath = Find(directory, "libggml-base", suffix);
        string ggmlPath = Find(directory, "libggml", suffix);
        string llamaPath = Find(directory, "libllama", suffix);
        nint ggmlBase = LoadFile(basePath);
        nint ggml = LoadFile(ggmlPath);
        nint llama = LoadFile(llamaPath);
        RequireSymbols(basePath, ggmlBase, AbiCheck.GgmlBaseSymbols);
        RequireSymbols(ggmlPath, ggml, AbiCheck.GgmlSymbols);
        RequireSymbols(llamaPath, llama, AbiCheck.LlamaSymbols);
        string llamaVersion = CallString(llama, "llama_version");
        string ggmlVersion = CallString(ggmlBase, "ggml_version");
        LlamaModelParams model = CallDefaults<LlamaModelParams>(llamaPath, llama, "llama_model_default_params");
        LlamaContextParams context = CallDefaults<LlamaContextParams>(llamaPath, llama, "llama_context_default_params");
        if (AbiCheck.Verify(llamaVersion, model, context) is { } difference)
            throw new NativeLibraryException($"{llamaPath} is not a llama.cpp that this build can use: {difference}; {HowToGet}");
        return new NativeLoader(directory, ggmlBase, ggml, llama, llamaVersion, ggmlVersion);
    }

    /// <summary>
    /// <c>name.variant.tag.so</c> as the packages name it, else <c>name.so</c> as a plain build does. The dot after the name keeps
    /// <c>libllama-common</c> and the CPU variants out.
    /// </summary>
    private static string Find(string directory, string name, string suffix)
    {
        string plain = Path.Combine(directory, $"{name}.{suffix}");
        if (File.Exists(plain))
            return plain;
        string[] found = System.IO.Directory.GetFiles(directory, $"{name}.*.{suffix}");
        return found.Length switch
        {
            1 => found[0],
            0 => throw new NativeLibraryException($"{directory} holds no {name}.{suffix}; {HowToGet}"),
            _ => throw new NativeLibraryException(
                $"{directory} holds several {name} libraries ({string.Join(", ", found.Select(Path.GetFileName))}): two bundles are mixed"),
        };
    }

    private static nint LoadFile(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new NativeLibraryException($"cannot load {path}: {OneLine(e.Message)}", e);
        }
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();

    private static void RequireSymbols(string path, nint handle, string[] names)
    {
        string[] missing = names.Where(n => !NativeLibrary.TryGetExport(handle, n, out _)).ToArray();
        if (missing.Length > 0)
            throw new NativeLibraryException(
                $"{path} lacks {missing.Length} of {names.Length} functions ({string.Join(", ", missing.Take(3))}{(missing.Length > 3 ? ", ..." : "")}): "
                + $"it is not a llama.cpp that this build can use; {HowToGet}");
    }

    private static unsafe string CallString(nint handle, string name)
    {
        byte* text = ((delegate* unmanaged<byte*>)NativeLibrary.GetExport(handle, name))();
        return Marshal.PtrToStringUTF8((nint)text) ?? "";
    }

    /// <summary>
    /// Calls a function that returns a struct with room for a much larger one, so that a library whose struct has grown cannot write
    /// past the end. On x64 the hidden result pointer is an ordinary first argument, which also shows how much was written.
    /// </summary>
    private static unsafe T CallDefaults<T>(string path, nint handle, string name) where T : unmanaged
    {
        nint function = NativeLibrary.GetExport(handle, name);
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || OperatingSystem.IsWindows())
        {
            OversizedResult any = ((delegate* unmanaged<OversizedResult>)function)();
            return Unsafe.As<OversizedResult, T>(ref any);
        }
        Span<byte> buffer = stackalloc byte[ProbeBytes];
        buffer.Fill(ProbeFill);
        fixed (byte* p = buffer)
            _ = ((delegate* unmanaged<byte*, byte*>)function)(p);
        if (buffer[sizeof(T)..].ContainsAnyExcept(ProbeFill))
            throw new NativeLibraryException($"{path} is not a llama.cpp that this build can use: {name}() returns more than {sizeof(T)} bytes");
        return MemoryMarshal.Read<T>(buffer);
    }

    [InlineArray(ProbeBytes)]
    private struct OversizedResult
    {
        private byte _first;
    }
}

using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using RouterDaemon.Native.Interop;

namespace RouterDaemon.Native;

/// <summary>The llama.cpp libraries of this process: loaded once, never unloaded.</summary>
public static class LlamaLibrary
{
    private const string DirectoryVariable = "ROUTERD_LLAMA_DIR";

    private static readonly Lock Gate = new();
    private static NativeStatus? _loaded;
    private static NativeLoader? _handles;

    /// <summary>Where the libraries are looked for when nobody says: <c>ROUTERD_LLAMA_DIR</c>, else <c>llama/</c> beside the executable.</summary>
    public static string DefaultDirectory =>
        Environment.GetEnvironmentVariable(DirectoryVariable) is { Length: > 0 } configured
            ? Path.GetFullPath(configured, AppContext.BaseDirectory)
            : Path.Combine(AppContext.BaseDirectory, "llama");

    /// <summary>Loads and checks the libraries. Never throws; a failure is not remembered, so a later call may succeed.</summary>
    /// <param name="directory">Absolute directory; null = <see cref="DefaultDirectory"/>.</param>
    public static NativeStatus Probe(string? directory)
    {
        string where = directory is null ? DefaultDirectory : Path.GetFullPath(directory, AppContext.BaseDirectory);
        try
        {
            return EnsureLoaded(where);
        }
        catch (NativeLibraryException e)
        {
            return new NativeStatus(false, where, null, null, [], e.Message);
        }
    }

    /// <exception cref="NativeLibraryException">The libraries are missing or not the right ones.</exception>
    public static NativeStatus EnsureLoaded(string? directory = null)
    {
        string where = Path.TrimEndingDirectorySeparator(directory ?? DefaultDirectory);
        lock (Gate)
        {
            if (_loaded is { } loaded)
            {
                if (loaded.Directory == where)
                    return loaded;
                if (!Directory.Exists(where))
                    NativeLoader.Open(where);
                throw new NativeLibraryException($"llama.cpp is already loaded from {loaded.Directory}; a process can use one copy, not also {where}");
            }
            return _loaded = Load(where);
        }
    }

    /// <summary>The copy that is loaded already, else the one of <see cref="DefaultDirectory"/>.</summary>
    internal static void EnsureInitialized()
    {
        if (Volatile.Read(ref _loaded) is null)
            EnsureLoaded();
    }

    private static unsafe NativeStatus Load(string directory)
    {
        // Else a failed assertion forks a debugger onto the process before it aborts.
        fixed (byte* name = "GGML_NO_BACKTRACE\0"u8, value = "1\0"u8)
            _ = GgmlApi.setenv(name, value, 0);
        NativeLoader handles = NativeLoader.Open(directory);
        if (_handles is null)
            NativeLibrary.SetDllImportResolver(typeof(LlamaLibrary).Assembly, Resolve);
        _handles = handles;
        LlamaApi.llama_log_set(&NativeLog.Receive, 0);
        // Before llama_backend_init: with no backend registered that function searches the working directory for some.
        fixed (byte* path = Encoding.UTF8.GetBytes(directory + '\0'))
            GgmlApi.ggml_backend_load_all_from_path(path);
        NativeDevice[] devices = ReadDevices();
        if (devices.Length == 0)
            throw new NativeLibraryException($"{directory} holds no compute backend (libggml-cpu-*) that this machine can run");
        LlamaApi.llama_backend_init();
        return new NativeStatus(true, directory, handles.LlamaVersion, handles.GgmlVersion, devices, null);
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name switch
    {
        LlamaApi.Library => _handles!.Llama,
        GgmlApi.Library => _handles!.Ggml,
        GgmlApi.BaseLibrary => _handles!.GgmlBase,
        _ => 0,
    };

    private static unsafe NativeDevice[] ReadDevices()
    {
        NativeDevice[] devices = new NativeDevice[(int)GgmlApi.ggml_backend_dev_count()];
        for (int i = 0; i < devices.Length; i++)
        {
            GgmlDeviceProps props;
            GgmlApi.ggml_backend_dev_get_props(GgmlApi.ggml_backend_dev_get((nuint)i), &props);
            devices[i] = new NativeDevice(
                Marshal.PtrToStringUTF8((nint)props.Name) ?? "",
                Marshal.PtrToStringUTF8((nint)props.Description) ?? "",
                props.Type is 1 or 2,
                (long)props.MemoryFree,
                (long)props.MemoryTotal);
        }
        return devices;
    }

    /// <summary>A function that only the CPU backend exports, 0 when there is none of that name.</summary>
    internal static unsafe nint CpuFunction(ReadOnlySpan<byte> zeroTerminatedName)
    {
        fixed (byte* cpu = "CPU\0"u8, name = zeroTerminatedName)
        {
            nint reg = GgmlApi.ggml_backend_reg_by_name(cpu);
            return reg == 0 ? 0 : GgmlApi.ggml_backend_reg_get_proc_address(reg, name);
        }
    }
}

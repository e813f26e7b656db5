using System.Runtime.InteropServices;

namespace RouterDaemon.Native.Interop;

/// <summary>libggml and libggml-base, as declared by ggml-backend.h and ggml.h 0.25.1.</summary>
internal static unsafe partial class GgmlApi
{
    public const string Library = "ggml";
    public const string BaseLibrary = "ggml-base";

    [LibraryImport(Library)] public static partial void ggml_backend_load_all_from_path(byte* directory);
    [LibraryImport(Library)] public static partial nuint ggml_backend_dev_count();
    [LibraryImport(Library)] public static partial nint ggml_backend_dev_get(nuint index);
    [LibraryImport(Library)] public static partial nint ggml_backend_reg_by_name(byte* name);

    [LibraryImport(BaseLibrary)] public static partial void ggml_backend_dev_get_props(nint device, GgmlDeviceProps* props);
    [LibraryImport(BaseLibrary)] public static partial nint ggml_backend_reg_get_proc_address(nint reg, byte* name);
    [LibraryImport(BaseLibrary)] public static partial byte* ggml_version();
    [LibraryImport(BaseLibrary)] public static partial void ggml_threadpool_params_init(byte* parameters, int threads);

    // From the C library: .NET's SetEnvironmentVariable does not reach what native code reads.
    [LibraryImport("libc")] public static partial int setenv(byte* name, byte* value, int overwrite);
}

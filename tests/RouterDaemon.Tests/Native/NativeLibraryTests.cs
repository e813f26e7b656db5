using RouterDaemon.Native;
using RouterDaemon.Native.Interop;
using Xunit;

namespace RouterDaemon.Tests.Native;

[Collection("engine")]
public sealed class NativeLibraryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("routerd-native-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void TheBundledLibrariesAreUsable()
    {
        NativeStatus status = LlamaLibrary.Probe(null);
        Assert.True(status.Available, status.Error);
        Assert.Null(status.Error);
        Assert.Contains(AbiCheck.VersionPrefixes, p => status.LlamaVersion!.StartsWith(p, StringComparison.Ordinal));
        Assert.Contains(status.Devices, d => d.Name == "CPU" && !d.IsGpu);
    }

    [Fact]
    public void EveryImportIsInTheSymbolLists()
    {
        string[] Imports(Type api) => [.. api.GetMethods(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic)
            .Select(m => m.Name).Where(n => n.StartsWith("llama_", StringComparison.Ordinal) || n.StartsWith("ggml_", StringComparison.Ordinal)).Distinct().Order()];
        Assert.Equal(Imports(typeof(LlamaApi)), AbiCheck.LlamaSymbols.Order());
        Assert.Equal(Imports(typeof(GgmlApi)), AbiCheck.GgmlSymbols.Concat(AbiCheck.GgmlBaseSymbols).Order());
    }

    [Fact]
    public void AMissingDirectoryIsNamed()
    {
        NativeStatus status = LlamaLibrary.Probe(Path.Combine(_folder, "nowhere"));
        Assert.False(status.Available);
        Assert.Contains(Path.Combine(_folder, "nowhere"), status.Error);
        Assert.Contains("npm ci", status.Error);
        Assert.Contains("ROUTERD_LLAMA_DIR", status.Error);
    }

    [Fact]
    public void AnEmptyDirectoryNamesTheMissingLibrary()
    {
        NativeLibraryException e = Assert.Throws<NativeLibraryException>(() => NativeLoader.Open(_folder));
        Assert.Contains("libggml-base", e.Message);
    }

    [Fact]
    public void ATextFileInPlaceOfALibraryIsNamed()
    {
        string suffix = OperatingSystem.IsMacOS() ? "dylib" : "so";
        foreach (string name in (string[])["libggml-base", "libggml", "libllama"])
            File.WriteAllText(Path.Combine(_folder, $"{name}.{suffix}"), "not a library");
        NativeLibraryException e = Assert.Throws<NativeLibraryException>(() => NativeLoader.Open(_folder));
        Assert.Contains("cannot load", e.Message);
        Assert.Contains("libggml-base", e.Message);
    }

    [Fact]
    public void TwoBundlesInOneDirectoryAreRefused()
    {
        string suffix = OperatingSystem.IsMacOS() ? "dylib" : "so";
        File.WriteAllText(Path.Combine(_folder, $"libggml-base.{suffix}"), "");
        File.WriteAllText(Path.Combine(_folder, $"libggml.a.{suffix}"), "");
        File.WriteAllText(Path.Combine(_folder, $"libggml.b.{suffix}"), "");
        NativeLibraryException e = Assert.Throws<NativeLibraryException>(() => NativeLoader.Open(_folder));
        Assert.Contains("two bundles are mixed", e.Message);
    }

    [Fact]
    public void ALibraryWithoutTheFunctionsIsRefused()
    {
        string source = LlamaLibrary.Probe(null).Directory;
        string suffix = OperatingSystem.IsMacOS() ? "dylib" : "so";
        string ggmlBase = Path.Combine(source, $"libggml-base.{suffix}");
        foreach (string name in (string[])["libggml-base", "libggml", "libllama"])
            File.Copy(ggmlBase, Path.Combine(_folder, $"{name}.{suffix}"));
        NativeLibraryException e = Assert.Throws<NativeLibraryException>(() => NativeLoader.Open(_folder));
        Assert.Contains("lacks", e.Message);
        Assert.Contains("libggml.", e.Message);
    }

    [Fact]
    public void AnotherVersionOrADefaultInTheWrongPlaceIsReported()
    {
        LlamaModelParams model = LlamaApi.llama_model_default_params();
        LlamaContextParams context = LlamaApi.llama_context_default_params();
        Assert.Null(AbiCheck.Verify("0.5.0-dev", model, context));
        Assert.Null(AbiCheck.Verify("0.4.0", model, context));
        Assert.Contains("0.6.0", AbiCheck.Verify("0.6.0", model, context));
        model.LazyMode = 0;
        Assert.Contains("lazy_mode", AbiCheck.Verify("0.5.0", model, context));
        model.LazyMode = 1;
        context.KvUnified = 1;
        Assert.Contains("kv_unified", AbiCheck.Verify("0.5.0", model, context));
    }

    [Fact]
    public void LogFragmentsBecomeLines()
    {
        List<(NativeLogLevel, string)> lines = [];
        using (NativeLog.Subscribe((level, line) => lines.Add((level, line))))
        {
            NativeLog.Append(3, "par"u8);
            NativeLog.Append(5, "tial"u8);
            NativeLog.Append(5, " line\nnext"u8);
            NativeLog.Append(4, "error\n"u8);
            NativeLog.Append(1, "dropped\n"u8);
        }
        NativeLog.Append(4, "unseen\n"u8);
        Assert.Equal([(NativeLogLevel.Warning, "partial line"), (NativeLogLevel.Warning, "next"), (NativeLogLevel.Error, "error")], lines);
    }
}

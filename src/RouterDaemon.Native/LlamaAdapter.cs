using System.Text;
using Microsoft.Win32.SafeHandles;
using RouterDaemon.Native.Interop;

namespace RouterDaemon.Native;

/// <summary>
/// A LoRA adapter in memory, made for one model, which it keeps alive. Load it before any context of that model is made, and dispose it
/// only when no context uses it any more.
/// </summary>
public sealed class LlamaAdapter : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly LlamaModel _model;
    private readonly bool _modelHeld;

    private LlamaAdapter(LlamaModel model) : base(ownsHandle: true)
    {
        _model = model;
        model.DangerousAddRef(ref _modelHeld);
    }

    public LlamaModel Model => _model;

    internal nint Pointer => handle;

    /// <summary>Loads a file.</summary>
    /// <param name="model">The model that it was made for.</param>
    /// <param name="path">Absolute path of a GGUF file whose header has been checked: llama.cpp aborts the process on values of the wrong type.</param>
    /// <exception cref="InvalidDataException">llama.cpp refused the file; the message holds its error lines.</exception>
    public static unsafe LlamaAdapter Load(LlamaModel model, string path)
    {
        LlamaAdapter adapter = new(model);
        NativeLog.CollectErrors();
        fixed (byte* file = Encoding.UTF8.GetBytes(path + '\0'))
            adapter.SetHandle(LlamaApi.llama_adapter_lora_init(model.Pointer, file));
        string errors = NativeLog.TakeErrors();
        if (!adapter.IsInvalid)
            return adapter;
        adapter.Dispose();
        throw new InvalidDataException(errors.Length > 0 ? errors : "llama.cpp gave no reason");
    }

    protected override bool ReleaseHandle()
    {
        LlamaApi.llama_adapter_lora_free(handle);
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        bool first = !IsClosed;
        base.Dispose(disposing);
        if (first && disposing && _modelHeld)
            _model.DangerousRelease();
    }
}

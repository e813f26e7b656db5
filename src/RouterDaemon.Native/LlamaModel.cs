using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using RouterDaemon.Native.Interop;

namespace RouterDaemon.Native;

/// <summary>A loaded model file. Reading facts and tokenising are thread-safe; contexts keep the model alive.</summary>
public sealed class LlamaModel : SafeHandleZeroOrMinusOneIsInvalid
{
    private const int MaxTemplateBytes = 4 << 20;

    private nint _vocab;

    public LlamaModel() : base(ownsHandle: true) { }

    internal nint Pointer => handle;

    internal nint Vocab => _vocab;

    public int VocabularySize { get; private set; }

    /// <summary>Beginning-of-sequence token, -1 = none.</summary>
    public int Bos { get; private set; }

    /// <summary>End-of-sequence token, -1 = none.</summary>
    public int Eos { get; private set; }

    /// <summary>Tokens that mark prefix, suffix and middle for filling in the middle, -1 each where the vocabulary has none.</summary>
    public (int Prefix, int Suffix, int Middle) Infill { get; private set; } = (-1, -1, -1);

    /// <summary>The tokenizer puts <see cref="Bos"/> in front of a text.</summary>
    public bool AddsBos { get; private set; }

    /// <summary>The tokenizer puts <see cref="Eos"/> behind a text.</summary>
    public bool AddsEos { get; private set; }

    /// <summary>Token between the two texts of a pair, -1 = none is wanted.</summary>
    public int Separator { get; private set; } = -1;

    public int TrainedContextTokens => LlamaApi.llama_model_n_ctx_train(Live);

    public int EmbeddingLength => LlamaApi.llama_model_n_embd(Live);

    /// <summary>Length of the vectors an embedding context gives.</summary>
    public int EmbeddingOutputLength => LlamaApi.llama_model_n_embd_out(Live);

    public int LayerCount => LlamaApi.llama_model_n_layer(Live);

    public long WeightBytes => (long)LlamaApi.llama_model_size(Live);

    public long ParameterCount => (long)LlamaApi.llama_model_n_params(Live);

    public bool HasEncoder => LlamaApi.llama_model_has_encoder(Live) != 0;

    public bool HasDecoder => LlamaApi.llama_model_has_decoder(Live) != 0;

    public bool IsDiffusion => LlamaApi.llama_model_is_diffusion(Live) != 0;

    /// <summary>Keeps a state that cannot be cut back to an earlier position, so only whole prefixes can be reused.</summary>
    public bool IsRecurrent => LlamaApi.llama_model_is_recurrent(Live) != 0 || LlamaApi.llama_model_is_hybrid(Live) != 0;

    private nint Live
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed || IsInvalid, this);
            return handle;
        }
    }

    /// <summary>Loads a file.</summary>
    /// <param name="path">Absolute path of a GGUF file that a header check has accepted.</param>
    /// <param name="settings">How to load it.</param>
    /// <param name="progress">Told 0 to 1; returning false abandons the load.</param>
    /// <exception cref="OperationCanceledException"><paramref name="progress"/> returned false.</exception>
    /// <exception cref="InvalidDataException">llama.cpp refused the file; the message holds its error lines.</exception>
    public static unsafe LlamaModel Load(string path, ModelLoadSettings settings, Func<float, bool> progress)
    {
        LlamaLibrary.EnsureInitialized();
        ProgressState state = new(progress);
        GCHandle pin = GCHandle.Alloc(state);
        NativeLog.CollectErrors();
        string errors;
        LlamaModel model = new();
        try
        {
            LlamaModelParams parameters = LlamaApi.llama_model_default_params();
            parameters.GpuLayers = settings.GpuLayers;
            parameters.VocabOnly = settings.VocabularyOnly ? (byte)1 : (byte)0;
            parameters.ProgressCallback = &OnProgress;
            parameters.ProgressUserData = GCHandle.ToIntPtr(pin);
            fixed (byte* file = Encoding.UTF8.GetBytes(path + '\0'))
                model.SetHandle(LlamaApi.llama_model_load_from_file(file, parameters));
        }
        finally
        {
            errors = NativeLog.TakeErrors();
            pin.Free();
        }
        if (model.IsInvalid)
        {
            if (state.Cancelled)
                throw new OperationCanceledException($"the load of {path} was cancelled");
            throw new InvalidDataException(errors.Length > 0 ? errors : "llama.cpp gave no reason");
        }
        model.ReadVocabulary();
        return model;
    }

    /// <summary>A metadata value as text, null when the file has no such scalar key.</summary>
    public unsafe string? Metadata(string key)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(key + '\0'))
        {
            int length = LlamaApi.llama_model_meta_val_str(Live, name, null, 0);
            if (length < 0 || length > MaxTemplateBytes)
                return null;
            byte[] buffer = new byte[length + 1];
            fixed (byte* b = buffer)
                _ = LlamaApi.llama_model_meta_val_str(Live, name, b, (nuint)buffer.Length);
            return Encoding.UTF8.GetString(buffer, 0, length);
        }
    }

    public unsafe string Description
    {
        get
        {
            byte* buffer = stackalloc byte[256];
            int length = LlamaApi.llama_model_desc(Live, buffer, 256);
            return Encoding.UTF8.GetString(buffer, Math.Clamp(length, 0, 255));
        }
    }

    /// <summary>The file's chat template, null when it has none.</summary>
    /// <param name="name">Name of a variant such as <c>tool_use</c>; null = the default one.</param>
    public unsafe string? ChatTemplate(string? name = null)
    {
        if (name is null)
            return Marshal.PtrToStringUTF8((nint)LlamaApi.llama_model_chat_template(Live, null));
        fixed (byte* variant = Encoding.UTF8.GetBytes(name + '\0'))
            return Marshal.PtrToStringUTF8((nint)LlamaApi.llama_model_chat_template(Live, variant));
    }

    /// <summary>The token ends an answer. False for ids outside the vocabulary.</summary>
    public bool IsEndOfGeneration(int token) => (uint)token < (uint)VocabularySize && LlamaApi.llama_vocab_is_eog(_vocab, token) != 0;

    public bool IsControl(int token) => (uint)token < (uint)VocabularySize && LlamaApi.llama_vocab_is_control(_vocab, token) != 0;

    /// <summary>The token as the vocabulary spells it, for templates that name their special tokens; empty for ids outside it.</summary>
    public unsafe string TokenText(int token) =>
        (uint)token < (uint)VocabularySize ? Marshal.PtrToStringUTF8((nint)LlamaApi.llama_vocab_get_text(_vocab, token)) ?? "" : "";

    /// <summary>Token ids of a text. Thread-safe.</summary>
    /// <param name="utf8">Valid UTF-8, up to 2^30 bytes.</param>
    /// <param name="addSpecial">Add the BOS and EOS that the model asks for.</param>
    /// <param name="parseSpecial">Recognise special tokens spelt out in the text.</param>
    public unsafe int[] Tokenize(ReadOnlySpan<byte> utf8, bool addSpecial, bool parseSpecial)
    {
        _ = Live;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(utf8.Length, 1 << 30);
        // llama.cpp asserts, that is aborts, when told to add a token that the file does not define.
        bool special = addSpecial && (!AddsBos || Bos >= 0) && (LlamaApi.llama_vocab_get_add_eos(_vocab) == 0 || Eos >= 0);
        int[] tokens = ArrayPool<int>.Shared.Rent(utf8.Length / 3 + 16);
        try
        {
            fixed (byte* text = utf8)
            {
                byte empty = 0;
                byte* start = text is null ? &empty : text;
                int count;
                fixed (int* t = tokens)
                    count = LlamaApi.llama_tokenize(_vocab, start, utf8.Length, t, tokens.Length, ToByte(special), ToByte(parseSpecial));
                if (count < 0)
                {
                    ArgumentOutOfRangeException.ThrowIfEqual(count, int.MinValue);
                    ArrayPool<int>.Shared.Return(tokens);
                    tokens = ArrayPool<int>.Shared.Rent(-count);
                    fixed (int* t = tokens)
                        count = LlamaApi.llama_tokenize(_vocab, start, utf8.Length, t, tokens.Length, ToByte(special), ToByte(parseSpecial));
                }
                return tokens.AsSpan(0, Math.Max(0, count)).ToArray();
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(tokens);
        }
    }

    /// <summary>Writes the bytes of one token, which need not be whole characters.</summary>
    /// <param name="token">Id inside the vocabulary.</param>
    /// <param name="buffer">Where to write.</param>
    /// <param name="special">Write control tokens too; else they are empty.</param>
    /// <returns>Bytes written, or minus the size needed.</returns>
    public unsafe int TokenToPiece(int token, Span<byte> buffer, bool special)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)token, (uint)VocabularySize, nameof(token));
        fixed (byte* b = buffer)
            return LlamaApi.llama_token_to_piece(_vocab, token, b, buffer.Length, 0, ToByte(special));
    }

    /// <summary>The bytes of one token.</summary>
    public byte[] TokenBytes(int token, bool special)
    {
        Span<byte> buffer = stackalloc byte[256];
        int length = TokenToPiece(token, buffer, special);
        if (length >= 0)
            return buffer[..length].ToArray();
        byte[] large = new byte[-length];
        return large.AsSpan(0, Math.Max(0, TokenToPiece(token, large, special))).ToArray();
    }

    /// <summary>Text of token ids as UTF-8, special tokens spelt out.</summary>
    public unsafe byte[] Detokenize(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens)
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)token, (uint)VocabularySize, nameof(tokens));
        if (tokens.IsEmpty)
            return [];
        byte[] text = new byte[tokens.Length * 8 + 64];
        fixed (int* t = tokens)
        {
            int length;
            fixed (byte* b = text)
                length = LlamaApi.llama_detokenize(_vocab, t, tokens.Length, b, text.Length, 0, 1);
            if (length >= 0)
                return text.AsSpan(0, length).ToArray();
            text = new byte[-length];
            fixed (byte* b = text)
                length = LlamaApi.llama_detokenize(_vocab, t, tokens.Length, b, text.Length, 0, 1);
            return text.AsSpan(0, Math.Max(0, length)).ToArray();
        }
    }

    protected override bool ReleaseHandle()
    {
        LlamaApi.llama_model_free(handle);
        return true;
    }

    private void ReadVocabulary()
    {
        _vocab = LlamaApi.llama_model_get_vocab(handle);
        VocabularySize = LlamaApi.llama_vocab_n_tokens(_vocab);
        // A file without a tokenizer has vocabulary type 0; the id functions would assert on it.
        if (LlamaApi.llama_vocab_type(_vocab) == 0)
        {
            Bos = Eos = -1;
            return;
        }
        Bos = LlamaApi.llama_vocab_bos(_vocab);
        Eos = LlamaApi.llama_vocab_eos(_vocab);
        AddsBos = LlamaApi.llama_vocab_get_add_bos(_vocab) != 0;
        AddsEos = LlamaApi.llama_vocab_get_add_eos(_vocab) != 0;
        Separator = LlamaApi.llama_vocab_get_add_sep(_vocab) != 0 ? LlamaApi.llama_vocab_sep(_vocab) : -1;
        Infill = (LlamaApi.llama_vocab_fim_pre(_vocab), LlamaApi.llama_vocab_fim_suf(_vocab), LlamaApi.llama_vocab_fim_mid(_vocab));
    }

    private static byte ToByte(bool value) => value ? (byte)1 : (byte)0;

    [UnmanagedCallersOnly]
    private static byte OnProgress(float fraction, nint userData)
    {
        try
        {
            ProgressState state = (ProgressState)GCHandle.FromIntPtr(userData).Target!;
            bool goOn = state.Progress(fraction);
            state.Cancelled |= !goOn;
            return ToByte(goOn);
        }
        catch (Exception)
        {
            return 1;
        }
    }

    private sealed class ProgressState(Func<float, bool> progress)
    {
        public Func<float, bool> Progress { get; } = progress;

        public bool Cancelled { get; set; }
    }
}

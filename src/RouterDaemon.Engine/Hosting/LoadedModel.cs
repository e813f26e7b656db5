using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RouterDaemon.Engine.Answers;
using RouterDaemon.Engine.Gguf;
using RouterDaemon.Engine.Grammar;
using RouterDaemon.Engine.Sampling;
using RouterDaemon.Engine.Scheduling;
using RouterDaemon.Engine.Speculation;
using RouterDaemon.Engine.Templates;
using RouterDaemon.Engine.Tools;
using RouterDaemon.Engine.Vectors;
using RouterDaemon.Native;

namespace RouterDaemon.Engine.Hosting;

/// <summary>A model in memory with its context and inference thread.</summary>
internal sealed class LoadedModel : IModel
{
    private const int MaxBatchTokens = 512;

    /// <summary>Longer prompts are rendered and tokenised on the pool: a caller may be a socket's own thread.</summary>
    private const int InlinePromptBytes = 16 << 10;

    /// <summary>More than the longest entry of published vocabularies has (runs of blanks of some 500), so nothing that fits is refused.</summary>
    private const int MaxCharactersPerToken = 1024;

    private readonly LlamaModel _model;
    private readonly InferenceLoop? _loop;
    private readonly VectorModel? _vectors;
    private readonly ModelAdapters _adapters;
    private readonly int[] _endTokens;
    private readonly ToolStyle _toolStyle;
    private readonly ReasoningMarks? _reasoning;
    private readonly bool _marksAreSpecial;
    private LastPrompt? _lastPrompt;

    private LoadedModel(
        LlamaModel model, ModelAdapters adapters, InferenceLoop? loop, VectorModel? vectors, GgufHeader header, EngineModelOptions options, MemoryPlan plan, TimeProvider time)
    {
        _adapters = adapters;
        _model = model;
        _loop = loop;
        _vectors = vectors;
        SlotTokens = plan.SlotTokens;
        ResidentBytes = model.WeightBytes + plan.ExtraBytes + plan.KvBytes;
        Template = new JinjaChatTemplate(model.ChatTemplate(), model.TokenText(model.Bos), model.TokenText(model.Eos), time);
        _endTokens = [.. Enumerable.Range(0, model.VocabularySize).Where(model.IsEndOfGeneration)];
        _toolStyle = ToolCatalog.StyleOf(model.ChatTemplate());
        _reasoning = ReasoningMarks.Of(model.ChatTemplate());
        _marksAreSpecial = _reasoning is not null && Tokenize(_reasoning.Close, addSpecial: false, parseSpecial: true) is [var mark] && model.IsControl(mark);
        Facts = new ModelFacts(
            options.Id, model.Description, header.Architecture, model.ParameterCount, model.WeightBytes, model.TrainedContextTokens,
            plan.SlotTokens, model.EmbeddingLength, model.LayerCount, model.VocabularySize, model.ChatTemplate());
    }

    public int SlotTokens { get; }

    public long ResidentBytes { get; }

    public ModelFacts Facts { get; }

    public IChatTemplate Template { get; }

    public string? TemplateProblem => Template.Problem;

    /// <exception cref="EngineException">The file is missing, damaged, unknown or too large; native libraries are missing.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="progress"/> returned false.</exception>
    public static LoadedModel Load(
        EngineModelOptions options, TimeProvider time, Func<float, bool> progress, Action<LoopSnapshot> publish, Action<Exception> crashed)
    {
        try
        {
            NativeStatus native = LlamaLibrary.EnsureLoaded();
            GgufHeader header = GgufHeader.Read(options.Path);
            bool offload = options.GpuLayers != 0 && native.Devices.Any(d => d.IsGpu);
            long available = MachineMemory.AvailableBytes() + (offload ? native.Devices.Where(d => d.IsGpu).Sum(d => d.FreeBytes) : 0);
            ModelTraits traits = ModelTraits.Of(header, options.Pooling);
            GgufHeader? draft = options is { Speculation: not SpeculationMode.Off, Deterministic: false, DraftPath: { } path } && traits.Generates ? GgufHeader.Read(path) : null;
            long extra = options.Adapters.Sum(a => a.Check(header.Architecture)) + (draft?.WeightBytes ?? 0);
            MemoryPlan plan = MemoryPlan.For(header, options, traits, extra, draft?.KvBytesPerToken ?? 0, available);
            LlamaModel model = LlamaModel.Load(options.Path, new ModelLoadSettings(options.GpuLayers ?? -1), progress);
            try
            {
                return Start(model, header, options, traits, plan, time, publish, crashed);
            }
            catch
            {
                model.Dispose();
                throw;
            }
        }
        catch (NativeLibraryException e)
        {
            throw new EngineException(EngineErrorKind.NativeUnavailable, e.Message, null, e);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            string message = e.Message.Contains(options.Path, StringComparison.Ordinal) ? e.Message : $"{options.Path}: {e.Message}";
            throw new EngineException(EngineErrorKind.ModelLoadFailed, $"model {options.Id} could not be loaded: {message}", null, e);
        }
    }

    /// <summary>Turns a request into tokens. Thread-safe; the work grows with the prompt.</summary>
    /// <exception cref="EngineException">The request is refused.</exception>
    public BuiltPrompt BuildPrompt(GenerationRequest request)
    {
        if (_loop is null)
            throw new EngineException(EngineErrorKind.Unsupported, "the model makes vectors, it does not generate text", request.MessagesJson.IsEmpty ? "prompt" : "messages");
        string? rendered = request.MessagesJson.IsEmpty ? null : Render(request);
        CheckLength(request, rendered?.Length ?? (request.Prompt?.Length + (request.Suffix?.Length ?? 0)) ?? 0);
        int[] tokens = request switch
        {
            { PromptTokens.IsEmpty: false } => request.PromptTokens.ToArray(),
            { Prompt: { } before, Suffix: { } after } => TokenizeInfill(before, after),
            { Prompt: { } text } => Tokenize(text, addSpecial: true, parseSpecial: true),
            _ => TokenizeRendered(rendered!),
        };
        RequestRules.CheckTokens(tokens, _model.VocabularySize, "prompt");
        RequestRules.CheckBias(request.Sampling, _model.VocabularySize);
        if (tokens.Length == 0)
            throw RequestRules.Invalid("the prompt has no tokens", "prompt");
        if (tokens.Length >= SlotTokens)
        {
            throw new EngineException(
                EngineErrorKind.ContextLengthExceeded,
                $"the prompt has {tokens.Length} tokens, which leaves no room in the model's context of {SlotTokens} tokens",
                request.MessagesJson.IsEmpty ? "prompt" : "messages");
        }
        return new BuiltPrompt(tokens, rendered is not null && _reasoning is not null && _reasoning.IsOpen(rendered));
    }

    /// <summary>Refuses text that cannot fit before it is tokenised: megabytes would keep a core busy for the better part of a minute.</summary>
    private void CheckLength(GenerationRequest request, int characters)
    {
        if (characters / MaxCharactersPerToken < SlotTokens)
            return;
        throw new EngineException(
            EngineErrorKind.ContextLengthExceeded,
            $"the prompt has {characters} characters, which is more than the model's context of {SlotTokens} tokens can hold",
            request.MessagesJson.IsEmpty ? "prompt" : "messages");
    }

    /// <summary>The prompt text that the messages become.</summary>
    public string Render(GenerationRequest request)
    {
        using JsonDocument messages = ChatMessages.Parse(request.MessagesJson);
        return _toolStyle == ToolStyle.Generic ? GenericTools.Render(Template, messages, request) : Template.Render(messages.RootElement, request);
    }

    /// <summary>Makes the job of a request whose prompt was built by <see cref="BuildPrompt"/>. <see cref="Start(Job)"/> queues it.</summary>
    public (Job Job, AnswerShape Shape) CreateJob(GenerationRequest request, BuiltPrompt prompt, long submittedAt, Action left)
    {
        bool isChat = !request.MessagesJson.IsEmpty;
        ToolCatalog? tools = isChat ? ToolCatalog.Read(request, _toolStyle) : null;
        AdapterSet adapters = _adapters.Of(request);
        LlamaSampler? grammar = CreateGrammar(request, tools);
        // An answer in JSON: its braces are no call, and there is no reasoning unless the prompt has opened it.
        bool isJson = grammar is not null && tools is not { Required: true } && request.Sampling.Grammar is null;
        IGrammarTrigger? trigger = null;
        if (grammar is not null && prompt.InReasoning)
            (trigger, grammar) = (new ReasoningTrigger(_reasoning!, grammar), null);
        else if (grammar is null && tools is not null)
            trigger = new ToolTrigger(tools, _model, _reasoning is null ? null : new ReasoningReader(_reasoning, prompt.InReasoning));
        uint seed = request.Sampling.Seed ?? BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
        TokenSampler sampler = new(_model, grammar, request.Sampling, request.IgnoreEos ? _endTokens : [], seed, SlotTokens);
        Job job = new(request, prompt.Tokens, sampler, _loop!.Wake, submittedAt)
        {
            Left = left,
            Adapters = adapters,
            ShowSpecialTokens = tools is { Style: not ToolStyle.Generic } || (isChat && _marksAreSpecial),
            Trigger = trigger,
        };
        return (job, new AnswerShape(
            isChat && (!isJson || prompt.InReasoning) ? _reasoning : null, prompt.InReasoning, tools is null || isJson ? ToolStyle.None : tools.Style));
    }

    public void Start(Job job) => _loop!.Submit(job);

    public async ValueTask<Generation> SubmitAsync(GenerationRequest request, long submittedAt, Action left, CancellationToken ct)
    {
        try
        {
            if (Math.Max(request.MessagesJson.Length, request.Prompt?.Length ?? 0) <= InlinePromptBytes)
                return Submit(request, submittedAt, left, ct, out _);
            return await Task.Run(() => Submit(request, submittedAt, left, ct, out _), ct).ConfigureAwait(false);
        }
        catch
        {
            left();
            throw;
        }
    }

    /// <summary>Queues a generation; unless it throws, <paramref name="left"/> is called when it has left.</summary>
    /// <exception cref="EngineException">The request is refused.</exception>
    public Generation Submit(GenerationRequest request, long submittedAt, Action left, CancellationToken ct, out AnswerShape shape)
    {
        // Several answers of one request come one after the other: their prompt is built once.
        BuiltPrompt prompt = Volatile.Read(ref _lastPrompt) is { } last && request.HasPromptOf(last.Request) ? last.Prompt : BuildPrompt(request);
        Volatile.Write(ref _lastPrompt, new LastPrompt(request, prompt));
        (Job job, shape) = CreateJob(request, prompt, submittedAt, left);
        Generation generation = new(job, job.Reader, prompt.Tokens.Length) { Answer = shape.CreateReader() };
        job.CancelWith(ct);
        Start(job);
        return generation;
    }

    public async ValueTask<IReadOnlyList<SlotState>> SlotsAsync(CancellationToken ct) =>
        _loop is null ? [] : await _loop.SlotsAsync().WaitAsync(ct).ConfigureAwait(false);

    public ValueTask<int[]> TokenizeAsync(string text, bool addSpecial, bool parseSpecial, CancellationToken ct) =>
        ValueTask.FromResult(Tokenize(text, addSpecial, parseSpecial));

    public ValueTask<byte[]> DetokenizeAsync(ReadOnlyMemory<int> tokens, CancellationToken ct) => ValueTask.FromResult(Detokenize(tokens.Span));

    public ValueTask<byte[]> PieceAsync(int token, CancellationToken ct) => ValueTask.FromResult(Piece(token));

    public ValueTask<string> RenderAsync(GenerationRequest request, CancellationToken ct) => ValueTask.FromResult(Render(request));

    public async ValueTask<VectorResult> EmbedAsync(IReadOnlyList<VectorInput> inputs, CancellationToken ct) =>
        await Vectors("input").EmbedAsync(inputs, ct).ConfigureAwait(false);

    public async ValueTask<ScoreResult> ScoreAsync(string query, IReadOnlyList<string> documents, CancellationToken ct) =>
        await Vectors("query").ScoreAsync(query, documents, ct).ConfigureAwait(false);

    /// <summary>The side of the model that makes vectors.</summary>
    /// <exception cref="EngineException">It has none.</exception>
    private VectorModel Vectors(string param) => _vectors ?? throw new EngineException(
        EngineErrorKind.Unsupported, "the model makes no vectors: its file names no pooling, and the configuration sets none (pooling)", param);

    public int[] Tokenize(string text, bool addSpecial, bool parseSpecial) =>
        _model.Tokenize(Encoding.UTF8.GetBytes(text), addSpecial, parseSpecial);

    public byte[] Piece(int token)
    {
        RequestRules.CheckTokens([token], _model.VocabularySize, "tokens");
        return _model.TokenBytes(token, special: true);
    }

    public byte[] Detokenize(ReadOnlySpan<int> tokens)
    {
        RequestRules.CheckTokens(tokens, _model.VocabularySize, "tokens");
        return _model.Detokenize(tokens);
    }

    public void Dispose()
    {
        _loop?.Dispose();
        _vectors?.Dispose();
        _adapters.Dispose();
        _model.Dispose();
    }

    /// <summary>Templates often write the BOS themselves; a second one would only confuse the model.</summary>
    private int[] TokenizeRendered(string text)
    {
        int[] tokens = Tokenize(text, addSpecial: true, parseSpecial: true);
        return tokens.Length > 1 && _model.AddsBos && tokens[0] == _model.Bos && tokens[1] == _model.Bos ? tokens[1..] : tokens;
    }

    private int[] TokenizeInfill(string before, string after)
    {
        (int prefix, int suffix, int middle) = _model.Infill;
        if (prefix < 0 || suffix < 0 || middle < 0)
            throw new EngineException(EngineErrorKind.Unsupported, "suffix cannot be used with this model: its vocabulary has no infill tokens", "suffix");
        int[] bos = _model.AddsBos && _model.Bos >= 0 ? [_model.Bos] : [];
        return [.. bos, prefix, .. Tokenize(before, false, false), suffix, .. Tokenize(after, false, false), middle];
    }

    /// <summary>The one grammar that response_format, tools or the request itself ask for, null for free text.</summary>
    private LlamaSampler? CreateGrammar(GenerationRequest request, ToolCatalog? tools)
    {
        string? format = ResponseFormat.ToGrammar(request.ResponseFormatJson);
        if (format is not null && request.Sampling.Grammar is not null)
            throw RequestRules.Invalid("response_format and grammar exclude each other", "response_format");
        string param = format is not null ? "response_format" : "grammar";
        try
        {
            if ((format ?? request.Sampling.Grammar) is { } gbnf)
            {
                return tools is { Required: true }
                    ? throw RequestRules.Invalid($"{param} and a tool_choice that requires a call exclude each other", param)
                    : LlamaSampler.CreateGrammar(_model, gbnf);
            }
            param = "tools";
            // Also for optional calls: a tool that cannot be turned into a grammar is refused now, not in the middle of an answer.
            string? calls = tools?.ToGrammar();
            return tools is { Required: true } ? LlamaSampler.CreateGrammar(_model, calls!) : null;
        }
        catch (FormatException e)
        {
            throw RequestRules.Invalid(e.Message, param);
        }
    }

    private static LoadedModel Start(
        LlamaModel model, GgufHeader header, EngineModelOptions options, ModelTraits traits, MemoryPlan plan, TimeProvider time,
        Action<LoopSnapshot> publish, Action<Exception> crashed)
    {
        if ((traits.Generates && (!model.HasDecoder || model.HasEncoder || model.IsDiffusion)) || model.VocabularySize == 0)
            throw new InvalidDataException("it is not a model that generates text token by token");
        int threads = options.Threads > 0 ? options.Threads : Math.Max(1, Environment.ProcessorCount - 1);
        long heads = header.Number($"{header.Architecture}.attention.head_count");
        VectorModel? vectors = null;
        InferenceLoop? loop = null;
        ModelAdapters adapters = ModelAdapters.Load(options.Adapters, model);
        try
        {
            if (traits.Pooling != PoolingKind.None)
                vectors = VectorModel.Create(model, options.Id, traits.Pooling, traits.Generates ? Math.Min(plan.SlotTokens, MemoryPlan.MaxVectorTokens) : plan.SlotTokens, heads, threads, adapters);
            if (traits.Generates)
                loop = CreateLoop(model, adapters, options, plan, threads, time, publish, crashed);
            return new LoadedModel(model, adapters, loop, vectors, header, options, plan, time);
        }
        catch
        {
            loop?.Dispose();
            vectors?.Dispose();
            adapters.Dispose();
            throw;
        }
    }

    private static InferenceLoop CreateLoop(
        LlamaModel model, ModelAdapters adapters, EngineModelOptions options, MemoryPlan plan, int threads, TimeProvider time,
        Action<LoopSnapshot> publish, Action<Exception> crashed)
    {
        int cells = checked(plan.SlotTokens * options.Slots);
        int batch = Math.Min(MaxBatchTokens, cells);
        // Each sequence has its own part of the cache: in a common one every token also walks over the cells of the others.
        bool speculates = options is { Speculation: not SpeculationMode.Off, Deterministic: false } && !model.IsRecurrent;
        int outputs = speculates ? Math.Max(options.Slots, DraftLength.Max + 1) : options.Slots;
        ContextSettings settings = new(
            cells, batch, options.Slots, outputs, threads, UnifiedCache: false, OutputsPerSequence: speculates ? DraftLength.Max + 1 : 1);
        Speculator? speculator = speculates ? new Speculator(CreateDrafter(model, options, settings), options.Speculation == SpeculationMode.Always, plan.SlotTokens, time) : null;
        LlamaContext? context = null;
        try
        {
            context = LlamaContext.Create(model, settings);
            return new InferenceLoop(context, adapters.Loaded, speculator, options, plan, time, publish, crashed);
        }
        catch
        {
            context?.Dispose();
            speculator?.Dispose();
            throw;
        }
    }

    private static IDrafter CreateDrafter(LlamaModel model, EngineModelOptions options, ContextSettings settings) => options.DraftPath is { } path
        ? DraftModel.Load(path, model, options.Path, settings, options.GpuLayers ?? -1)
        : new PromptLookup(options.Slots);

    private sealed record LastPrompt(GenerationRequest Request, BuiltPrompt Prompt);
}

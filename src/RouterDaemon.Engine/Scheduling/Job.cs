using System.Threading.Channels;
using RouterDaemon.Engine.Sampling;
using RouterDaemon.Engine.Speculation;
using RouterDaemon.Engine.Text;

namespace RouterDaemon.Engine.Scheduling;

/// <summary>One request on its way through the scheduler. All but <see cref="Cancel"/> belongs to the inference thread.</summary>
internal sealed class Job : IGenerationControl
{
    /// <summary>Events a reader may be behind before its sequence is parked.</summary>
    public const int ChannelCapacity = 64;

    private readonly Channel<GenerationEvent> _channel = Channel.CreateBounded<GenerationEvent>(
        new BoundedChannelOptions(ChannelCapacity) { SingleReader = true, SingleWriter = true });

    private readonly Action _wake;
    private readonly TextAssembler _text;
    private readonly Queue<GenerationEvent> _backlog = new();
    private List<TokenLogProb>? _logProbs;
    private Task? _room;
    private byte[] _textBeforeStop = [];
    private int _heldTokens;
    private int _lastToken = -1;
    private int _cachedTokens;
    private volatile bool _cancelled;
    private CancellationTokenRegistration _registration;

    public Job(GenerationRequest request, int[] prompt, TokenSampler sampler, Action wake, long submittedAt)
    {
        Request = request;
        Prompt = prompt;
        Sampler = sampler;
        SubmittedAt = submittedAt;
        _wake = wake;
        _text = new TextAssembler(request.Stop);
    }

    public GenerationRequest Request { get; }

    public int[] Prompt { get; }

    public TokenSampler Sampler { get; }

    /// <summary>The model's adapters as this request wants them.</summary>
    public AdapterSet Adapters { get; init; } = AdapterSet.None;

    public ChannelReader<GenerationEvent> Reader => _channel.Reader;

    public long SubmittedAt { get; }

    public long StartedAt { get; set; }

    public long FirstTokenAt { get; set; }

    public int Generated { get; private set; }

    /// <summary>What became of guessed tokens.</summary>
    public DraftCounts Drafts { get; set; }

    public bool Cancelled => _cancelled;

    /// <summary>The reader is behind: the sequence waits until it has caught up.</summary>
    public bool Parked => _backlog.Count > 0;

    /// <summary>The stop string that the text has run into, null while there is none.</summary>
    public string? StopMet => _text.StopMet;

    /// <summary>Show special tokens as text: in some vocabularies the marks around tool calls and reasoning are such tokens.</summary>
    public bool ShowSpecialTokens { get; init; }

    /// <summary>Waits for the place from which on a grammar binds the answer, null = there is none.</summary>
    public IGrammarTrigger? Trigger { get; init; }

    /// <summary>Called once when the job has left the scheduler, whatever the reason.</summary>
    public required Action Left { get; init; }

    public int CachedTokens
    {
        get => Volatile.Read(ref _cachedTokens);
        set => Volatile.Write(ref _cachedTokens, value);
    }

    public void CancelWith(CancellationToken ct) => _registration = ct.UnsafeRegister(static job => ((Job)job!).Cancel(), this);

    public void Cancel()
    {
        _cancelled = true;
        _channel.Writer.TryComplete();
        _wake();
    }

    /// <summary>Counts a token and emits the text that has become certain.</summary>
    public void Push(int token, ReadOnlySpan<byte> bytes, TokenLogProb? logProb)
    {
        Generated++;
        _heldTokens++;
        _lastToken = token;
        if (logProb is not null)
            (_logProbs ??= []).Add(logProb);
        if (Trigger?.Push(bytes) is { } grammar)
            Sampler.Constrain(grammar);
        byte[] text = _text.Push(bytes);
        if (StopMet is not null)
            _textBeforeStop = text;
        else if (text.Length > 0)
            Emit(Take(text, null));
    }

    /// <summary>Counts a token that has no text: the one that ends the answer.</summary>
    public void CountEnd() => Generated++;

    /// <summary>Sends the end together with what was held back, and closes the channel as soon as the reader has room.</summary>
    public void Finish(GenerationResult result)
    {
        Emit(Take(StopMet is null ? _text.Flush() : _textBeforeStop, result));
        Close(null);
    }

    /// <summary>Ends the generation with an error, after the events that the reader has not taken yet.</summary>
    public void Close(EngineException? error)
    {
        if (_backlog.Count == 0)
            _channel.Writer.TryComplete(error);
        else
            _ = DeliverRestAsync(error);
    }

    /// <summary>Tries again to hand over what the reader had no room for.</summary>
    public void Retry()
    {
        while (_backlog.TryPeek(out GenerationEvent waiting) && _channel.Writer.TryWrite(waiting))
            _backlog.Dequeue();
        if (Parked && _room is not { IsCompleted: false })
            _room = WakeWhenRoomAsync();
    }

    /// <summary>Frees what the job holds; the scheduler has let go of it.</summary>
    public void Leave()
    {
        _registration.Unregister();
        Sampler.Dispose();
        Trigger?.Dispose();
        Left();
    }

    private GenerationEvent Take(byte[] text, GenerationResult? result)
    {
        GenerationEvent e = new(text, _heldTokens > 0 ? _lastToken : -1, _heldTokens, Request.LogProbs ? _logProbs ?? [] : null, result);
        _heldTokens = 0;
        _logProbs = null;
        return e;
    }

    private void Emit(in GenerationEvent e)
    {
        if (_backlog.Count == 0 && _channel.Writer.TryWrite(e))
            return;
        _backlog.Enqueue(e);
        if (_room is not { IsCompleted: false })
            _room = WakeWhenRoomAsync();
    }

    /// <summary>Waits for a slow reader after the slot has been given to somebody else. Cancelling completes the channel and ends this.</summary>
    private async Task DeliverRestAsync(EngineException? error)
    {
        while (_backlog.TryPeek(out GenerationEvent waiting))
        {
            if (_channel.Writer.TryWrite(waiting))
                _backlog.Dequeue();
            else if (!await _channel.Writer.WaitToWriteAsync().ConfigureAwait(false))
                return;
        }
        _channel.Writer.TryComplete(error);
    }

    private async Task WakeWhenRoomAsync()
    {
        await _channel.Writer.WaitToWriteAsync().ConfigureAwait(false);
        _wake();
    }
}

using System.Net.Sockets;
using RouterDaemon.Engine.Answers;
using RouterDaemon.Engine.Hosting;
using RouterDaemon.Engine.Scheduling;
using RouterDaemon.Engine.Tools;
using RouterDaemon.Engine.Vectors;

namespace RouterDaemon.Engine.Isolation;

/// <summary>A model in a process of its own: one connection for each thing asked, so that a slow reader or an end concerns one request only.</summary>
internal sealed class ProcessModel : IModel
{
    private readonly ModelProcess _process;
    private readonly WireConnection _control;
    private readonly CancellationTokenSource _disposed = new();

    private ProcessModel(ModelProcess process, WireConnection control, ModelFacts facts, long residentBytes, string? templateProblem)
    {
        _process = process;
        _control = control;
        Facts = facts;
        ResidentBytes = residentBytes;
        TemplateProblem = templateProblem;
    }

    public ModelFacts Facts { get; }

    public long ResidentBytes { get; }

    public string? TemplateProblem { get; }

    /// <summary>Starts the process and loads the model in it.</summary>
    /// <exception cref="EngineException">The process or the load failed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="progress"/> returned false.</exception>
    public static async Task<ProcessModel> LoadAsync(
        IReadOnlyList<string> command, EngineModelOptions options, IEngineLog log, Func<float, bool> progress, Action<LoopSnapshot> publish, Action<Exception> crashed)
    {
        ModelProcess process = await ModelProcess.StartAsync(command, line => log.Write(EngineLogLevel.Warning, $"{options.Id}: {line}"), CancellationToken.None).ConfigureAwait(false);
        WireConnection? control = null;
        try
        {
            control = await WireConnection.ConnectAsync(process.SocketPath, CancellationToken.None).ConfigureAwait(false);
            WireWriter request = new();
            request.Byte((byte)WireKind.Load);
            ModelWire.Write(request, options);
            await control.SendAsync(request.Written, CancellationToken.None).ConfigureAwait(false);
            while (true)
            {
                WireReader r = await control.ReceiveAsync(CancellationToken.None).ConfigureAwait(false)
                    ?? throw new EngineException(EngineErrorKind.ModelLoadFailed, $"model {options.Id} could not be loaded: its process {process.Ending}");
                switch ((WireKind)r.Byte())
                {
                    case WireKind.Progress when !progress(r.Float()):
                        throw new OperationCanceledException($"the load of {options.Path} was cancelled");
                    case WireKind.Progress:
                        continue;
                    case WireKind.Failed:
                        throw ModelWire.ReadError(r);
                    case WireKind.Done:
                        ProcessModel model = new(process, control, ModelWire.ReadFacts(r), r.Long(), r.Text());
                        _ = model.WatchAsync(publish, crashed);
                        return model;
                }
            }
        }
        catch (Exception e)
        {
            control?.Dispose();
            process.Dispose();
            throw e is IOException or SocketException ? new EngineException(EngineErrorKind.ModelLoadFailed, $"model {options.Id} could not be loaded: {e.Message}", null, e) : e;
        }
    }

    public async ValueTask<Generation> SubmitAsync(GenerationRequest request, long submittedAt, Action left, CancellationToken ct)
    {
        WireConnection? connection = null;
        try
        {
            WireWriter message = new();
            message.Byte((byte)WireKind.Submit);
            RequestWire.Write(message, request);
            connection = await OpenAsync(message, ct).ConfigureAwait(false);
            WireReader started = await AnswerAsync(connection, WireKind.Started, ct).ConfigureAwait(false);
            int promptTokens = started.Int();
            string? open = started.Text();
            string? close = started.Text();
            AnswerShape shape = new(open is null ? null : new ReasoningMarks(open, close!), started.Bool(), (ToolStyle)started.Byte());
            RemoteGeneration remote = new(connection, this, left);
            remote.Start(ct);
            return new Generation(remote, remote.Events, promptTokens) { Answer = shape.CreateReader() };
        }
        catch
        {
            connection?.Dispose();
            left();
            throw;
        }
    }

    public async ValueTask<IReadOnlyList<SlotState>> SlotsAsync(CancellationToken ct) =>
        ModelWire.ReadSlots(await CallAsync(WireKind.Slots, static _ => { }, ct).ConfigureAwait(false));

    public async ValueTask<int[]> TokenizeAsync(string text, bool addSpecial, bool parseSpecial, CancellationToken ct) => (await CallAsync(WireKind.Tokenize, w =>
    {
        w.Text(text);
        w.Bool(addSpecial);
        w.Bool(parseSpecial);
    }, ct).ConfigureAwait(false)).Ints();

    public async ValueTask<byte[]> DetokenizeAsync(ReadOnlyMemory<int> tokens, CancellationToken ct) =>
        (await CallAsync(WireKind.Detokenize, w => w.Ints(tokens.Span), ct).ConfigureAwait(false)).Bytes();

    public async ValueTask<byte[]> PieceAsync(int token, CancellationToken ct) => (await CallAsync(WireKind.Piece, w => w.Int(token), ct).ConfigureAwait(false)).Bytes();

    public async ValueTask<string> RenderAsync(GenerationRequest request, CancellationToken ct) =>
        (await CallAsync(WireKind.Render, w => RequestWire.Write(w, request), ct).ConfigureAwait(false)).Text()!;

    public async ValueTask<VectorResult> EmbedAsync(IReadOnlyList<VectorInput> inputs, CancellationToken ct)
    {
        WireReader r = await CallAsync(WireKind.Embed, w =>
        {
            w.Int(inputs.Count);
            foreach (VectorInput input in inputs)
            {
                w.Text(input.Text);
                w.Ints(input.Tokens.Span);
            }
        }, ct).ConfigureAwait(false);
        int tokens = r.Int();
        float[][] vectors = new float[r.Int()][];
        for (int i = 0; i < vectors.Length; i++)
            vectors[i] = r.Floats();
        return new VectorResult(vectors, tokens);
    }

    public async ValueTask<ScoreResult> ScoreAsync(string query, IReadOnlyList<string> documents, CancellationToken ct)
    {
        WireReader r = await CallAsync(WireKind.Score, w =>
        {
            w.Text(query);
            w.Texts(documents);
        }, ct).ConfigureAwait(false);
        int tokens = r.Int();
        return new ScoreResult(r.Floats(), tokens);
    }

    /// <summary>Ends the process, and with it what runs in it.</summary>
    public void Dispose()
    {
        _disposed.Cancel();
        _control.Dispose();
        _process.Dispose();
    }

    /// <summary>What a request is told whose connection has ended before its answer.</summary>
    public EngineException Broken() => new(
        EngineErrorKind.Internal, _disposed.IsCancellationRequested ? "the model was unloaded" : $"the model's process {_process.Ending}; it is started again for the next request");

    private async Task WatchAsync(Action<LoopSnapshot> publish, Action<Exception> crashed)
    {
        while (await _control.ReceiveAsync(CancellationToken.None).ConfigureAwait(false) is { } message)
        {
            if ((WireKind)message.Byte() == WireKind.Status)
                publish(ModelWire.ReadSnapshot(message));
        }
        if (!_disposed.IsCancellationRequested)
            crashed(new EngineException(EngineErrorKind.Internal, $"the model's process {_process.Ending}"));
    }

    private async ValueTask<WireReader> CallAsync(WireKind kind, Action<WireWriter> write, CancellationToken ct)
    {
        WireWriter message = new();
        message.Byte((byte)kind);
        write(message);
        using WireConnection connection = await OpenAsync(message, ct).ConfigureAwait(false);
        return await AnswerAsync(connection, WireKind.Done, ct).ConfigureAwait(false);
    }

    private async Task<WireConnection> OpenAsync(WireWriter message, CancellationToken ct)
    {
        WireConnection? connection = null;
        try
        {
            connection = await WireConnection.ConnectAsync(_process.SocketPath, ct).ConfigureAwait(false);
            await connection.SendAsync(message.Written, ct).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            connection?.Dispose();
            throw Broken();
        }
    }

    private async Task<WireReader> AnswerAsync(WireConnection connection, WireKind expected, CancellationToken ct)
    {
        WireReader r = await connection.ReceiveAsync(ct).ConfigureAwait(false) ?? throw Broken();
        WireKind kind = (WireKind)r.Byte();
        return kind == expected ? r
            : kind == WireKind.Failed ? throw ModelWire.ReadError(r)
            : throw new EngineException(EngineErrorKind.Internal, $"the model's process answered with message kind {(byte)kind}");
    }
}

using RouterDaemon.Engine.Hosting;
using RouterDaemon.Engine.Scheduling;
using RouterDaemon.Engine.Vectors;

namespace RouterDaemon.Engine.Isolation;

/// <summary>Answers what the daemon asks of the model of this process.</summary>
internal sealed class ChildModel(TimeProvider time)
{
    private LoadedModel? _model;

    public Task AnswerAsync(WireReader request, WireConnection connection, CancellationToken gone)
    {
        WireKind kind = (WireKind)request.Byte();
        return kind switch
        {
            WireKind.Load => LoadAsync(request, connection, gone),
            WireKind.Submit => SubmitAsync(request, connection, gone),
            _ => CallAsync(kind, request, connection, gone),
        };
    }

    private LoadedModel Model => _model ?? throw new EngineException(EngineErrorKind.Internal, "the model is not loaded");

    /// <summary>Loads, then reports the state of the slots until the daemon closes the connection.</summary>
    private async Task LoadAsync(WireReader request, WireConnection connection, CancellationToken gone)
    {
        EngineModelOptions options = ModelWire.ReadOptions(request);
        SemaphoreSlim changed = new(0);
        LoopSnapshot latest = default;
        Lock gate = new();
        WireWriter progress = new();
        LoadedModel model = await Task.Run(() => LoadedModel.Load(options, time, fraction =>
        {
            progress.Clear();
            progress.Byte((byte)WireKind.Progress);
            progress.Float(fraction);
            connection.SendAsync(progress.Written, gone).GetAwaiter().GetResult();
            return !gone.IsCancellationRequested;
        }, snapshot =>
        {
            lock (gate)
                latest = snapshot;
            changed.Release();
        }, static error => Environment.FailFast(error.Message)), gone).ConfigureAwait(false);
        Volatile.Write(ref _model, model);
        WireWriter answer = new();
        answer.Byte((byte)WireKind.Done);
        ModelWire.Write(answer, model.Facts);
        answer.Long(model.ResidentBytes);
        answer.Text(model.TemplateProblem);
        await connection.SendAsync(answer.Written, gone).ConfigureAwait(false);
        while (true)
        {
            await changed.WaitAsync(gone).ConfigureAwait(false);
            while (changed.Wait(0, CancellationToken.None))
            {
                // Only the latest state matters.
            }
            answer.Clear();
            lock (gate)
                ModelWire.Write(answer, latest);
            await connection.SendAsync(answer.Written, gone).ConfigureAwait(false);
        }
    }

    private async Task SubmitAsync(WireReader request, WireConnection connection, CancellationToken gone)
    {
        GenerationRequest wanted = RequestWire.Read(request);
        WireWriter answer = new();
        using Generation generation = Model.Submit(wanted, time.GetTimestamp(), static () => { }, gone, out Answers.AnswerShape shape);
        answer.Byte((byte)WireKind.Started);
        answer.Int(generation.PromptTokens);
        answer.Text(shape.Reasoning?.Open);
        answer.Text(shape.Reasoning?.Close);
        answer.Bool(shape.InReasoning);
        answer.Byte((byte)shape.Calls);
        await connection.SendAsync(answer.Written, gone).ConfigureAwait(false);
        await foreach (GenerationEvent e in generation.Events.ReadAllAsync(gone).ConfigureAwait(false))
        {
            answer.Clear();
            EventWire.Write(answer, e, generation.CachedTokens);
            await connection.SendAsync(answer.Written, gone).ConfigureAwait(false);
        }
    }

    private async Task CallAsync(WireKind kind, WireReader r, WireConnection connection, CancellationToken gone)
    {
        WireWriter answer = new();
        answer.Byte((byte)WireKind.Done);
        switch (kind)
        {
            case WireKind.Tokenize:
                answer.Ints(await Model.TokenizeAsync(r.Text()!, r.Bool(), r.Bool(), gone).ConfigureAwait(false));
                break;
            case WireKind.Detokenize:
                answer.Bytes(await Model.DetokenizeAsync(r.Ints(), gone).ConfigureAwait(false));
                break;
            case WireKind.Piece:
                answer.Bytes(await Model.PieceAsync(r.Int(), gone).ConfigureAwait(false));
                break;
            case WireKind.Render:
                answer.Text(await Model.RenderAsync(RequestWire.Read(r), gone).ConfigureAwait(false));
                break;
            case WireKind.Embed:
                VectorInput[] inputs = new VectorInput[r.Int()];
                for (int i = 0; i < inputs.Length; i++)
                    inputs[i] = new VectorInput(r.Text(), r.Ints());
                VectorResult vectors = await Model.EmbedAsync(inputs, gone).ConfigureAwait(false);
                answer.Int(vectors.Tokens);
                answer.Int(vectors.Vectors.Count);
                foreach (float[] vector in vectors.Vectors)
                    answer.Floats(vector);
                break;
            case WireKind.Score:
                ScoreResult scores = await Model.ScoreAsync(r.Text()!, r.Texts(), gone).ConfigureAwait(false);
                answer.Int(scores.Tokens);
                answer.Floats([.. scores.Scores]);
                break;
            case WireKind.Slots:
                ModelWire.Write(answer, await Model.SlotsAsync(gone).ConfigureAwait(false));
                break;
            default:
                throw new EngineException(EngineErrorKind.Internal, $"message kind {(byte)kind} is unknown");
        }
        await connection.SendAsync(answer.Written, gone).ConfigureAwait(false);
    }
}

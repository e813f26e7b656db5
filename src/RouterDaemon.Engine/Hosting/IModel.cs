using RouterDaemon.Engine.Vectors;

namespace RouterDaemon.Engine.Hosting;

/// <summary>A loaded model, in this process or in one of its own. Thread-safe; failures are <see cref="EngineException"/>s.</summary>
internal interface IModel : IDisposable
{
    ModelFacts Facts { get; }

    /// <summary>Bytes of weights and cache.</summary>
    long ResidentBytes { get; }

    /// <summary>Why its chat template cannot be used, null when it can.</summary>
    string? TemplateProblem { get; }

    /// <summary>Queues a generation. <paramref name="left"/> is called once when it has left the model, also when this call fails.</summary>
    ValueTask<Generation> SubmitAsync(GenerationRequest request, long submittedAt, Action left, CancellationToken ct);

    /// <summary>What its slots do; empty where it has none.</summary>
    ValueTask<IReadOnlyList<SlotState>> SlotsAsync(CancellationToken ct);

    ValueTask<int[]> TokenizeAsync(string text, bool addSpecial, bool parseSpecial, CancellationToken ct);

    ValueTask<byte[]> DetokenizeAsync(ReadOnlyMemory<int> tokens, CancellationToken ct);

    ValueTask<byte[]> PieceAsync(int token, CancellationToken ct);

    ValueTask<string> RenderAsync(GenerationRequest request, CancellationToken ct);

    ValueTask<VectorResult> EmbedAsync(IReadOnlyList<VectorInput> inputs, CancellationToken ct);

    ValueTask<ScoreResult> ScoreAsync(string query, IReadOnlyList<string> documents, CancellationToken ct);
}

using Microsoft.Data.Sqlite;
using RouterDaemon.Core.Replay;

namespace RouterDaemon.Store.Replay;

/// <summary>One decision of the past with what was predicted and what came of it. NaN or null = not recorded.</summary>
public sealed record RecordedDecision
{
    /// <summary>Arrival, RFC 3339.</summary>
    public required string CreatedAt { get; init; }

    /// <summary>The model as it was asked for: the virtual model if it was one.</summary>
    public string? Model { get; init; }

    /// <summary>The policy.</summary>
    public string? Policy { get; init; }

    /// <summary><c>chosen</c>, <c>fallback</c>, <c>hedged</c>, <c>cached</c>.</summary>
    public string? Kind { get; init; }

    /// <summary>How it ended.</summary>
    public required string Outcome { get; init; }

    /// <summary>Who served or failed it.</summary>
    public string? DeploymentId { get; init; }

    /// <summary>The second best.</summary>
    public string? RunnerUp { get; init; }

    /// <summary>Attempts, the last one included.</summary>
    public int Attempts { get; init; }

    /// <summary>Predicted when the deployment was chosen.</summary>
    public Figures Predicted { get; init; }

    /// <summary>Measured and billed.</summary>
    public Figures Actual { get; init; }

    /// <summary>Prompt tokens.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Answer tokens.</summary>
    public long CompletionTokens { get; init; }

    /// <summary>Terms of winner and runner-up, JSON: what is recorded of every decision.</summary>
    public ReadOnlyMemory<byte> Terms { get; init; }

    /// <summary>All inputs of the first choice; null: not in the sample, or recorded by another version.</summary>
    public DecisionInputs? Inputs { get; init; }

    /// <summary>Reads the decision of a request; null when there is no such request.</summary>
    public static RecordedDecision? Read(SqliteConnection connection, string requestId)
    {
        var inputs = connection.Query(
            "SELECT format, inputs FROM r_decisions WHERE request_id = $id LIMIT 1",
            static row => DecisionInputs.Read(row.GetInt32(0), row.GetFieldValue<byte[]>(1)), ("$id", requestId));
        var rows = connection.Query(
            """
            SELECT created_at, COALESCE(virtual_model, model_id), policy, decision_kind, outcome, deployment_id, runner_up, attempts,
                   predicted_ttft_ms, predicted_itl_ms, predicted_cost_usd, ttft_ms, itl_ms, cost_usd, prompt_tokens, completion_tokens, decision
            FROM r_outcomes WHERE id = $id
            """,
            row => new RecordedDecision
            {
                CreatedAt = row.GetString(0),
                Model = row.TextOrNull(1),
                Policy = row.TextOrNull(2),
                Kind = row.TextOrNull(3),
                Outcome = row.GetString(4),
                DeploymentId = row.TextOrNull(5),
                RunnerUp = row.TextOrNull(6),
                Attempts = (int)(row.LongOrNull(7) ?? 0),
                Predicted = FiguresAt(row, 8),
                Actual = FiguresAt(row, 11),
                PromptTokens = row.LongOrNull(14) ?? 0,
                CompletionTokens = row.LongOrNull(15) ?? 0,
                Terms = row.IsDBNull(16) ? default(ReadOnlyMemory<byte>) : row.GetFieldValue<byte[]>(16),
                Inputs = inputs.Count > 0 ? inputs[0] : null,
            },
            ("$id", requestId));
        return rows.Count > 0 ? rows[0] : null;
    }

    private static Figures FiguresAt(SqliteDataReader row, int column) => new(
        row.DoubleOrNull(column) ?? double.NaN, row.DoubleOrNull(column + 1) ?? double.NaN, row.DoubleOrNull(column + 2) ?? double.NaN);

    /// <summary>What is predicted and measured alike.</summary>
    /// <param name="TtftMs">Arrival to first content.</param>
    /// <param name="ItlMs">Mean time between tokens.</param>
    /// <param name="CostUsd">Money.</param>
    public readonly record struct Figures(double TtftMs, double ItlMs, double CostUsd);
}

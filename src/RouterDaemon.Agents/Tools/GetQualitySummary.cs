using System.Text.Json.Nodes;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Agents.Tools;

/// <summary>Quality scores by model and task.</summary>
internal static class GetQualitySummary
{
    public static readonly ContextTool Tool = new(
        "get_quality_summary",
        "Average, lowest and highest quality score by model and task type, by the time of evaluation.",
        [
            Parameters.ModelId,
            new("task_type", "string", "Task type such as summarization, coding, chat, reasoning"),
            Parameters.Since("7 days ago"),
            Parameters.Until("now"),
        ],
        (reader, arguments, cancellation) => reader.ReadAsync(
            (connection, now) => new JsonObject
            {
                ["data"] = Rows.ToArray(QualitySummary
                    .Read(
                        connection, arguments.Time("since", now)!.Value, arguments.Time("until", now)!.Value,
                        arguments.Text("model_id"), arguments.Text("task_type"))
                    .Select(g => new JsonObject
                    {
                        ["model_id"] = g.ModelId,
                        ["task_type"] = g.TaskType,
                        ["avg_score"] = g.AvgScore,
                        ["min_score"] = g.MinScore,
                        ["max_score"] = g.MaxScore,
                        ["sample_count"] = g.SampleCount,
                    })),
            },
            cancellation));
}

using RouterDaemon.Backends;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Wire;
using RouterDaemon.Store.Journal;

namespace RouterDaemon.Telemetry;

/// <summary>Values of OpenTelemetry's GenAI conventions, and the router's own words beside them.</summary>
internal static class GenAiNames
{
    /// <summary>Kinds of operation.</summary>
    public const int OperationCount = (int)Operation.Rerank + 1;

    /// <summary><c>gen_ai.operation.name</c>.</summary>
    public static string OperationOf(Operation operation) => operation switch
    {
        Operation.Completion => "text_completion",
        Operation.Embeddings => "embeddings",
        Operation.Rerank => "rerank",
        _ => "chat",
    };

    /// <summary><c>gen_ai.provider.name</c>: the backend's kind; a model of this machine runs in llama.cpp.</summary>
    public static string ProviderOf(DeploymentEntry deployment) => deployment.BackendKind.Length > 0 ? deployment.BackendKind : "llama.cpp";

    /// <summary>An element of <c>gen_ai.response.finish_reasons</c>; null = not known.</summary>
    public static string? FinishReasonOf(FinishReason reason) => reason switch
    {
        FinishReason.None => null,
        FinishReason.Stop => "stop",
        FinishReason.Length => "length",
        FinishReason.ToolCalls => "tool_calls",
        FinishReason.ContentFilter => "content_filter",
        _ => "other",
    };

    /// <summary>How a deployment was found, as in <c>x-routerd-decision</c>; null = none was.</summary>
    public static string? DecisionOf(DecisionKind decision) => decision switch
    {
        DecisionKind.Chosen => "chosen",
        DecisionKind.Fallback => "fallback",
        DecisionKind.Hedged => "hedged",
        DecisionKind.Cached => "cached",
        _ => null,
    };
}

using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Http.OpenAi;

/// <summary>Capability bits by the names of the configuration.</summary>
internal static class Capabilities
{
    private static readonly (Capability Bit, string Name)[] Table =
    [
        (Capability.Chat, "chat"), (Capability.Completion, "completion"), (Capability.Tools, "tools"), (Capability.JsonObject, "json_object"),
        (Capability.JsonSchema, "json_schema"), (Capability.Vision, "vision"), (Capability.Embeddings, "embeddings"), (Capability.Rerank, "rerank"),
        (Capability.Infill, "infill"), (Capability.ContinueAssistant, "continue_assistant"), (Capability.LogProbs, "logprobs"), (Capability.Audio, "audio"),
    ];

    /// <summary>Names of the bits that are set.</summary>
    public static IEnumerable<string> NamesOf(Capability capabilities)
    {
        foreach (var (bit, name) in Table)
        {
            if ((capabilities & bit) != 0)
            {
                yield return name;
            }
        }
    }
}

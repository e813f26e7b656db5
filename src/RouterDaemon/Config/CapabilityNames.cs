using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Config;

/// <summary>Capability bits by the names of the configuration.</summary>
internal static class CapabilityNames
{
    /// <summary>Every bit with its name.</summary>
    public static readonly (string Word, Capability Value)[] Table =
    [
        ("chat", Capability.Chat), ("completion", Capability.Completion), ("tools", Capability.Tools),
        ("json_object", Capability.JsonObject), ("json_schema", Capability.JsonSchema), ("vision", Capability.Vision),
        ("embeddings", Capability.Embeddings), ("rerank", Capability.Rerank), ("infill", Capability.Infill),
        ("continue_assistant", Capability.ContinueAssistant), ("logprobs", Capability.LogProbs), ("audio", Capability.Audio),
    ];

    /// <summary>Names of the bits that are set.</summary>
    public static IEnumerable<string> Of(Capability capabilities)
    {
        foreach (var (name, bit) in Table)
        {
            if ((capabilities & bit) != 0)
            {
                yield return name;
            }
        }
    }

    /// <summary>The bit of a name; 0 = no such name.</summary>
    public static Capability Find(string name)
    {
        foreach (var (known, bit) in Table)
        {
            if (known == name)
            {
                return bit;
            }
        }

        return 0;
    }
}

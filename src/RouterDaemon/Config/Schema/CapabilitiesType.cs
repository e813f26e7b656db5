using System.Text.Json.Nodes;
using RouterDaemon.Config.Yaml;
using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Config.Schema;

/// <summary>A list of capability names to bits.</summary>
internal sealed class CapabilitiesType : ConfigType<Capability>
{
    private static readonly (string Word, Capability Value)[] Names =
    [
        ("chat", Capability.Chat), ("completion", Capability.Completion), ("tools", Capability.Tools),
        ("json_object", Capability.JsonObject), ("json_schema", Capability.JsonSchema), ("vision", Capability.Vision),
        ("embeddings", Capability.Embeddings), ("rerank", Capability.Rerank), ("infill", Capability.Infill),
        ("continue_assistant", Capability.ContinueAssistant), ("logprobs", Capability.LogProbs), ("audio", Capability.Audio),
    ];

    private static readonly ListType<Capability> List = new(new ChoiceType<Capability>(Names), maxItems: 32);

    public override bool TryBind(BindContext context, ConfigNode node, string path, out Capability value)
    {
        var bound = List.TryBind(context, node, path, out var bits);
        value = Capability.None;
        foreach (var bit in bits)
        {
            value |= bit;
        }

        return bound;
    }

    public override JsonObject Schema() => List.Schema();

    public override JsonNode Show(Capability value) => List.Show(Array.ConvertAll(Array.FindAll(Names, n => value.HasFlag(n.Value)), static n => n.Value));
}

using System.Text.Json;

namespace RouterDaemon.Engine.Grammar;

/// <summary>What a schema says about an object's members.</summary>
/// <param name="Properties">Named members in the order of the schema.</param>
/// <param name="Additional">Schema of further members, null = none are written.</param>
/// <param name="Closed">Further members are forbidden, not only left out.</param>
internal sealed record ObjectSchema(List<ObjectProperty> Properties, JsonElement? Additional, bool Closed);

/// <summary>A named member.</summary>
internal sealed record ObjectProperty(string Name, JsonElement Schema, bool Required);

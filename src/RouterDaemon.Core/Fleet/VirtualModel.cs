namespace RouterDaemon.Core.Fleet;

/// <summary>A name that stands for several deployments.</summary>
/// <param name="Name">The name clients use.</param>
/// <param name="Deployments">Deployment ids, model ids, or patterns with <c>*</c> (<c>"*"</c>, <c>"llama/*"</c>, <c>"*/aws"</c>), in order of preference.</param>
/// <param name="Policy">Policy by name; null = the router's default.</param>
/// <param name="Preset">Preset by name; null = the default.</param>
public sealed record VirtualModel(string Name, IReadOnlyList<string> Deployments, string? Policy = null, string? Preset = null);

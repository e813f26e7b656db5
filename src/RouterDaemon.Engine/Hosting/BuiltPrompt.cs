namespace RouterDaemon.Engine.Hosting;

/// <summary>A request's prompt as the model gets it.</summary>
/// <param name="Tokens">Token ids, at least one.</param>
/// <param name="InReasoning">It ends inside reasoning that the template has opened.</param>
internal sealed record BuiltPrompt(int[] Tokens, bool InReasoning);

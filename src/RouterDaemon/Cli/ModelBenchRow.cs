namespace RouterDaemon.Cli;

/// <summary>A model's speed with some clients at once.</summary>
/// <param name="Clients">Requests at once.</param>
/// <param name="PromptTokensPerSecond">Prompt tokens computed a second, all clients together.</param>
/// <param name="DecodeTokensPerSecond">Answer tokens a second, all clients together.</param>
/// <param name="TtftP50Ms">Median time to the first token of the long prompts.</param>
/// <param name="TtftP99Ms">Its 99th percentile.</param>
internal sealed record ModelBenchRow(int Clients, double PromptTokensPerSecond, double DecodeTokensPerSecond, double TtftP50Ms, double TtftP99Ms);

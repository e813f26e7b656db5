namespace RouterDaemon.Agents.Planning;

/// <summary>How a question is answered without a model.</summary>
public sealed record Plan(Intent Intent, QuestionFacts Facts, IReadOnlyList<PlannedCall> Calls);

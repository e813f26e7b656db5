namespace RouterDaemon.Store.Records;

/// <summary>One score of <c>quality_scores</c> with what it is about.</summary>
/// <param name="DeploymentId"><c>model/backend</c> that answered.</param>
/// <param name="TaskType">Task type of the request, e.g. <c>coding</c>; empty = not known.</param>
/// <param name="Score">0..1.</param>
public sealed record ScoredAnswer(string DeploymentId, string TaskType, double Score);

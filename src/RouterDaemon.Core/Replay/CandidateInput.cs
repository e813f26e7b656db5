using RouterDaemon.Core.State;

namespace RouterDaemon.Core.Replay;

/// <summary>One candidate as it was when it was weighed.</summary>
internal sealed record CandidateInput(string Id, string ModelId, EntryImage Entry, DeploymentImage State, int PrefixDepth, bool IsSessionHome);

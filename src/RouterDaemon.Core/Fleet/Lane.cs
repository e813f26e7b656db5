namespace RouterDaemon.Core.Fleet;

/// <summary>One deployment's place in its snapshot's blocks.</summary>
internal sealed record Lane(LaneBlock Block, int Index);

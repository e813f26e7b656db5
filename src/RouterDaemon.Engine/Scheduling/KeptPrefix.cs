using RouterDaemon.Native;

namespace RouterDaemon.Engine.Scheduling;

/// <summary>What a slot held when it was given to another request.</summary>
/// <param name="Tokens">Tokens of the sequence.</param>
/// <param name="Adapters">What they were computed with.</param>
/// <param name="State">Their keys and values.</param>
internal sealed record KeptPrefix(int[] Tokens, AdapterSet Adapters, SequenceState State);

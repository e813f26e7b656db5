namespace RouterDaemon.Native.Linux;

/// <summary>What became possible on a watched socket.</summary>
/// <param name="Token">The token it is watched under.</param>
/// <param name="CanReceive">Bytes, an end or an error can be received.</param>
/// <param name="CanSend">There is room to send, or an error to find.</param>
/// <param name="IsEnding">The peer sends no more, or the connection broke.</param>
public readonly record struct ReadyEvent(ulong Token, bool CanReceive, bool CanSend, bool IsEnding);

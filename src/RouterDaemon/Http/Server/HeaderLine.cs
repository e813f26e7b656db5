using RouterDaemon.Core.Wire;

namespace RouterDaemon.Http.Server;

/// <summary>One header line as offsets into the head's bytes.</summary>
internal readonly record struct HeaderLine(ByteRange Name, ByteRange Value);

using RouterDaemon.Cli;

namespace RouterDaemon.Fleet.Hub;

/// <summary>Whether a disk takes what is to be pulled.</summary>
internal static class DiskRoom
{
    /// <summary>Left free: the daemon's journal and databases may grow on the same disk.</summary>
    public const long ReserveBytes = 256L << 20;

    /// <summary>Null when it fits, else the sentence for the user.</summary>
    public static string? Problem(long neededBytes, long freeBytes, string folder) => neededBytes <= freeBytes - ReserveBytes
        ? null
        : $"{ByteText.Bytes(neededBytes)} more are needed in {folder} and {ByteText.Bytes(ReserveBytes)} are left free, {ByteText.Bytes(freeBytes)} are free: make room, or name another folder in ROUTERD_MODELS";
}

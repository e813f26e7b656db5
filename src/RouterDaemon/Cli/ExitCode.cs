namespace RouterDaemon.Cli;

/// <summary>What the process answers its caller.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    public const int Failed = 1;

    public const int WrongUsage = 2;

    /// <summary>EX_USAGE of sysexits.h, which service managers do not restart on.</summary>
    public const int BadConfiguration = 64;

    /// <summary>128 + SIGINT, as shells report it.</summary>
    public const int Interrupted = 130;
}

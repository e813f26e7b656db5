namespace RouterDaemon.Bench.Mock;

/// <summary>The script says that the connection ends here.</summary>
internal sealed class MockCutException(bool reset) : Exception
{
    public bool Reset { get; } = reset;
}

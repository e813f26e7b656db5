namespace RouterDaemon.Config;

/// <summary>A value that never prints: no log, error, dump or serialiser sees more than <c>***</c>.</summary>
internal sealed class Secret(string value)
{
    private readonly string _value = value;

    /// <summary>The value itself, for the one place that sends it.</summary>
    public string Reveal() => _value;

    /// <inheritdoc/>
    public override string ToString() => "***";
}

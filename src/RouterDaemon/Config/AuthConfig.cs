namespace RouterDaemon.Config;

internal sealed record AuthConfig
{
    /// <summary>
    /// The sentence that <c>auth.allow_open</c> must be, word for word, before the daemon serves other machines without keys.
    /// </summary>
    public const string AllowOpenSentence = "anyone who can reach this address may spend my keys";

    /// <summary>Requests need a key; null = not written: true as soon as a key exists or an address is not loopback.</summary>
    public bool? Required { get; init; }

    /// <summary>True when the file says <see cref="AllowOpenSentence"/>.</summary>
    public bool AllowOpen { get; init; }
}

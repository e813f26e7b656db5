namespace RouterDaemon.Config;

internal sealed record AuthConfig
{
    /// <summary>
    /// The sentence that <c>auth.allow_open</c> must be, word for word, before the daemon serves other machines without keys.
    /// </summary>
    public const string AllowOpenSentence = "anyone who can reach this address may spend my keys";

    /// <summary>Requests need a key. Default false; see <see cref="IsRequired"/> for when it is true all the same.</summary>
    public bool Required { get; init; }

    /// <summary>True when the file says <see cref="AllowOpenSentence"/>.</summary>
    public bool AllowOpen { get; init; }

    /// <summary>Whether requests need a key: when the file says so, as soon as a key exists, and when other machines can connect.</summary>
    public bool IsRequired(IReadOnlyList<ListenAddress> listen, int keyCount) =>
        Required || keyCount > 0 || (!AllowOpen && listen.Any(a => !a.IsLoopback));
}

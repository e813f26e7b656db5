using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace RouterDaemon.Config;

/// <summary>
/// A key or token. <see cref="ToString"/> is <c>***</c>, there is no public property for a serialiser to find, and the text leaves
/// only through <see cref="Reveal"/>, which is easy to search for.
/// </summary>
[DebuggerDisplay("***")]
internal sealed class Secret : IEquatable<Secret>
{
    private readonly string _text;

    public Secret(string text) => _text = text;

    /// <summary>The text itself: for a header that goes to the secret's own server, nothing else.</summary>
    public string Reveal() => _text;

    /// <summary>Constant-time comparison with what a client sent.</summary>
    public bool Matches(string candidate) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(_text), Encoding.UTF8.GetBytes(candidate));

    public bool Equals(Secret? other) => other is not null && Matches(other._text);

    public override bool Equals(object? obj) => Equals(obj as Secret);

    public override int GetHashCode() => string.GetHashCode(_text, StringComparison.Ordinal);

    public override string ToString() => "***";
}

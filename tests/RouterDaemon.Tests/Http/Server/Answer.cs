using System.Text;

namespace RouterDaemon.Tests.Http.Server;

/// <summary>One answer as a client read it.</summary>
/// <param name="Status">Status code.</param>
/// <param name="Head">Status line and header lines.</param>
/// <param name="Body">Without its framing.</param>
internal sealed record Answer(int Status, string[] Head, byte[] Body)
{
    public string Text => Encoding.Latin1.GetString(Body);

    public bool Closes => this["Connection"] == "close";

    /// <summary>The value of a header; null = it is not there.</summary>
    /// <exception cref="InvalidOperationException">It is there twice.</exception>
    public string? this[string name] => Head.Skip(1).SingleOrDefault(l => l.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))?[(name.Length + 2)..];
}

using RouterDaemon.Native;

namespace RouterDaemon.Engine.Sampling;

/// <summary>Watches an answer for the place from which on a grammar binds it. Disposing it frees a grammar that was never handed out.</summary>
internal interface IGrammarTrigger : IDisposable
{
    /// <summary>Adds the text of a token.</summary>
    /// <returns>The grammar to use from here on, once; null otherwise.</returns>
    LlamaSampler? Push(ReadOnlySpan<byte> piece);
}

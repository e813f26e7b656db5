using RouterDaemon.Engine.Scheduling;

namespace RouterDaemon.Engine.Speculation;

/// <summary>Guesses how a sequence goes on. Called on the inference thread.</summary>
internal interface IDrafter : IDisposable
{
    /// <summary>Guesses the tokens behind the slot's pending one.</summary>
    /// <param name="slot">A slot that generates; its tokens and its pending one are the text so far.</param>
    /// <param name="draft">Room for the guesses.</param>
    /// <returns>How many were guessed; 0 = no idea.</returns>
    int Draft(Slot slot, Span<int> draft);
}

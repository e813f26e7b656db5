using RouterDaemon.Engine.Scheduling;

namespace RouterDaemon.Engine.Speculation;

/// <summary>Guesses how a sequence goes on. Called on the inference thread.</summary>
internal interface IDrafter : IDisposable
{
    /// <summary>Takes in what the slot has got since the last call, a whole prompt at first; its cost comes once and is no part of a guess.</summary>
    void Follow(Slot slot);

    /// <summary>Guesses the tokens behind the slot's pending one.</summary>
    /// <param name="slot">A slot that generates and was followed; its tokens and its pending one are the text so far.</param>
    /// <param name="draft">Room for the guesses.</param>
    /// <returns>How many were guessed; 0 = no idea.</returns>
    int Draft(Slot slot, Span<int> draft);
}

namespace RouterDaemon.Engine.Speculation;

/// <summary>What became of the guessed tokens of one generation.</summary>
/// <param name="Drafted">All of them.</param>
/// <param name="Accepted">Those that the model chose as well.</param>
/// <param name="Held">Guesses that held, older ones fading.</param>
/// <param name="Broke">Steps that ended at a guess that did not, older ones fading.</param>
internal readonly record struct DraftCounts(int Drafted, int Accepted, double Held, double Broke)
{
    /// <summary>How fast older steps fade: about the last twenty count.</summary>
    private const double Memory = 0.95;

    /// <summary>Chance that the next guess holds, 0 to 1; 0.5 before the first.</summary>
    public double Acceptance => (Held + 1) / (Held + Broke + 2);

    /// <summary>A step with so many guesses begins.</summary>
    public DraftCounts Begin(int drafted) => drafted == 0 ? this : new(Drafted + drafted, Accepted, Held * Memory, Broke * Memory);

    /// <summary>A guess held.</summary>
    public DraftCounts Accept() => this with { Accepted = Accepted + 1, Held = Held + 1 };

    /// <summary>A guess did not hold.</summary>
    public DraftCounts Reject() => this with { Broke = Broke + 1 };
}

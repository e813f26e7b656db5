namespace RouterDaemon.Engine;

/// <summary>One slot of a model at one moment. Numbers of the request are 0 while there is none.</summary>
/// <param name="Id">Number of the slot, from 0.</param>
/// <param name="Activity">What happens in it.</param>
/// <param name="HeldTokens">Tokens whose keys and values it holds.</param>
/// <param name="PromptTokens">Tokens of the request's prompt.</param>
/// <param name="CachedTokens">Of them those that were held already.</param>
/// <param name="GeneratedTokens">Tokens generated so far.</param>
/// <param name="MaxTokens">Most tokens to generate, 0 = until the context is full.</param>
/// <param name="RunningMs">Time since the request got the slot.</param>
/// <param name="FairnessKey">Whose request it is, null = not said.</param>
public sealed record SlotState(
    int Id,
    SlotActivity Activity,
    int HeldTokens,
    int PromptTokens,
    int CachedTokens,
    int GeneratedTokens,
    int MaxTokens,
    double RunningMs,
    string? FairnessKey)
{
    /// <summary>Tokens of the prompt that are computed.</summary>
    public int PromptDone => Math.Min(HeldTokens, PromptTokens);
}

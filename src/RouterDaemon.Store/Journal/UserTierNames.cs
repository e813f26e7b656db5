namespace RouterDaemon.Store.Journal;

/// <summary>Tiers by their words in the context store.</summary>
public static class UserTierNames
{
    /// <summary>The word of a tier.</summary>
    public static string Of(UserTier tier) => tier switch
    {
        UserTier.Premium => "premium",
        UserTier.Budget => "budget",
        _ => "standard",
    };

    /// <summary>The tier of a word; null = there is none.</summary>
    public static UserTier? Find(string word) => word switch
    {
        "premium" => UserTier.Premium,
        "budget" => UserTier.Budget,
        "standard" => UserTier.Standard,
        _ => null,
    };
}

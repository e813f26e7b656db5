namespace RouterDaemon.Store.Records;

/// <summary>What was spent with a key.</summary>
public sealed record KeySpending(string KeyId, string UserId, double Usd);

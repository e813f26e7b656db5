using RouterDaemon.Core.State;
using RouterDaemon.Store.Journal;
using RouterDaemon.Store.Records;

namespace RouterDaemon.Keys;

/// <summary>A key with its user and what is counted for it. The counts outlive every reading of the registry.</summary>
internal sealed class ApiKey
{
    private long _lastUsedUnixSeconds;

    /// <param name="row">As it lies in the registry.</param>
    /// <param name="limits">What it may do.</param>
    /// <param name="user">For whom.</param>
    /// <param name="usage">What was done with it.</param>
    /// <param name="userDay">The budget of its user's day, shared by all keys of the user; null = none.</param>
    public ApiKey(ApiKeyRow row, KeyLimits limits, UserRow user, KeyUsage usage, BudgetState? userDay)
    {
        Row = row;
        Limits = limits;
        User = user;
        Usage = usage;
        UserDay = userDay;
        BudgetState[] budgets = [.. new[] { usage.Day, usage.Month, userDay }.OfType<BudgetState>()];
        Budgets = budgets.Length > 0 ? budgets : null;
    }

    /// <summary>As it lies in the registry.</summary>
    public ApiKeyRow Row { get; }

    /// <summary>What it may do.</summary>
    public KeyLimits Limits { get; }

    /// <summary>For whom.</summary>
    public UserRow User { get; }

    /// <summary>What was done with it.</summary>
    public KeyUsage Usage { get; }

    /// <summary>The budget of its user's day; null = none.</summary>
    public BudgetState? UserDay { get; }

    /// <summary>All budgets that a request counts against, its user's included; null = none.</summary>
    public BudgetState[]? Budgets { get; }

    /// <summary>Numbers of its id and its user's in the journal; 0 = not yet known.</summary>
    public int KeyName { get; private set; }

    /// <inheritdoc cref="KeyName"/>
    public int UserName { get; private set; }

    /// <summary>True while it lets somebody in.</summary>
    public bool IsLive(DateTimeOffset now) => Row.RevokedAt is null && !(Row.ExpiresAt <= now);

    /// <summary>Notes a request. Cheap enough for each.</summary>
    public void NoteUse(long unixSeconds) => Volatile.Write(ref _lastUsedUnixSeconds, unixSeconds);

    /// <summary>Last request of this process; 0 = none.</summary>
    public long LastUsedUnixSeconds => Volatile.Read(ref _lastUsedUnixSeconds);

    /// <summary>The last use that is in the registry.</summary>
    public DateTimeOffset NotedAt { get; set; }

    /// <summary>Looks its names up in the journal, once.</summary>
    public void Intern(RequestJournal journal)
    {
        if (KeyName == 0)
        {
            UserName = journal.Intern(Row.UserId);
            KeyName = journal.Intern(Row.Id);
        }
    }
}

using System.Text.Json;
using RouterDaemon.Core.State;
using RouterDaemon.Http;
using RouterDaemon.Store;
using RouterDaemon.Store.Journal;
using RouterDaemon.Store.Records;

namespace RouterDaemon.Keys;

/// <summary>
/// The API keys of <c>models.db</c>, in memory. Read once before the first request, changed by this process alone; the file is made with the first key.
/// </summary>
internal sealed class KeyRegistry : IAsyncDisposable
{
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly Dictionary<string, BudgetState> _userDays = new(StringComparer.Ordinal);
    private readonly string _path;
    private readonly TimeProvider _time;
    private ModelStore? _store;
    private ContextStore? _context;
    private KeySnapshot _keys = KeySnapshot.Empty;

    /// <summary>Reads the registry. <see cref="StoreException"/>: the file cannot be read.</summary>
    public KeyRegistry(string path, TimeProvider time)
    {
        (_path, _time) = (path, time);
        if (!File.Exists(path))
        {
            return;
        }

        _store = ModelStore.Open(path);
        var keys = new List<ApiKey>();
        foreach (var row in _store.Keys())
        {
            keys.Add(Make(row, new UserRow(row.UserId, UserTier.Standard, null, null)));
        }

        _keys = new KeySnapshot(keys);
    }

    /// <summary>Every key, revoked ones too, oldest first.</summary>
    public IReadOnlyList<ApiKey> All => Volatile.Read(ref _keys).All;

    /// <summary>Budgets of users' days, by the user's id.</summary>
    public IReadOnlyDictionary<string, BudgetState> UserDays => _userDays;

    /// <summary>Keys that are not revoked. One that only expired still counts: nothing opens by itself.</summary>
    public int Count => Volatile.Read(ref _keys).Unrevoked;

    /// <summary>Changes whenever a key does.</summary>
    public object Version => Volatile.Read(ref _keys);

    /// <summary>The key with this text, live or not; null = there is none.</summary>
    public ApiKey? Find(ReadOnlySpan<char> presented)
    {
        var keys = Volatile.Read(ref _keys);
        Span<byte> hash = stackalloc byte[KeySecret.HashBytes];
        return keys.All.Count == 0 || !KeySecret.TryHash(presented, hash) ? null : keys.Find(hash);
    }

    /// <summary>The same clock for every limit.</summary>
    public long NowSecond => _time.GetTimestamp() / _time.TimestampFrequency;

    /// <summary>The context store is open: takes the users' rows from it.</summary>
    public async Task AttachAsync(ContextStore context)
    {
        _context = context;
        await ChangeAsync(async () =>
        {
            if (All.Count > 0)
            {
                var keys = new List<ApiKey>();
                foreach (var key in All)
                {
                    keys.Add(Make(key.Row, await UserAsync(key.Row.UserId).ConfigureAwait(false)));
                }

                Volatile.Write(ref _keys, new KeySnapshot(keys));
            }

            return true;
        }).ConfigureAwait(false);
    }

    /// <summary>Makes a key. The text is returned once and kept nowhere.</summary>
    /// <exception cref="StoreException">A file cannot be written.</exception>
    public Task<(ApiKey Key, string Text)> CreateAsync(NewKey wanted) => ChangeAsync(async () =>
    {
        _store ??= await Task.Run(() => ModelStore.Open(_path)).ConfigureAwait(false);
        var user = await SaveUserAsync(wanted).ConfigureAwait(false);
        var text = KeySecret.Create();
        var hash = new byte[KeySecret.HashBytes];
        KeySecret.TryHash(text, hash);
        var row = new ApiKeyRow(
            KeySecret.CreateId(), hash, wanted.UserId, wanted.Name, text[..KeySecret.PrefixChars], KeyLimitsJson.ToText(wanted.Limits),
            _time.GetUtcNow(), wanted.ExpiresAt);
        await _store.AddKeyAsync(row).ConfigureAwait(false);
        var key = Make(row, user);
        var keys = new List<ApiKey>();
        foreach (var known in All)
        {
            // What is known of the user may just have changed.
            keys.Add(known.Row.UserId == user.Id ? Make(known.Row, user) : known);
        }

        keys.Add(key);
        Volatile.Write(ref _keys, new KeySnapshot(keys));
        return (key, text);
    });

    /// <summary>Revokes a key at once; false = there is none with this id, or it is revoked already.</summary>
    public Task<bool> RevokeAsync(string id) => ChangeAsync(async () =>
    {
        var now = _time.GetUtcNow();
        if (_store is null || !await _store.RevokeKeyAsync(id, now).ConfigureAwait(false))
        {
            return false;
        }

        var keys = new List<ApiKey>();
        foreach (var key in All)
        {
            keys.Add(key.Row.Id == id ? new ApiKey(key.Row with { RevokedAt = now }, key.Limits, key.User, key.Usage, key.UserDay) : key);
        }

        Volatile.Write(ref _keys, new KeySnapshot(keys));
        return true;
    });

    /// <summary>Writes when keys were last used.</summary>
    public async Task FlushUsesAsync()
    {
        if (_store is not { } store)
        {
            return;
        }

        var uses = new List<KeyValuePair<string, DateTimeOffset>>();
        foreach (var key in All)
        {
            if (key.LastUsedUnixSeconds is > 0 and var last && DateTimeOffset.FromUnixTimeSeconds(last) is var at && at != key.NotedAt)
            {
                key.NotedAt = at;
                uses.Add(new(key.Row.Id, at));
            }
        }

        if (uses.Count > 0)
        {
            await store.NoteUsesAsync(uses).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
        {
            try
            {
                await FlushUsesAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is StoreException or Microsoft.Data.Sqlite.SqliteException)
            {
                // When a key was last used is not worth failing the stop.
            }

            await _store.DisposeAsync().ConfigureAwait(false);
        }

        _changing.Dispose();
    }

    private async Task<T> ChangeAsync<T>(Func<Task<T>> change)
    {
        await _changing.WaitAsync().ConfigureAwait(false);
        try
        {
            return await change().ConfigureAwait(false);
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task<UserRow> UserAsync(string id) =>
        (_context is null ? null : await _context.FindUserAsync(id).ConfigureAwait(false)) ?? new UserRow(id, UserTier.Standard, null, null);

    private async Task<UserRow> SaveUserAsync(NewKey wanted)
    {
        var before = await UserAsync(wanted.UserId).ConfigureAwait(false);
        var user = before with
        {
            Tier = wanted.Tier ?? before.Tier,
            LatencySlaMs = wanted.LatencySlaMs ?? before.LatencySlaMs,
            DailyBudgetUsd = wanted.DailyBudgetUsd ?? before.DailyBudgetUsd,
        };
        if (_context is not null)
        {
            await _context.UpsertUserAsync(user.Id, user.Tier, user.LatencySlaMs, user.DailyBudgetUsd).ConfigureAwait(false);
        }

        return user;
    }

    private ApiKey Make(ApiKeyRow row, UserRow user)
    {
        var limits = KeyLimits.None;
        if (row.Limits is { } text)
        {
            try
            {
                using var json = JsonDocument.Parse(text);
                limits = KeyLimitsJson.Read(json.RootElement);
            }
            catch (Exception e) when (e is JsonException or ApiException)
            {
                // A limit that is not understood must not be a limit that is not kept.
                throw new StoreException(_path, $"holds limits of key {row.Id} that this version cannot read: {e.Message}");
            }
        }

        var usage = Volatile.Read(ref _keys).Find(row.Hash)?.Usage ?? new KeyUsage(row.Id, limits);
        return new ApiKey(row, limits, user, usage, UserDay(user));
    }

    private BudgetState? UserDay(UserRow user)
    {
        if (user.DailyBudgetUsd is not { } limit)
        {
            return null;
        }

        lock (_userDays)
        {
            if (!_userDays.TryGetValue(user.Id, out var state))
            {
                _userDays[user.Id] = state = new BudgetState($"user {user.Id} per day", limit);
            }
            else if (state.LimitUsd != limit)
            {
                state.Restart(limit, state.SpentUsd);
            }

            return state;
        }
    }
}

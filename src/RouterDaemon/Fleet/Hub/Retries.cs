using System.Globalization;

namespace RouterDaemon.Fleet.Hub;

/// <summary>Tries again what may succeed later: pauses of 1, 2, 4, ... s, at most 30 s, or as long as the server asks.</summary>
internal sealed class Retries(TimeProvider time, TimeSpan firstPause, Action<string> note)
{
    /// <summary>Tries without a byte of progress between them.</summary>
    public const int MaxTries = 6;

    /// <summary>Longest wait that a server may ask for; beyond it the pull ends and says so.</summary>
    public static readonly TimeSpan MaxAsked = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    private int _failed;

    /// <summary>Something came through: failures are counted anew.</summary>
    public void Progressed() => _failed = 0;

    /// <summary>Runs one call, again while its faults pass.</summary>
    /// <exception cref="PullException">The last fault.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await call().ConfigureAwait(false);
            }
            catch (PullException fault) when (fault.IsTransient)
            {
                await PauseAsync(fault, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits before the next try.</summary>
    /// <exception cref="PullException">There is none: the fault itself.</exception>
    private Task PauseAsync(PullException fault, CancellationToken cancellation)
    {
        if (++_failed >= MaxTries || fault.RetryAfter > MaxAsked)
        {
            var asked = fault.RetryAfter is { } wait ? string.Create(CultureInfo.InvariantCulture, $", for {wait.TotalSeconds:0} s") : "";
            throw new PullException(fault.Message + asked, fault) { Status = fault.Status };
        }

        var grown = firstPause * Math.Pow(2, _failed - 1);
        var pause = fault.RetryAfter ?? (grown < MaxPause ? grown : MaxPause);
        note(string.Create(CultureInfo.InvariantCulture, $"{fault.Message}; trying again in {pause.TotalSeconds:0.#} s"));
        return Task.Delay(pause, time, cancellation);
    }
}

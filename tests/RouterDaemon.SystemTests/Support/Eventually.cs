using System.Diagnostics;

namespace RouterDaemon.SystemTests.Support;

/// <summary>Waits for what must become true.</summary>
public static class Eventually
{
    /// <exception cref="TimeoutException">It did not; the message is what <paramref name="otherwise"/> says then.</exception>
    public static Task TrueAsync(Func<bool> condition, TimeSpan timeout, Func<string> otherwise) =>
        TrueAsync(() => Task.FromResult(condition()), timeout, otherwise);

    /// <exception cref="TimeoutException">It did not; the message is what <paramref name="otherwise"/> says then.</exception>
    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan timeout, Func<string> otherwise)
    {
        long start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(start) > timeout)
                throw new TimeoutException(otherwise());
            await Task.Delay(5);
        }
    }
}

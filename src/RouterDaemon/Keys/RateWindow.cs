namespace RouterDaemon.Keys;

/// <summary>
/// Requests, tokens and parallel requests of the last 60 seconds against one <see cref="RateLimits"/>. Counted in buckets of a second, the one that is
/// running besides the last 60: so no 60 s, wherever they begin, ever hold more than the limit. Safe from any thread.
/// </summary>
internal sealed class RateWindow(RateLimits limits)
{
    private const int Buckets = 61;

    private readonly Lock _lock = new();
    private readonly int[] _requests = new int[Buckets];
    private readonly long[] _tokens = new long[Buckets];
    private long _second;
    private int _requestSum;
    private long _tokenSum;
    private int _parallel;

    /// <summary>The limits.</summary>
    public RateLimits Limits => limits;

    /// <summary>Takes a request with its tokens, or nothing.</summary>
    /// <param name="tokens">Upper bound of its tokens.</param>
    /// <param name="second">The daemon's clock in whole seconds.</param>
    /// <returns>What is left, or what is exceeded and when it fits.</returns>
    public RateReading TryTake(long tokens, long second)
    {
        lock (_lock)
        {
            Advance(second);
            var excess = limits.MaxParallel > 0 && _parallel >= limits.MaxParallel ? RateExcess.Parallel
                : limits.RequestsPerMinute > 0 && _requestSum >= limits.RequestsPerMinute ? RateExcess.Requests
                : limits.TokensPerMinute > 0 && _tokenSum + tokens > limits.TokensPerMinute ? RateExcess.Tokens
                : RateExcess.None;
            if (excess == RateExcess.None)
            {
                var bucket = (int)(_second % Buckets);
                _requests[bucket]++;
                _tokens[bucket] += tokens;
                _requestSum++;
                _tokenSum += tokens;
                _parallel++;
            }

            return new RateReading(
                excess,
                excess == RateExcess.None ? 0 : SecondsUntilFits(excess, tokens),
                Math.Max(0, limits.RequestsPerMinute - _requestSum),
                Math.Max(0, limits.TokensPerMinute - _tokenSum),
                SecondsUntilEmpty());
        }
    }

    /// <summary>A request ended, or was not let in by another limit after all.</summary>
    /// <param name="second">When it was taken.</param>
    /// <param name="nowSecond">Now.</param>
    /// <param name="tokens">What was set aside for it.</param>
    /// <param name="usedTokens">What it used.</param>
    /// <param name="counts">False = as if it had never been.</param>
    public void Settle(long second, long nowSecond, long tokens, long usedTokens, bool counts)
    {
        lock (_lock)
        {
            _parallel--;
            Advance(nowSecond);
            if (_second - second >= Buckets)
            {
                return;
            }

            var bucket = (int)(second % Buckets);
            var change = usedTokens - tokens;
            _tokens[bucket] += change;
            _tokenSum += change;
            if (!counts)
            {
                _requests[bucket]--;
                _requestSum--;
            }
        }
    }

    private void Advance(long second)
    {
        if (second - _second >= Buckets)
        {
            Array.Clear(_requests);
            Array.Clear(_tokens);
            (_requestSum, _tokenSum) = (0, 0);
            _second = second;
            return;
        }

        while (_second < second)
        {
            var bucket = (int)(++_second % Buckets);
            _requestSum -= _requests[bucket];
            _tokenSum -= _tokens[bucket];
            _requests[bucket] = 0;
            _tokens[bucket] = 0;
        }
    }

    private int SecondsUntilFits(RateExcess excess, long tokens)
    {
        if (excess == RateExcess.Parallel)
        {
            return 1;
        }

        var requests = _requestSum;
        var sum = _tokenSum;
        for (var age = Buckets - 1; age >= 0; age--)
        {
            var bucket = (int)((_second - age + (2 * Buckets)) % Buckets);
            requests -= _requests[bucket];
            sum -= _tokens[bucket];
            if (excess == RateExcess.Requests ? requests < limits.RequestsPerMinute : sum + tokens <= limits.TokensPerMinute)
            {
                return Buckets - age;
            }
        }

        return Buckets;
    }

    private int SecondsUntilEmpty()
    {
        for (var age = 0; age < Buckets; age++)
        {
            if (_requests[(int)((_second - age + (2 * Buckets)) % Buckets)] > 0)
            {
                return Buckets - age;
            }
        }

        return 0;
    }
}

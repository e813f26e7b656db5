using System.Globalization;
using RouterDaemon.Core.State;
using RouterDaemon.Http;
using RouterDaemon.Relay;
using RouterDaemon.Store.Journal;

namespace RouterDaemon.Keys;

/// <summary>
/// A request that was let in under its key's limits: what it set aside, until it is settled. Requests and tokens are reserved here, money inside
/// <c>Router.Choose</c>, where the price of a deployment is known.
/// </summary>
internal sealed class Admission
{
    private readonly ApiKey _key;
    private readonly long _second;
    private readonly long _tokens;
    private RateWindow? _rate;
    private RateWindow? _model;

    private Admission(ApiKey key, long second, long tokens) => (_key, _second, _tokens) = (key, second, tokens);

    /// <summary>Budgets that the request counts against; null = none.</summary>
    public BudgetState[]? Budgets => _key.Budgets;

    /// <summary>Lets the request of a key in; null = it has no key.</summary>
    /// <exception cref="ApiException">403 for a model it may not ask for, 429 above a limit.</exception>
    public static Admission? Of(InferenceCall call, IReadOnlyList<Core.Fleet.NameTarget> targets, long second)
    {
        if (call.Context.Key is not { } key)
        {
            return null;
        }

        var limits = key.Limits;
        CheckModels(call, limits, targets);
        if (limits.Privacy is { } floor && floor > call.Route.PrivacyFloor)
        {
            call.Route.PrivacyFloor = floor;
        }

        var model = key.Usage.Of(call.ModelName);
        CapAnswer(call, key, model);
        var tokens = call.MostTokens;
        var admission = new Admission(key, second, tokens);
        admission.Take(call, ref admission._rate, key.Usage.Rate, null);
        admission.Take(call, ref admission._model, model, call.ModelName);
        return admission;
    }

    /// <summary>The request ended: what it did not use is free again. One that failed never was.</summary>
    public void Settle(InferenceCall call, long nowSecond)
    {
        var delivered = call.Outcome is RequestOutcome.Success or RequestOutcome.Cached || call.Usage.CompletionTokens > 0;
        // An answer from the cache cost nobody a token; of one that failed or was given up nothing counts here, only as money where it may be billed.
        var used = call.Outcome == RequestOutcome.Cached || !delivered ? 0 : Math.Max(0, (long)call.Usage.PromptTokens + call.Usage.CompletionTokens);
        Interlocked.Exchange(ref _rate, null)?.Settle(_second, nowSecond, _tokens, used, delivered);
        Interlocked.Exchange(ref _model, null)?.Settle(_second, nowSecond, _tokens, used, delivered);
    }

    private static void CheckModels(InferenceCall call, KeyLimits limits, IReadOnlyList<Core.Fleet.NameTarget> targets)
    {
        if (limits.Models.Count == 0)
        {
            return;
        }

        for (var i = 0; i < targets.Count; i++)
        {
            // Fallbacks of the configuration go where the configuration says; those of the client are its own wish.
            var name = i == 0 ? call.ModelName : i <= call.Hints.Fallbacks.Count ? call.Hints.Fallbacks[i - 1] : null;
            if (!limits.Allows(name ?? "", targets[i], call.Fleet))
            {
                throw new ApiException(ApiError.Forbidden(
                    $"This key may not use \"{name ?? call.ModelName}\"; it may use {string.Join(", ", limits.Models)}.", "model_not_allowed"));
            }
        }
    }

    /// <summary>Without a bound on the answer nothing could be set aside, so one is sent along.</summary>
    private static void CapAnswer(InferenceCall call, ApiKey key, RateWindow? model)
    {
        var mostTokens = Least(key.Limits.Rate.TokensPerMinute, model?.Limits.TokensPerMinute ?? 0);
        if (call.Route.MaxTokens > 0 || !call.HasAnswerTokens || (mostTokens == 0 && key.Budgets is null))
        {
            return;
        }

        long cap = key.Limits.MaxOutputTokens;
        if (mostTokens > 0)
        {
            cap = Math.Max(1, Math.Min(cap, (mostTokens - call.Route.MostPromptTokens) / Math.Max(1, call.Route.Answers)));
        }

        call.Route.CapTokens = (int)cap;
    }

    private static int Least(int a, int b) => a == 0 ? b : b == 0 ? a : Math.Min(a, b);

    private void Take(InferenceCall call, ref RateWindow? taken, RateWindow? window, string? model)
    {
        if (window is null)
        {
            return;
        }

        var reading = window.TryTake(_tokens, _second);
        WriteHeaders(call.Context.Http.Response.Headers, window.Limits, reading);
        if (reading.Excess == RateExcess.None)
        {
            taken = window;
            return;
        }

        Interlocked.Exchange(ref _rate, null)?.Settle(_second, _second, _tokens, 0, counts: false);
        call.Outcome = RequestOutcome.RateLimited;
        throw new ApiException(ApiError.TooManyRequests(Message(window.Limits, reading.Excess, model), TimeSpan.FromSeconds(reading.RetrySeconds)));
    }

    private string Message(RateLimits limits, RateExcess excess, string? model)
    {
        var whose = model is null ? "This key" : $"This key with \"{model}\"";
        return excess switch
        {
            RateExcess.Requests => $"{whose} may send {limits.RequestsPerMinute} requests a minute.",
            RateExcess.Parallel => $"{whose} may have {limits.MaxParallel} requests under way at once.",
            _ when _tokens > limits.TokensPerMinute =>
                $"{whose} may use {limits.TokensPerMinute} tokens a minute, and this request alone may need {_tokens}: shorten it or lower max_tokens.",
            _ => $"{whose} may use {limits.TokensPerMinute} tokens a minute; this request may need {_tokens}.",
        };
    }

    /// <summary>The names and forms of OpenAI's API. Of two limits the tighter one is told.</summary>
    private static void WriteHeaders(IHeaderDictionary headers, RateLimits limits, in RateReading reading)
    {
        var reset = $"{reading.ResetSeconds.ToString(CultureInfo.InvariantCulture)}s";
        if (limits.RequestsPerMinute > 0)
        {
            Write(headers, "requests", limits.RequestsPerMinute, reading.RequestsLeft, reset);
        }

        if (limits.TokensPerMinute > 0)
        {
            Write(headers, "tokens", limits.TokensPerMinute, reading.TokensLeft, reset);
        }
    }

    private static void Write(IHeaderDictionary headers, string what, long limit, long left, string reset)
    {
        var name = "x-ratelimit-remaining-" + what;
        if (headers.TryGetValue(name, out var told) && long.TryParse(told, CultureInfo.InvariantCulture, out var other) && other <= left)
        {
            return;
        }

        headers["x-ratelimit-limit-" + what] = limit.ToString(CultureInfo.InvariantCulture);
        headers[name] = left.ToString(CultureInfo.InvariantCulture);
        headers["x-ratelimit-reset-" + what] = reset;
    }
}

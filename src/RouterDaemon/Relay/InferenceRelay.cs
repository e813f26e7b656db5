using System.Runtime.CompilerServices;
using RouterDaemon.Backends;
using RouterDaemon.Cache;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Replay;
using RouterDaemon.Core.Routing;
using RouterDaemon.Fleet;
using RouterDaemon.Http;
using RouterDaemon.Keys;
using RouterDaemon.Relay.Translation;
using RouterDaemon.Store.Journal;
using RouterDaemon.Telemetry;
using RouterDaemon.Telemetry.Tracing;

namespace RouterDaemon.Relay;

/// <summary>The life of an inference request: read, choose, attempt until an answer begins, record.</summary>
internal sealed class InferenceRelay(
    Task ready, FleetManager fleet, KeyRegistry keys, Router router, DecisionRecorder decisions, RequestRecorder recorder, RequestTracer tracer, ResponseCache cache, DeadlineWatch watch,
    RelayOptions options, Clock clock, ILogger log)
{
    private const int MaxRecordedOptions = 8;

    /// <summary>Load that came with an answer describes one engine of a cluster at one moment.</summary>
    private static readonly TimeSpan GaugeLife = TimeSpan.FromSeconds(15);

    private readonly Hedging _hedging = new(router, recorder, clock);
    private readonly FailedAnswer _failures = new(recorder);
    private readonly RetryWait _retryWait = new(watch, options, clock);
    private ulong _seed;

    /// <summary>Answers one request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="operation">What is asked.</param>
    /// <param name="client">Its dialect when it is not OpenAI's.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask RunAsync(RequestContext context, Operation operation, ClientDialect? client = null)
    {
        long waitedNs = 0;
        if (!ready.IsCompleted)
        {
            // The first milliseconds of a daemon: what cannot be recorded is not served yet.
            var from = clock.NowNs;
            await ready.WaitAsync(context.Http.RequestAborted).ConfigureAwait(false);
            waitedNs = clock.NowNs - from;
        }

        var state = fleet.Current;
        fleet.RefreshOnDevice(state);
        var reading = RequestBody.ReadAsync(context, state.Config.Limits.MaxBodyBytes);
        // A body that is there already costs the router's own time; one that is not is its sender's.
        var bodyFrom = reading.IsCompleted ? 0 : clock.NowNs;
        var body = await reading.ConfigureAwait(false);
        waitedNs += bodyFrom == 0 ? 0 : clock.NowNs - bodyFrom;
        if (body.Length > options.MaxInlineScanBytes)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        using var call = new InferenceCall(context, operation, body, state, client) { Time = clock.Time, ForeignWaitNs = waitedNs };
        call.Trace = tracer.Begin(call);
        try
        {
            if (!await call.Client.TranslateAsync(call).ConfigureAwait(false))
            {
                call.IsRecorded = true;
                return;
            }

            var targets = RequestTargets.All(call, Prepare(call));
            call.Admission = Admission.Of(call, targets, keys.NowSecond);
            if (!cache.Applies(call) || !await cache.TryAnswerAsync(call, targets[0]).ConfigureAwait(false))
            {
                await AttemptAllAsync(call, targets).ConfigureAwait(false);
            }
        }
        catch (ApiException e)
        {
            await _failures.WriteAsync(call, e.Error).ConfigureAwait(false);
        }
        catch (Exception) when (!call.IsRecorded)
        {
            var isGone = context.Http.RequestAborted.IsCancellationRequested;
            call.Outcome = isGone ? RequestOutcome.Cancelled : RequestOutcome.Error;
            call.HttpStatus = isGone ? 499 : 500;
            throw;
        }
        finally
        {
            recorder.Record(call);
            call.Admission?.Settle(call, keys.NowSecond);
            if (call.Output is { } output)
            {
                // The watch may still hold this output: after this no keep-alive touches the request.
                await output.StopKeepAliveAsync().ConfigureAwait(false);
            }

            // Without a status it was no inference: a dialect answered it alone.
            if (call.Trace is { } trace && call.HttpStatus != 0)
            {
                tracer.End(call, trace);
            }
        }
    }

    /// <summary>Reads the body and finds the candidates, as a real request would.</summary>
    /// <exception cref="ApiException">The request is refused.</exception>
    public NameTarget Prepare(InferenceCall call)
    {
        var config = call.Fleet.Config;
        call.Read(salt: 0);
        var target = RequestTargets.Resolve(call, call.ModelName);
        call.IsResolved = true;
        var hints = call.Hints;
        ref var route = ref call.Route;
        route.Stream = call.Peek.Stream;
        route.MaxTokens = call.Peek.MaxTokens;
        route.PromptBytes = call.Peek.PromptBytes + call.Peek.Tools.Length;
        route.PrefixBytes = call.Peek.PrefixBytes;
        route.PromptTokens = call.Peek.EstimatePromptTokens(RequestTargets.BytesPerToken(call.Fleet, target));
        route.MostPromptTokens = call.Peek.MostPromptTokens();
        route.Answers = call.Peek.N;
        route.TaskClass = call.Peek.TaskClass;
        route.Required = InferenceRules.Required(call.Operation, call.Peek) | call.Client.Required;
        route.PrivacyFloor = hints.PrivacyFloor ?? TrustLevel.Public;
        route.Weights = (hints.Preset ?? call.Fleet.PresetOf(target)).Weights.For(target.Objective);
        route.Policy = hints.Policy != 0 ? hints.Policy : call.Fleet.PolicyOf(target);
        route.MaxCostUsd = hints.MaxCostUsd;
        route.SloTtftMs = hints.SloTtftMs;
        route.SloTpotMs = hints.SloTpotMs;
        route.SessionHash = call.SessionHash;
        route.RequiredTags = RequestTargets.TagBits(call.Fleet, hints.Tags);
        route.Seed = Interlocked.Add(ref _seed, 0x9E3779B97F4A7C15UL);

        var limit = config.Limits.RequestDeadline;
        if (hints.DeadlineMs > 0 && hints.DeadlineMs < limit.TotalMilliseconds)
        {
            limit = TimeSpan.FromMilliseconds(hints.DeadlineMs);
            route.DeadlineMs = (float)hints.DeadlineMs;
        }

        call.DeadlineTimestamp = clock.After(limit);
        call.Delivered = config.Retries.Rescue && !call.IsTranslated ? DeliveredText.For(call.Operation, call.Peek) : null;
        return target;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AttemptAllAsync(InferenceCall call, IReadOnlyList<NameTarget> targets)
    {
        var (next, target) = (1, targets[0]);
        AttemptResult last = default;
        DeploymentEntry? first = null;
        AttemptResult? pending = null;
        var maxAttempts = call.Fleet.Config.Retries.MaxAttempts;
        while (true)
        {
            var isExplained = call.Attempts == 0 && (call.Hints.Explain || target.Candidates.Count is > 1 and <= MaxRecordedOptions);
            var result = decisions.Choose(call, target.Candidates, ref call.Choice, out var lease, isExplained ? call.ReportsFor(target.Candidates.Count) : default);
            if (result == RouteResult.NothingUsable)
            {
                if (next < targets.Count)
                {
                    target = targets[next++];
                    continue;
                }

                if (await _retryWait.WaitAsync(call, last).ConfigureAwait(false))
                {
                    next = 0;
                    target = targets[next++];
                    continue;
                }

                call.Outcome = call.Attempts > 0 ? OutcomeOf(last) : RequestOutcome.Masked;
                throw new ApiException(call.Attempts > 0 ? FinalErrors.After(last) : FinalErrors.NothingUsable(call, call.Choice, clock));
            }

            if (pending is { } failed)
            {
                recorder.RecordFailedAttempt(call, failed);
                pending = null;
            }

            call.Attempts++;
            call.Decision = call.Choice;
            call.Deployment = call.Fleet.Snapshot.Deployments[call.Decision.Winner];
            first ??= call.Deployment;
            call.DecisionKind = call.Deployment != first || next > 1 ? DecisionKind.Fallback : DecisionKind.Chosen;

            last = Hedging.Applies(call)
                ? await _hedging.RunAsync(call, target, new Lease(lease), this).ConfigureAwait(false)
                : await AttemptAsync(call, call.Decision.Winner, new Lease(lease), null).ConfigureAwait(false);
            call.Outcome = OutcomeOf(last);
            call.Error = last.Error;
            if (last.Delivered)
            {
                call.HttpStatus = last.Error is RelayError.ClientGone or RelayError.ClientStalled ? 499 : 200;
                return;
            }

            if (last.ClientError is { } refusal && (last.Error == RelayError.RequestRefused || call.Attempts >= maxAttempts))
            {
                await _failures.RefuseAsync(call, last, refusal).ConfigureAwait(false);
                return;
            }

            call.Route.Tried.Add(call.Decision.Winner);
            if (last.IsMidStream)
            {
                call.Rescues.Add(new Rescue(call.Deployment.Id, call.Usage.CompletionTokens, last.Message ?? last.Error.ToString()));
                call.Route.Required |= Capability.ContinueAssistant;
            }

            if (call.Attempts >= maxAttempts || last.Error is RelayError.Deadline or RelayError.ShuttingDown)
            {
                await _failures.WriteAsync(call, FinalErrors.After(last)).ConfigureAwait(false);
                return;
            }

            Log.AttemptFailed(log, call.Context.RequestId, call.Attempts, last.Message ?? last.Error.ToString());
            pending = last;
        }
    }

    /// <summary>One attempt at one deployment, alone or in a race with another one.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<AttemptResult> AttemptAsync(InferenceCall call, int deploymentNumber, Lease lease, HedgeRace? race)
    {
        var deployment = call.Fleet.Snapshot.Deployments[deploymentNumber];
        var backend = call.Fleet.Backends[deploymentNumber];
        using var attempt = new Attempt(deployment, backend, call.Context.Http.RequestAborted) { Race = race };
        // What stands if something unforeseen escapes: a failure, never a success.
        var result = new AttemptResult(RelayError.UpstreamProtocol, false);
        watch.Add(attempt);
        race?.Enter(attempt);
        try
        {
            // A backend's total bounds the request from its arrival, retries included.
            call.DeadlineTimestamp = Math.Min(call.DeadlineTimestamp, clock.After(backend.Timeouts.Total, call.Context.StartedTimestamp));
            if (call.Peek.Stream)
            {
                attempt.Output = call.OutputOf(options.KeepAliveInterval);
            }

            // An answer that is not streamed shows nothing before its end: only the total bounds it.
            lease.FirstTokenDeadline = call.Peek.Stream
                ? Math.Min(clock.After(backend.FirstTokenTimeout(deployment)), call.DeadlineTimestamp)
                : call.DeadlineTimestamp;
            attempt.Enter(
                lease.FirstTokenDeadline == call.DeadlineTimestamp ? RelayError.Deadline : RelayError.UpstreamFirstTokenTimeout,
                lease.FirstTokenDeadline);
            result = await ExchangeAsync(call, attempt, lease).ConfigureAwait(false);
            return result;
        }
        finally
        {
            watch.Remove(attempt);
            attempt.Span?.End(result, call.ElapsedNs);
            if (race is null || race.IsWonBy(attempt))
            {
                lease.Measure(call, clock);
                CountDelivered(call, lease, result);
            }
            else if (result.Error == RelayError.HedgeLost && race.IsPrimary(attempt))
            {
                lease.LearnLate(router, clock.NowNs);
            }

            lease.Finish(router, result, call, clock.NowNs);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<AttemptResult> ExchangeAsync(InferenceCall call, Attempt attempt, Lease lease)
    {
        attempt.Span = call.Trace?.BeginAttempt(attempt.Deployment, call.ElapsedNs);
        // A bound that the client did not write can be added to OpenAI's dialect alone.
        var native = call.Client.Native is { } own && attempt.Backend.Speaks(own) && call.Route.CapTokens == 0;
        var dialect = native ? call.Client.Native!.Value : Dialect.OpenAi;
        var request = new BackendRequest
        {
            Operation = call.Operation,
            Deployment = attempt.Deployment,
            Dialect = dialect,
            Body = native
                ? RequestRewriter.Rewrite(call.Original, call.Client.NativePeek, attempt.Deployment, wantUsage: false)
                : RequestRewriter.Rewrite(call.Body, call.Peek, attempt.Deployment, attempt.Backend.ReportsUsageOnRequest,
                    call.IsTranslated && attempt.Backend.WantsMaxCompletionTokens, call.Rescues.Count > 0 ? call.Delivered : null, attempt.Backend.ContinuesByFlag,
                    AnswerCap.MemberFor(call, attempt.Deployment, attempt.Backend)),
            Peek = call.Peek,
            RequestId = call.Context.RequestId,
            Sender = RequestSender.Of(call),
            Abort = attempt,
            TraceParent = attempt.Span is { } span ? call.Trace!.ParentFor(span) : CrossingHeaders.TraceParentOf(call.Context.Http.Request.Headers),
            Hints = CrossingHeaders.Of(call.Context.Http.Request.Headers, dialect),
        };
        recorder.HandOver(call, call.Decision.Winner);
        try
        {
            var response = await attempt.Backend.SendAsync(request, attempt.Backend.NeedsToken ? attempt.CreateToken() : CancellationToken.None).ConfigureAwait(false);
            await using (response.ConfigureAwait(false))
            {
                attempt.SessionToken = response.SessionToken;
                if (!response.Load.IsEmpty)
                {
                    attempt.Deployment.State.SetGauges(response.Load.Waiting, response.Load.Running, response.Load.KvUsage, clock.NowNs, GaugeLife);
                }

                if (response.Status is < 200 or > 299)
                {
                    var failed = await UpstreamErrors.ReadAsync(attempt, response, options).ConfigureAwait(false);
                    return response.Dialect == call.Context.Dialect ? failed : failed with { ClientBody = null };
                }

                if (!call.Peek.Stream)
                {
                    return await new AnswerRelay(call, attempt, router, recorder, options, clock).RunAsync(response, lease).ConfigureAwait(false);
                }

                return response.MediaType == "text/event-stream"
                    ? await new StreamRelay(call, attempt, router, recorder, options, clock).RunAsync(response, lease).ConfigureAwait(false)
                    : await NotAStreamAsync(attempt, response).ConfigureAwait(false);
            }
        }
        catch (UpstreamException e)
        {
            return new AttemptResult(e.Error, false)
            {
                Message = $"{attempt.Deployment.Id}: {e.Message}",
                ClientError = e.ClientError,
                RetryAfter = e.RetryAfter,
            };
        }
        catch (OperationCanceledException) when (attempt.Cause == RelayError.ClientGone)
        {
            return new AttemptResult(RelayError.ClientGone, true);
        }
        catch (OperationCanceledException) when (attempt.Cause != RelayError.None)
        {
            return new AttemptResult(attempt.Cause, false)
            {
                Message = attempt.Cause == RelayError.Deadline
                    ? $"{attempt.Deployment.Id} had not answered when the request's deadline passed"
                    : $"{attempt.Deployment.Id} did not answer in time",
            };
        }
    }

    /// <summary>A good status that is no event stream: usually an error body, whose text is worth having.</summary>
    private async ValueTask<AttemptResult> NotAStreamAsync(Attempt attempt, BackendResponse response)
    {
        var read = await UpstreamErrors.ReadAsync(attempt, response, options).ConfigureAwait(false);
        return new AttemptResult(RelayError.UpstreamProtocol, false)
        {
            Message = $"{attempt.Deployment.Id} answered {response.Status} with {(response.MediaType.Length > 0 ? response.MediaType : "no content type")} instead of an event stream{(read.ClientBody is null ? "" : ": " + read.Message)}",
        };
    }

    /// <summary>What the request's policy would choose now, on copies of the states; null = nothing is usable.</summary>
    public string? Preview(InferenceCall call, NameTarget target) =>
        DecisionInputs.Capture(router, target.Candidates, in call.Route, call.PrefixHashes, clock.NowNs)?.Choose(Math.Max(0, call.Route.Policy - 1)) is { DeploymentId.Length: > 0 } choice
            ? choice.DeploymentId
            : null;

    /// <summary>Every candidate with its terms, as of now.</summary>
    public CandidateReport[] Explain(InferenceCall call, NameTarget target)
    {
        var reports = new CandidateReport[target.Candidates.Count];
        router.Explain(target.Candidates, call.Route, call.PrefixHashes, clock.NowNs, reports);
        return reports;
    }

    /// <summary>A stream that broke is billed for what was delivered, a timeout for the prompt that was sent.</summary>
    public static void CountDelivered(InferenceCall call, Lease lease, in AttemptResult result)
    {
        if (call.Usage.IsReported)
        {
            return;
        }

        var mayBeBilled = result.Error is RelayError.None or RelayError.UpstreamFirstTokenTimeout or RelayError.UpstreamBetweenTokensTimeout
            or RelayError.Deadline or RelayError.ClientGone or RelayError.UpstreamTruncated or RelayError.ShuttingDown;
        call.Usage.PromptTokens = mayBeBilled || lease.ContentChunks > 0 ? call.Route.PromptTokens : 0;
        call.Usage.CompletionTokens = lease.ContentChunks;
    }

    private static RequestOutcome OutcomeOf(in AttemptResult result) => result.Kind switch
    {
        OutcomeKind.Success => RequestOutcome.Success,
        OutcomeKind.Timeout => RequestOutcome.Timeout,
        OutcomeKind.Cancelled => result.Error == RelayError.Deadline ? RequestOutcome.Timeout : RequestOutcome.Cancelled,
        _ => RequestOutcome.Error,
    };
}

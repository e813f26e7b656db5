using System.Buffers;
using System.Text;
using RouterDaemon.Backends;
using RouterDaemon.Cache;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.Wire;
using RouterDaemon.Fleet;
using RouterDaemon.Http;
using RouterDaemon.Keys;
using RouterDaemon.Relay.Translation;
using RouterDaemon.Store.Journal;
using RouterDaemon.Telemetry.Tracing;

namespace RouterDaemon.Relay;

/// <summary>One inference request from its body to its record.</summary>
internal sealed class InferenceCall : IDisposable
{
    private readonly ulong[] _hashes = ArrayPool<ulong>.Shared.Rent(PrefixHasher.MaxHashes);
    private CandidateReport[] _reports = [];
    private int _reportCount;
    private RequestBody _body;
    private ReadOnlyMemory<byte> _translated;

    public InferenceCall(RequestContext context, Operation operation, RequestBody body, FleetState fleet, ClientDialect? client = null)
    {
        Context = context;
        Operation = operation;
        _body = body;
        Fleet = fleet;
        Client = client ?? OpenAiDialect.Instance;
    }

    /// <summary>The request.</summary>
    public RequestContext Context { get; }

    /// <summary>What is asked.</summary>
    public Operation Operation { get; private set; }

    /// <summary>The dialect of the client.</summary>
    public ClientDialect Client { get; }

    /// <summary>The fleet as of the request's arrival.</summary>
    public FleetState Fleet { get; }

    /// <summary>The body in OpenAI's dialect.</summary>
    public ReadOnlyMemory<byte> Body => _translated.IsEmpty ? _body.Memory : _translated;

    /// <summary>True when <see cref="Body"/> is a translation, not the client's own.</summary>
    public bool IsTranslated => !_translated.IsEmpty;

    /// <summary>The body as the client wrote it.</summary>
    public ReadOnlyMemory<byte> Original => _body.Memory;

    /// <summary>What one scan of the body found.</summary>
    public RequestPeek Peek;

    /// <summary>What the client asked of the router.</summary>
    public RequestHints Hints { get; set; } = null!;

    /// <summary>The model's name as asked for.</summary>
    public string ModelName { get; set; } = "";

    /// <summary>What the choice is made from; <see cref="RouteRequest.Tried"/> grows with every attempt.</summary>
    public RouteRequest Route;

    /// <summary>Every candidate as the first decision saw it; empty where there are many and the client did not ask for an explanation.</summary>
    public ReadOnlySpan<CandidateReport> Reports => _reports.AsSpan(0, _reportCount);

    /// <summary>The last decision.</summary>
    public RouteDecision Decision;

    /// <summary>The choice that is being made; <see cref="Decision"/> once there is an attempt on it.</summary>
    public RouteDecision Choice;

    /// <summary>How the last deployment was found.</summary>
    public DecisionKind DecisionKind { get; set; }

    /// <summary>Attempts begun.</summary>
    public int Attempts { get; set; }

    /// <summary>The deployment of the last attempt.</summary>
    public DeploymentEntry? Deployment { get; set; }

    /// <summary>How the request ended.</summary>
    public RequestOutcome Outcome { get; set; } = RequestOutcome.Refused;

    /// <summary>What the last attempt failed of.</summary>
    public RelayError Error { get; set; }

    /// <summary>What all attempts cost, as recorded, USD.</summary>
    public double CostUsd { get; set; }

    /// <summary>The request's spans; null = it is not traced.</summary>
    public RequestTrace? Trace { get; set; }

    /// <summary>Why the model stopped, as far as it is known.</summary>
    public FinishReason FinishReason { get; set; }

    /// <summary>True once a backend has the request.</summary>
    public bool IsHandedOver { get; set; }

    /// <summary>Nanoseconds of waiting for the client's body, and for a daemon that starts.</summary>
    public long ForeignWaitNs { get; init; }

    /// <summary>Status sent to the client; 499 stands for a client that left.</summary>
    public int HttpStatus { get; set; }

    /// <summary>What was used, as far as it is known.</summary>
    public TokenUsage Usage;

    /// <summary>Token of the cluster that answered, for the client to echo; null = none.</summary>
    public string? SessionToken { get; set; }

    /// <summary>What a hedge that lost may have been billed, USD.</summary>
    public double HedgeCostUsd { get; set; }

    /// <summary>Arrival to first content; NaN = there was none.</summary>
    public double TtftMs { get; set; } = double.NaN;

    /// <summary>Mean time between tokens; NaN = unknown.</summary>
    public double ItlMs { get; set; } = double.NaN;

    /// <summary>True once the model's name was found in the fleet.</summary>
    public bool IsResolved { get; set; }

    /// <summary>The client's stream, once there is one.</summary>
    public StreamOutput? Output { get; set; }

    /// <summary>Keeps the answer for the cache; null = nobody wants it.</summary>
    public AnswerRecording? Recording { get; set; }

    /// <summary>What the answer cost, USD: a kept one costs nothing.</summary>
    public double AnswerCostUsd => Deployment is { } deployment && DecisionKind != DecisionKind.Cached ? Usage.CostUsd(deployment) : 0;

    /// <summary>The answer's text so far, where another deployment may go on with it; null = none may.</summary>
    public DeliveredText? Delivered { get; set; }

    /// <summary>Deployments that died in the middle of this answer, which went on elsewhere.</summary>
    public List<Rescue> Rescues { get; } = [];

    /// <summary>Time spent waiting for a deployment to become usable again.</summary>
    public TimeSpan Waited { get; set; }

    /// <summary>When the whole request must have ended, as <see cref="TimeProvider.GetTimestamp"/> counts.</summary>
    public long DeadlineTimestamp { get; set; } = long.MaxValue;

    /// <summary>The clock of <see cref="RequestContext.StartedTimestamp"/>.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Nanoseconds since the request came in.</summary>
    public long ElapsedNs => (long)Time.GetElapsedTime(Context.StartedTimestamp).TotalNanoseconds;

    /// <summary>Hashes of the prompt's prefix.</summary>
    public ReadOnlySpan<ulong> PrefixHashes => _hashes.AsSpan(0, Peek.PrefixHashCount);

    /// <summary>True once the request's record is in the journal.</summary>
    public bool IsRecorded { get; set; }

    /// <summary>Scans the body and reads the hints.</summary>
    /// <exception cref="ApiException">400 saying what is wrong and where.</exception>
    public void Read(ulong salt)
    {
        var body = Body.Span;
        if (!RequestPeeker.TryPeek(body, _hashes, salt, out Peek, out var error))
        {
            throw new ApiException(PeekErrors.ToApiError(error));
        }

        if (Operation is Operation.Embeddings or Operation.Rerank)
        {
            // Vectors do not stream; upstreams ignore the wish.
            Peek.Stream = false;
        }

        InferenceRules.Check(Operation, Peek);
        Hints = RequestHints.Read(Context.Http.Request.Headers, body, Peek);
        ModelName = ReadModelName(body);
    }

    /// <summary>Takes over what the client's body means in OpenAI's dialect.</summary>
    public void UseTranslation(ReadOnlyMemory<byte> body, Operation operation)
    {
        _translated = body;
        Operation = operation;
    }

    /// <summary>What the request's key let it set aside; null = it has no key.</summary>
    public Admission? Admission { get; set; }

    /// <summary>True when the answer is text that is generated.</summary>
    public bool HasAnswerTokens => Operation is Operation.Chat or Operation.Completion;

    /// <summary>Upper bound of the tokens of prompt and answer; without a limit on the answer that of the prompt.</summary>
    public long MostTokens => Route.MostPromptTokens
        + (HasAnswerTokens ? (long)(Route.MaxTokens > 0 ? Route.MaxTokens : Route.CapTokens) * Math.Max(1, Route.Answers) : 0);

    /// <summary>Hash of the session the request belongs to; 0 = none.</summary>
    public ulong SessionHash => Hints.Session is { } session ? Fnv1a.Hash(session) | 1 : 0;

    /// <summary>The client's stream, made when it is first needed.</summary>
    /// <param name="keepAliveInterval">Silence before a keep-alive.</param>
    public StreamOutput OutputOf(TimeSpan keepAliveInterval) =>
        Output ??= new StreamOutput(Context.Http, response => ResponseHeaders.WriteStream(response, this), Client.KeepAlive, Time, keepAliveInterval);

    /// <summary>Room for <see cref="Reports"/>.</summary>
    public Span<CandidateReport> ReportsFor(int candidates)
    {
        if (_reports.Length < candidates)
        {
            ReturnReports();
            _reports = ArrayPool<CandidateReport>.Shared.Rent(candidates);
        }

        _reportCount = candidates;
        return _reports.AsSpan(0, candidates);
    }

    private void ReturnReports()
    {
        if (_reports.Length > 0)
        {
            ArrayPool<CandidateReport>.Shared.Return(_reports);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ReturnReports();
        Recording?.Dispose();
        ArrayPool<ulong>.Shared.Return(_hashes);
        _body.Dispose();
        Output?.Dispose();
    }

    private string ReadModelName(ReadOnlySpan<byte> body)
    {
        Span<byte> scratch = Peek.ModelValue.Length <= 512 ? stackalloc byte[512] : new byte[Peek.ModelValue.Length];
        try
        {
            return RequestPeeker.TryUnescape(body, Peek.ModelValue, scratch, out var text) ? Encoding.UTF8.GetString(text) : "";
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair as an escape is JSON, but no text.
            throw new ApiException(ApiError.BadRequest("\"model\" is not a valid string.", "model", "invalid_value"));
        }
    }
}

using RouterDaemon.Backends;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Telemetry.Tracing;

namespace RouterDaemon.Relay;

/// <summary>One try at one deployment: its cancellation and the deadline of the phase it is in.</summary>
internal sealed class Attempt : IAbortSource, IDisposable
{
    private static readonly object Fired = new();

    private readonly CancellationTokenRegistration _clientGone;
    private long _deadlineTimestamp = long.MaxValue;
    private int _phaseError;
    private int _cause;
    private object? _target;
    private CancellationTokenSource? _source;

    public Attempt(DeploymentEntry deployment, Backend backend, CancellationToken clientGone)
    {
        Deployment = deployment;
        Backend = backend;
        _clientGone = clientGone.UnsafeRegister(static state => ((Attempt)state!).Cancel(RelayError.ClientGone), this);
    }

    /// <summary>Where it goes.</summary>
    public DeploymentEntry Deployment { get; }

    /// <summary>Who takes it there.</summary>
    public Backend Backend { get; }

    /// <summary>The token that <see cref="CreateToken"/> made; none when nobody needed one, because the worker is stopped otherwise.</summary>
    public CancellationToken Token => Volatile.Read(ref _source)?.Token ?? CancellationToken.None;

    /// <summary>Why it was cancelled, or <see cref="RelayError.None"/>.</summary>
    public RelayError Cause => (RelayError)Volatile.Read(ref _cause);

    /// <summary>Position in the watch's list; owned by <see cref="DeadlineWatch"/>.</summary>
    public int WatchIndex { get; set; } = -1;

    /// <summary>The output whose silence is watched; null = nothing to keep alive.</summary>
    public StreamOutput? Output { get; set; }

    /// <summary>What the client echoes to stay at its replica of a cluster; null = nothing.</summary>
    public string? SessionToken { get; set; }

    /// <summary>Its span; null = the request is not traced.</summary>
    public AttemptSpan? Span { get; set; }

    /// <summary>The race that it runs in; null = alone.</summary>
    public HedgeRace? Race { get; init; }

    /// <summary>True when the client is, or now becomes, this attempt's; ask before the first byte goes out.</summary>
    public bool TryClaim(InferenceCall call)
    {
        if (Race is not null && !Race.TryClaim(this))
        {
            return false;
        }

        call.SessionToken = SessionToken;
        return true;
    }

    /// <summary>Starts a phase that must end by <paramref name="deadlineTimestamp"/>, or the attempt fails with <paramref name="error"/>.</summary>
    public void Enter(RelayError error, long deadlineTimestamp)
    {
        Volatile.Write(ref _phaseError, (int)error);
        Volatile.Write(ref _deadlineTimestamp, deadlineTimestamp);
    }

    /// <summary>Starts a phase that the request's own deadline bounds too; whichever comes first names the error.</summary>
    public void EnterBounded(RelayError error, long phaseTimestamp, long requestTimestamp) =>
        Enter(phaseTimestamp < requestTimestamp ? error : RelayError.Deadline, Math.Min(phaseTimestamp, requestTimestamp));

    /// <summary>Called by the watch; cheap when nothing is due.</summary>
    public void Check(long now)
    {
        if (now >= Volatile.Read(ref _deadlineTimestamp))
        {
            Cancel((RelayError)Volatile.Read(ref _phaseError));
        }
    }

    /// <summary>Cancels with a cause; the first cause stays.</summary>
    public void Cancel(RelayError cause)
    {
        if (Interlocked.CompareExchange(ref _cause, (int)cause, 0) != 0)
        {
            return;
        }

        (Interlocked.Exchange(ref _target, Fired) as IAbortable)?.Abort();
        CancelToken();
    }

    /// <inheritdoc/>
    public bool TryAttach(IAbortable target) => Interlocked.CompareExchange(ref _target, target, null) is null;

    /// <inheritdoc/>
    public bool TryDetach(IAbortable target) => Interlocked.CompareExchange(ref _target, null, target) == target;

    /// <summary>Cancelled when the client goes away or a deadline passes; <see cref="Cause"/> says which.</summary>
    public CancellationToken CreateToken()
    {
        if (Volatile.Read(ref _source) is null)
        {
            var made = new CancellationTokenSource();
            if (Interlocked.CompareExchange(ref _source, made, null) is not null)
            {
                made.Dispose();
            }

            // Whoever cancels sets the cause before it looks for a token: one of the two sees the other.
            if (Cause != RelayError.None)
            {
                CancelToken();
            }
        }

        return Token;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _clientGone.Dispose();
        _source?.Dispose();
    }

    private void CancelToken()
    {
        try
        {
            Volatile.Read(ref _source)?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The attempt ended at the same moment: there is nothing left to cancel.
        }
    }
}

using System.Globalization;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.State;
using RouterDaemon.Relay;
using RouterDaemon.Store;
using RouterDaemon.Store.Records;

namespace RouterDaemon.Telemetry;

/// <summary>Opens and resolves incidents of deployments by what the router itself goes by: the breaker, and a shift of the latency.</summary>
internal sealed class IncidentWatch(ContextStore store, Clock clock, ILogger log)
{
    /// <summary>Title of an incident that a breaker opened.</summary>
    public const string BreakerTitle = "Circuit breaker open: requests fail";

    /// <summary>How the title of a latency incident begins.</summary>
    public const string ShiftTitle = "Latency shift";

    private readonly Dictionary<string, (LatencyShift FirstToken, LatencyShift Answer)> _shifts = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Deployment, Kind Kind), string> _open = [];
    private readonly HashSet<(string Deployment, Kind Kind)> _inherited = [];

    private enum Kind
    {
        Breaker,
        Latency,
    }

    /// <summary>True while a deployment is slower than it used to be.</summary>
    public bool IsShifted(string deployment) => _open.ContainsKey((deployment, Kind.Latency));

    /// <summary>Takes over the incidents that an earlier run left open.</summary>
    public async Task InheritAsync()
    {
        var active = await store.ActiveIncidentsAsync(IncidentTarget.Deployment).ConfigureAwait(false);
        foreach (var (deployment, title) in active)
        {
            if (title == BreakerTitle || title.StartsWith(ShiftTitle, StringComparison.Ordinal))
            {
                var key = (deployment, title == BreakerTitle ? Kind.Breaker : Kind.Latency);
                _open[key] = title;
                _inherited.Add(key);
            }
        }
    }

    /// <summary>Compares what is with what is open, and writes the difference.</summary>
    public async Task UpdateAsync(IReadOnlyList<DeploymentEntry> deployments)
    {
        if (store.Kind == StoreKind.Demo)
        {
            return;
        }

        foreach (var deployment in deployments)
        {
            var breaker = deployment.State.Breaker(clock.NowNs);
            await SetAsync(deployment, Kind.Breaker, breaker switch
            {
                BreakerState.Open => true,
                // A trial decides.
                BreakerState.HalfOpen => null,
                _ => false,
            }, BreakerTitle).ConfigureAwait(false);

            if (!_shifts.TryGetValue(deployment.Id, out var shifts))
            {
                _shifts[deployment.Id] = shifts = (new LatencyShift(), new LatencyShift());
            }

            var now = TimeSpan.FromTicks(clock.NowNs / 100);
            shifts.FirstToken.Take(deployment.State.Ttft, now);
            shifts.Answer.Take(deployment.State.Latency, now);
            // Whole answers vary with their length: only where nothing is streamed they have to do.
            var isStreamed = shifts.FirstToken.BaselineMs > 0;
            var shift = isStreamed ? shifts.FirstToken : shifts.Answer;
            await SetAsync(deployment, Kind.Latency, shift.IsShifted, string.Create(
                CultureInfo.InvariantCulture,
                $"{ShiftTitle}: {(isStreamed ? "first token" : "answer")} p50 {shift.LastMs:0} ms, before {shift.BaselineMs:0} ms")).ConfigureAwait(false);
        }

        await ForgetAllButAsync(deployments).ConfigureAwait(false);
    }

    private async Task SetAsync(DeploymentEntry deployment, Kind kind, bool? isOn, string title)
    {
        var key = (deployment.Id, kind);
        if (isOn == true && !_open.ContainsKey(key))
        {
            await store.OpenIncidentAsync(IncidentTarget.Deployment, deployment.Id, title).ConfigureAwait(false);
            _open[key] = title;
            Log.IncidentOpened(log, deployment.Id, title);
        }
        else if (isOn == false && _open.ContainsKey(key))
        {
            // What an earlier run left open stays so until this one has seen the deployment answer.
            if (!_inherited.Contains(key) || deployment.State.Latency.Count > 0)
            {
                await ResolveAsync(key).ConfigureAwait(false);
            }
        }
    }

    // A deployment that is no longer configured has no incidents.
    private async Task ForgetAllButAsync(IReadOnlyList<DeploymentEntry> deployments)
    {
        if (_open.Count == 0 && _shifts.Count == deployments.Count)
        {
            return;
        }

        var known = new HashSet<string>(deployments.Count, StringComparer.Ordinal);
        foreach (var deployment in deployments)
        {
            known.Add(deployment.Id);
        }

        foreach (var key in _open.Keys.Where(k => !known.Contains(k.Deployment)).ToList())
        {
            await ResolveAsync(key).ConfigureAwait(false);
        }

        foreach (var id in _shifts.Keys.Where(id => !known.Contains(id)).ToList())
        {
            _shifts.Remove(id);
        }
    }

    private async Task ResolveAsync((string Deployment, Kind Kind) key)
    {
        await store.ResolveIncidentsAsync(IncidentTarget.Deployment, key.Deployment, _open[key]).ConfigureAwait(false);
        Log.IncidentResolved(log, key.Deployment, _open[key]);
        _open.Remove(key);
        _inherited.Remove(key);
    }
}

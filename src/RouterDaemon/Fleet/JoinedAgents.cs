using RouterDaemon.Config;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Fleet;

/// <summary>
/// Remote agents that joined over <c>/register</c>: each is a backend of trust public until it misses <see cref="MissedBeats"/> heartbeats.
/// </summary>
internal sealed class JoinedAgents : IAsyncDisposable
{
    /// <summary>Agents at most.</summary>
    public const int MaxAgents = 256;

    /// <summary>Models of one agent at most.</summary>
    public const int MaxModels = 256;

    /// <summary>Heartbeats that may be missed.</summary>
    public const int MissedBeats = 3;

    /// <summary>How often an agent is expected to say that it lives.</summary>
    public static readonly TimeSpan HeartbeatPeriod = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan StaleAfter = HeartbeatPeriod * MissedBeats;
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, JoinedAgent> _agents = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Action<IReadOnlyList<BackendConfig>> _publish;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private Task _watching = Task.CompletedTask;

    /// <param name="publish">Takes the agents that are there now, after every change.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    public JoinedAgents(Action<IReadOnlyList<BackendConfig>> publish, TimeProvider time, ILogger log) => (_publish, _time, _log) = (publish, time, log);

    /// <summary>Takes an agent in, or anew with what it serves now. False = there are too many.</summary>
    public bool Register(string name, Uri endpoint, IReadOnlyList<string> models, Secret? key = null)
    {
        lock (_lock)
        {
            if (!_agents.ContainsKey(name) && _agents.Count >= MaxAgents)
            {
                return false;
            }

            var config = new BackendConfig
            {
                Id = name,
                Kind = BackendKind.Routerd,
                Url = endpoint,
                ApiKey = key,
                Deployments = models.Count == 0 ? null : [.. models.Select(m => new DeploymentConfig { Model = m })],
            };
            // An agent that says the same again keeps its connections.
            var isNew = !_agents.TryGetValue(name, out var known) || known.Config.Url != endpoint || known.Config.ApiKey?.Reveal() != key?.Reveal() || !known.Models.SequenceEqual(models);
            _agents[name] = new JoinedAgent(isNew ? config : known!.Config, models, _time.GetTimestamp());
            if (isNew)
            {
                Log.AgentJoined(_log, name, endpoint.GetLeftPart(UriPartial.Authority), models.Count);
                Publish();
            }

            if (_watching.IsCompleted)
            {
                _watching = WatchAsync();
            }

            return true;
        }
    }

    /// <summary>An agent lives. False = it is not known (any more): it must register again.</summary>
    public bool Beat(string name)
    {
        lock (_lock)
        {
            if (!_agents.TryGetValue(name, out var known))
            {
                return false;
            }

            _agents[name] = known with { SeenTimestamp = _time.GetTimestamp() };
            return true;
        }
    }

    /// <summary>Drops the agents that were silent for too long.</summary>
    public void DropSilent()
    {
        lock (_lock)
        {
            var silent = new List<string>();
            foreach (var (name, agent) in _agents)
            {
                if (_time.GetElapsedTime(agent.SeenTimestamp) > StaleAfter)
                {
                    silent.Add(name);
                }
            }

            foreach (var name in silent)
            {
                _agents.Remove(name);
                Log.AgentLost(_log, name, StaleAfter.TotalSeconds);
            }

            if (silent.Count > 0)
            {
                Publish();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Publish() => _publish([.. _agents.Values.Select(a => a.Config)]);

    private async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(LookPeriod, _time, _stop.Token).ConfigureAwait(false);
                DropSilent();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}

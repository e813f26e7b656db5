using RouterDaemon.Config;

namespace RouterDaemon.Fleet;

/// <summary>A remote agent that joined.</summary>
/// <param name="Config">The backend that it is.</param>
/// <param name="Models">What it said it serves; empty = what its <c>/v1/models</c> lists.</param>
/// <param name="SeenTimestamp">Last word of it, as <see cref="TimeProvider.GetTimestamp"/> counts.</param>
internal sealed record JoinedAgent(BackendConfig Config, IReadOnlyList<string> Models, long SeenTimestamp);

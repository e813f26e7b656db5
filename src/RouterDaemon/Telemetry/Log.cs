namespace RouterDaemon.Telemetry;

/// <summary>Every message of the daemon's log. Never a prompt, an answer or a key; never a line per request above debug unless it was asked for.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "routerd {Version} listens on {Addresses}")]
    public static partial void Listening(ILogger log, string version, string addresses);

    [LoggerMessage(2, LogLevel.Information, "configuration: {Source}")]
    public static partial void Configured(ILogger log, string source);

    [LoggerMessage(3, LogLevel.Information, "{Count} deployments: {Names}")]
    public static partial void FleetChanged(ILogger log, int count, string names);

    [LoggerMessage(4, LogLevel.Warning, "{Message}")]
    public static partial void Warning(ILogger log, string message);

    [LoggerMessage(5, LogLevel.Information, "stopping: {InFlight} requests are running, waiting up to {Seconds} s")]
    public static partial void Draining(ILogger log, int inFlight, double seconds);

    [LoggerMessage(6, LogLevel.Information, "stopped")]
    public static partial void Stopped(ILogger log);

    [LoggerMessage(7, LogLevel.Warning, "backend {Backend}: its models could not be listed ({Reason}); trying again")]
    public static partial void DiscoveryFailed(ILogger log, string backend, string reason);

    [LoggerMessage(8, LogLevel.Information, "backend {Backend}: {Count} models")]
    public static partial void Discovered(ILogger log, string backend, int count);

    [LoggerMessage(9, LogLevel.Information, "reloaded {Source}")]
    public static partial void Reloaded(ILogger log, string source);

    [LoggerMessage(10, LogLevel.Error, "the changed configuration is not used, the old one stays: {Fault}")]
    public static partial void ReloadRefused(ILogger log, string fault);

    [LoggerMessage(11, LogLevel.Warning, "on-device models are not available: {Reason}")]
    public static partial void NativeUnavailable(ILogger log, string reason);

    [LoggerMessage(12, LogLevel.Information, "llama.cpp {Version}: {Devices}")]
    public static partial void NativeReady(ILogger log, string version, string devices);

    [LoggerMessage(13, LogLevel.Information, "engine: {Message}")]
    public static partial void EngineInfo(ILogger log, string message);

    [LoggerMessage(14, LogLevel.Warning, "engine: {Message}")]
    public static partial void EngineWarning(ILogger log, string message);

    [LoggerMessage(15, LogLevel.Error, "engine: {Message}")]
    public static partial void EngineError(ILogger log, string message);

    [LoggerMessage(16, LogLevel.Debug, "engine: {Message}")]
    public static partial void EngineDebug(ILogger log, string message);

    [LoggerMessage(17, LogLevel.Information, "loading {Model}: {Percent} %")]
    public static partial void LoadProgress(ILogger log, string model, int percent);

    [LoggerMessage(18, LogLevel.Debug, "{RequestId}: attempt {Attempt} failed: {Reason}")]
    public static partial void AttemptFailed(ILogger log, string requestId, int attempt, string reason);

    [LoggerMessage(19, LogLevel.Debug, "{RequestId}: the client went away ({What})")]
    public static partial void ClientGone(ILogger log, string requestId, string what);

    [LoggerMessage(20, LogLevel.Error, "{RequestId}: {Path} failed")]
    public static partial void RequestFailed(ILogger log, string requestId, string path, Exception exception);

    [LoggerMessage(21, LogLevel.Information, "{Count} requests of the last run were in the journal and are in the store now")]
    public static partial void JournalReplayed(ILogger log, int count);

    [LoggerMessage(22, LogLevel.Error, "the store could not be written: {Reason}")]
    public static partial void StoreFailed(ILogger log, string reason);

    [LoggerMessage(23, LogLevel.Information, "{Count} deployments start with what was learnt before")]
    public static partial void EstimatorsRestored(ILogger log, int count);

    [LoggerMessage(24, LogLevel.Warning, "the journal was full: {Dropped} records are lost so far")]
    public static partial void JournalDropped(ILogger log, long dropped);

    [LoggerMessage(25, LogLevel.Warning, "backend {Backend}: its metrics page could not be used ({Reason}); decisions go without it")]
    public static partial void GaugesFailed(ILogger log, string backend, string reason);

    [LoggerMessage(26, LogLevel.Warning, "incident: {Deployment}: {Title}")]
    public static partial void IncidentOpened(ILogger log, string deployment, string title);

    [LoggerMessage(27, LogLevel.Information, "incident resolved: {Deployment}: {Title}")]
    public static partial void IncidentResolved(ILogger log, string deployment, string title);

    [LoggerMessage(28, LogLevel.Information, "clean-up: {Rows} rows older than {Before} are gone")]
    public static partial void CleanedUp(ILogger log, long rows, string before);

    [LoggerMessage(29, LogLevel.Warning, "telemetry.otlp: {Collector} does not take spans ({Reason}); they are dropped and counted")]
    public static partial void TracesFailed(ILogger log, string collector, string reason);

    /// <summary>Written where <c>log.requests</c> asks for it.</summary>
    public static void Request(ILogger log, RequestLine line) =>
        log.Log(LogLevel.Information, new EventId(30, nameof(Request)), line, null, static (line, _) => line.ToString());
    [LoggerMessage(31, LogLevel.Information, "agent {Name} joined from {Endpoint} with {Models} models (0 = as it lists them)")]
    public static partial void AgentJoined(ILogger log, string name, string endpoint, int models);

    [LoggerMessage(32, LogLevel.Warning, "agent {Name} was silent for {Seconds} s and is dropped")]
    public static partial void AgentLost(ILogger log, string name, double seconds);

    [LoggerMessage(33, LogLevel.Information, "joined the router at {Router} as {Name}")]
    public static partial void JoinedRouter(ILogger log, string router, string name);

    [LoggerMessage(34, LogLevel.Warning, "cannot join the router at {Router}: {Reason}; it is tried again")]
    public static partial void JoinFailed(ILogger log, string router, string reason);

    [LoggerMessage(40, LogLevel.Information, "redis {Address}: connected")]
    public static partial void RedisUp(ILogger log, string address);

    [LoggerMessage(41, LogLevel.Warning, "redis {Address} cannot be used ({Reason}); the cache goes on alone and tries again")]
    public static partial void RedisDown(ILogger log, string address, string reason);

    [LoggerMessage(42, LogLevel.Warning, "a connection could not be accepted: {Reason}")]
    public static partial void AcceptFailed(ILogger log, System.Net.Sockets.SocketError reason);
}

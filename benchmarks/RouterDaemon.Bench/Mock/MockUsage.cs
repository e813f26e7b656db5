namespace RouterDaemon.Bench.Mock;

/// <summary>When an answer carries <c>usage</c>.</summary>
public enum MockUsage
{
    /// <summary>In a body always, in a stream when <c>stream_options.include_usage</c> asks for it.</summary>
    AsAsked,

    /// <summary>Never, as some servers do.</summary>
    Never,

    /// <summary>Also in streams that did not ask.</summary>
    Always,
}

namespace RouterDaemon.Telemetry;

/// <summary>Bounds of the histograms: those of OpenTelemetry's GenAI conventions, and the router's own.</summary>
internal static class Buckets
{
    /// <summary><c>gen_ai.client.operation.duration</c>, seconds.</summary>
    public static readonly double[] DurationSeconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

    /// <summary><c>gen_ai.client.token.usage</c>, tokens.</summary>
    public static readonly double[] Tokens = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

    /// <summary><c>gen_ai.server.time_to_first_token</c>, seconds.</summary>
    public static readonly double[] FirstTokenSeconds = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    /// <summary><c>gen_ai.server.time_per_output_token</c>, seconds.</summary>
    public static readonly double[] PerTokenSeconds = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5];

    /// <summary>Time in the router itself, seconds: from 10 microseconds.</summary>
    public static readonly double[] OverheadSeconds = [10e-6, 20e-6, 50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 50e-3, 100e-3];
}

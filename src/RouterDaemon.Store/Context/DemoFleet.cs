namespace RouterDaemon.Store.Context;

/// <summary>The fixed part of the demo data: deployments, users, incidents, shares. All times hang on <see cref="Now"/>.</summary>
internal static class DemoFleet
{
    public const int RequestCount = 500;
    public const int ScoreCount = 300;
    public const int Days = 7;
    public const string Experiment = "exp_latency_tuning";
    public const string NamedRequest = "req_abc123";
    public const string OldVersion = "v1.1.0";
    public const string NewVersion = "v1.2.0";

    public static readonly DateTimeOffset Now = new(2024, 1, 15, 16, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset Start = Now.AddDays(-Days);
    public static readonly DateTimeOffset VersionChange = Now.AddDays(-Days / 2.0);
    public static readonly DateTimeOffset ExperimentStart = Now.AddDays(-3);
    public static readonly DateTimeOffset ActiveStart = Now.AddHours(-14);
    public static readonly DateTimeOffset ResolvedStart = new(2024, 1, 14, 3, 30, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset ResolvedEnd = new(2024, 1, 14, 15, 0, 0, TimeSpan.Zero);

    public static readonly string[] TaskTypes = ["summarization", "coding", "chat", "reasoning"];

    public static readonly Deployment[] Deployments =
    [
        new("claude-3", "aws", "healthy", 510, 960, 0.012, 1, 0.025, 3800, 96, 15, 0.90),
        new("claude-3", "k8s", "healthy", 560, 1040, 0.015, 2, 0.018, 2400, 58, 20, 0.88),
        new("gpt-4", "aws", "healthy", 430, 790, 0.010, 2, 0.030, 4200, 182, 0, 0.89),
        new("gpt-4", "k8s", "degraded", 1640, 3100, 0.061, 14, 0.020, 900, 41, 10, 0.86),
        new("llama-70b", "k8s", "healthy", 690, 1280, 0.018, 3, 0.004, 6000, 147, 5, 0.82),
        new("llama-70b", "neocloud", "down", 2900, 7200, 0.870, 0, 0.003, 0, 4, 300, 0.80),
    ];

    public static readonly User[] Users =
    [
        new("user_p_1", "premium", 500, 50), new("user_p_2", "premium", 500, 50), new("user_p_3", "premium", 500, 50),
        new("user_s_1", "standard", 900, 20), new("user_s_2", "standard", 900, 20),
        new("user_s_3", "standard", 900, 20), new("user_s_4", "standard", 900, 20),
        new("user_b_1", "budget", 1500, 5), new("user_b_2", "budget", 1500, 5), new("user_b_3", "budget", 1500, 5),
    ];

    public static (string Id, double Weight)[] SharesOf(string tier) => tier switch
    {
        "premium" => [("gpt-4/aws", 0.74), ("gpt-4/k8s", 0.16), ("claude-3/aws", 0.10)],
        "standard" =>
        [
            ("claude-3/aws", 0.28), ("claude-3/k8s", 0.24), ("gpt-4/k8s", 0.20), ("gpt-4/aws", 0.10), ("llama-70b/k8s", 0.06), ("llama-70b/neocloud", 0.12),
        ],
        _ => [("llama-70b/k8s", 0.66), ("llama-70b/neocloud", 0.29), ("claude-3/k8s", 0.05)],
    };

    /// <summary>True inside the window of the incident that touches this deployment.</summary>
    public static bool InIncident(string deployment, DateTimeOffset time) =>
        (deployment == "llama-70b/neocloud" && time >= ActiveStart)
        || (deployment == "gpt-4/k8s" && time >= ResolvedStart && time <= ResolvedEnd);

    internal sealed record Deployment(
        string Model, string Backend, string Status, int P50Ms, int P95Ms, double ErrorRate, int Queue, double CostPer1k, int RateLimit,
        int Samples, int AgeSeconds, double Quality)
    {
        public string Id => $"{Model}/{Backend}";
    }

    internal sealed record User(string Id, string Tier, int SlaMs, double BudgetUsd);
}

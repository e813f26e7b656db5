namespace RouterDaemon.Benchmarks;

/// <summary>The calls that are timed: every tool, with its defaults, with windows that the whole log fills, and with filters that match almost nothing.</summary>
internal static class ContextCalls
{
    public static readonly IReadOnlyList<(string Tool, string Arguments)> All =
    [
        ("get_deployment_status", "{}"),
        ("get_active_incidents", "{}"),
        ("get_recent_requests", "{}"),
        ("get_recent_requests", """{"limit":500}"""),
        ("get_recent_requests", """{"user_tier":"premium","status":"timeout"}"""),
        ("get_recent_requests", """{"user_id":"user_1","limit":500}"""),
        ("get_recent_requests", """{"user_id":"user_200"}"""),
        ("get_recent_requests", """{"user_id":"user_1","status":"timeout","deployment_id":"model-d/west"}"""),
        ("get_recent_requests", """{"user_id":"user_1","deployment_id":"model-e/west"}"""),
        ("get_recent_requests", """{"deployment_id":"model-e/west","user_tier":"premium"}"""),
        ("get_recent_requests", """{"backend_id":"west","model_id":"model-a"}"""),
        ("get_recent_requests", """{"backend_id":"nowhere"}"""),
        ("get_recent_requests", """{"status":"error","since":"29 days ago","until":"28 days ago"}"""),
        ("get_recent_requests", """{"user_id":"user_1","since":"29 days ago","until":"28 days ago","limit":500}"""),
        ("get_request_detail", """{"request_id":"NEWEST"}"""),
        ("get_user_context", """{"user_id":"user_1"}"""),
        ("get_user_context", """{"user_id":"user_200"}"""),
        ("get_latency_trends", "{}"),
        ("get_latency_trends", """{"since":"7 days ago"}"""),
        ("get_latency_trends", """{"since":"30 days ago","granularity":"day"}"""),
        ("get_latency_trends", """{"deployment_id":"model-a/east","since":"30 days ago"}"""),
        ("get_latency_trends", """{"since":"1 hour ago"}"""),
        ("get_quality_summary", "{}"),
        ("get_quality_summary", """{"since":"30 days ago","model_id":"model-a"}"""),
        ("get_quality_summary", """{"since":"1 hour ago"}"""),
        ("get_request_volume", "{}"),
        ("get_request_volume", """{"since":"30 days ago","group_by":"deployment","granularity":"hour"}"""),
        ("get_request_volume", """{"since":"yesterday","until":"today","group_by":"model"}"""),
        ("explain_change", "{}"),
        ("explain_change", """{"since":"1 hour ago"}"""),
        ("explain_change", """{"since":"15 days ago"}"""),
        ("cost_report", "{}"),
        ("cost_report", """{"since":"30 days ago","group_by":"tier"}"""),
        ("compare_policies", "{}"),
        ("compare_policies", """{"since":"30 days ago","limit":500}"""),
        ("generate_sql", """{"query":"average latency by model for premium users today"}"""),
        ("run_sql", """{"sql":"SELECT id, latency_ms FROM requests ORDER BY created_at DESC LIMIT 100"}"""),
        ("run_sql", """{"sql":"SELECT model_id, count(*) FROM deployments GROUP BY 1"}"""),
    ];
}

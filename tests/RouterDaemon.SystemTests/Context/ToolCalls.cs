namespace RouterDaemon.SystemTests.Context;

/// <summary>A call of every context tool on the demo store; a tool that is not here fails the tests that list them.</summary>
internal static class ToolCalls
{
    public static readonly IReadOnlyDictionary<string, string> All = new Dictionary<string, string>
    {
        ["get_deployment_status"] = """{"status":"down"}""",
        ["get_active_incidents"] = "{}",
        ["get_recent_requests"] = """{"user_tier":"premium","limit":3}""",
        ["get_request_detail"] = """{"request_id":"req_abc123"}""",
        ["get_user_context"] = """{"user_id":"user_p_1"}""",
        ["get_latency_trends"] = """{"granularity":"day","since":"7 days ago"}""",
        ["get_quality_summary"] = """{"task_type":"summarization"}""",
        ["get_request_volume"] = """{"group_by":"model"}""",
        ["generate_sql"] = """{"query":"average latency by model"}""",
        ["run_sql"] = """{"sql":"SELECT count(*) AS n FROM requests WHERE status = ?","params":["success"]}""",
        ["explain_change"] = """{"since":"36 hours ago"}""",
        ["cost_report"] = "{}",
        ["compare_policies"] = """{"since":"30 days ago","policies":"priced,round_robin"}""",
    };
}

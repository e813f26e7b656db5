-- One asker after the other tool, with PAUSE_MS between two questions; 0 = never pauses.
local calls = {
  { "get_latency_trends", '{"granularity":"day","since":"7 days ago"}' },
  { "get_request_volume", '{"group_by":"model"}' },
  { "explain_change", '{"since":"36 hours ago"}' },
  { "cost_report", '{}' },
  { "get_recent_requests", '{"limit":3}' },
  { "get_quality_summary", '{"task_type":"summarization"}' },
  { "compare_policies", '{"since":"30 days ago","policies":"priced,round_robin"}' },
  { "run_sql", '{"sql":"SELECT count(*) AS n FROM requests WHERE status = ?","params":["success"]}' },
  { "get_deployment_status", '{"status":"down"}' },
  { "get_active_incidents", '{}' },
}
local pause = tonumber(os.getenv("PAUSE_MS") or "0")
local i = 0
function request()
  i = i % #calls + 1
  return wrk.format("POST", "/context/tools/" .. calls[i][1], { ["Content-Type"] = "application/json" }, calls[i][2])
end
if pause > 0 then
  function delay() return pause end
end

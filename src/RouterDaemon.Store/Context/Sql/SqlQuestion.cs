using System.Globalization;
using System.Text.RegularExpressions;

namespace RouterDaemon.Store.Context.Sql;

/// <summary>One question being translated.</summary>
internal sealed partial class SqlQuestion(string text, KnownNames names, DateTimeOffset now)
{
    private readonly List<string> _conditions = [];
    private readonly List<object> _parameters = [];
    private readonly List<string> _notes = [];

    public (string Sql, IReadOnlyList<object> Params, string Notes) Build()
    {
        var sql = Has("incident", "outage") ? Incidents()
            : Has("quality", "score") ? Quality()
            : Asks(@"\b(users?|budgets?)\b") && !Has("request", "latency", "cost", "spen", "slow", "token", "error") ? Users()
            : Has("deployment", "backend", "queue", "rate limit", "healthy", "down", "degraded") && !Has("request", "cost", "volume", "spen") ? Deployments()
            : Requests();
        return (sql, _parameters, string.Join(" ", _notes));
    }

    private string Incidents()
    {
        Note("Table incidents.");
        Condition(Has("active", "open", "current", "ongoing"), "status = ?", "active", "Only active ones.");
        Condition(Has("resolved", "past", "closed"), "status = ?", "resolved", "Only resolved ones.");
        Target("target_id");
        Window("started_at");
        return $"SELECT id, target_type, target_id, title, status, started_at, resolved_at FROM incidents{Where()} ORDER BY started_at DESC{Limit()}";
    }

    private string Users()
    {
        Note("Table users.");
        Tier("tier");
        return Has("how many", "count", "number of")
            ? $"SELECT tier, count(*) AS users FROM users{Where()} GROUP BY tier ORDER BY users DESC{Limit()}"
            : $"SELECT id, tier, latency_sla_ms, daily_budget_usd FROM users{Where()} ORDER BY id{Limit()}";
    }

    private string Deployments()
    {
        Note("Table deployments.");
        Condition(Has("unhealthy"), "status <> ?", "healthy", "Not healthy.");
        Condition(!Has("unhealthy") && Has("healthy"), "status = ?", "healthy", "Healthy ones.");
        Condition(Asks(@"\bdown\b"), "status = ?", "down", "Down ones.");
        Condition(Has("degraded"), "status = ?", "degraded", "Degraded ones.");
        Model("model_id");
        Backend("backend_id");
        var order = Has("slow", "latency") ? "latency_p95_ms DESC" : Has("cheap", "price", "cost") ? "cost_per_1k_tokens" : Has("queue") ? "queue_depth DESC" : "id";
        return "SELECT id, status, latency_p50_ms, latency_p95_ms, error_rate, queue_depth, cost_per_1k_tokens, updated_at "
            + $"FROM deployments{Where()} ORDER BY {order}{Limit()}";
    }

    private string Quality()
    {
        Note("Tables quality_scores and requests, average score.");
        Filters();
        Window("q.evaluated_at");
        var group = Group() ?? ("r.model_id", "model_id");
        return $"SELECT {group.Column} AS {group.Name}, avg(q.score) AS avg_score, min(q.score) AS min_score, max(q.score) AS max_score, count(*) AS scores "
            + $"FROM quality_scores q JOIN requests r ON r.id = q.request_id{UsersJoin(group.Column)}{Where()} GROUP BY 1 ORDER BY avg_score {Direction("DESC")}{Limit()}";
    }

    private string Requests()
    {
        Note("Table requests.");
        Filters();
        Window("r.created_at");
        var group = Group();
        var (measure, name) = Measure();
        if (measure is null)
        {
            var order = Has("slow", "longest") ? "r.latency_ms DESC" : Has("expensive", "cost") ? "r.cost_usd DESC" : "r.created_at DESC";
            return "SELECT r.id, r.user_id, r.deployment_id, r.task_type, r.latency_ms, r.cost_usd, r.status, r.created_at "
                + $"FROM requests r{UsersJoin("")}{Where()} ORDER BY {order}{Limit()}";
        }

        if (group is not { } by)
        {
            return $"SELECT {measure} AS {name} FROM requests r{UsersJoin("")}{Where()}{Limit()}";
        }

        var sort = by.Name is "day" or "hour" ? "1" : $"{name} {Direction("DESC")}";
        return $"SELECT {by.Column} AS {by.Name}, {measure} AS {name} FROM requests r{UsersJoin(by.Column)}{Where()} GROUP BY 1 ORDER BY {sort}{Limit()}";
    }

    private (string? Sql, string Name) Measure()
    {
        var (sql, name) =
            Has("error rate", "failure rate") ? ("avg(CASE WHEN r.status = 'success' THEN 0.0 ELSE 1.0 END)", "error_rate")
            : Has("average latency", "avg latency", "mean latency") || (Has("latency") && Group() is not null) ? ("avg(r.latency_ms)", "avg_latency_ms")
            : Has("average cost", "avg cost", "mean cost") ? ("avg(r.cost_usd)", "avg_cost_usd")
            : Asks(@"\b(cost|costs|spend|spent|spending|money|usd)\b") && !Has("most expensive request", "expensive requests") ? ("sum(r.cost_usd)", "total_cost_usd")
            : Has("token") ? ("sum(r.input_tokens + r.output_tokens)", "tokens")
            : Has("how many", "count", "number of", "volume", "traffic") || Group() is not null ? ("count(*)", "requests")
            : (null, "");
        if (sql is not null)
        {
            Note($"Measure {name}.");
        }

        return (sql, name);
    }

    private (string Column, string Name)? Group()
    {
        var by = GroupBy().Match(text);
        return !by.Success ? null : by.Groups[1].Value switch
        {
            "model" => ("r.model_id", "model_id"),
            "backend" or "provider" => ("r.backend_id", "backend_id"),
            "deployment" => ("r.deployment_id", "deployment_id"),
            "tier" => ("u.tier", "tier"),
            "user" => ("r.user_id", "user_id"),
            "status" => ("r.status", "status"),
            "task" => ("r.task_type", "task_type"),
            "version" or "router version" => ("r.router_version", "router_version"),
            "experiment" => ("r.experiment_id", "experiment_id"),
            "hour" => ("substr(r.created_at, 1, 13)", "hour"),
            _ => ("substr(r.created_at, 1, 10)", "day"),
        };
    }

    private void Filters()
    {
        Tier("u.tier");
        if (KnownNames.Find(names.Deployments, text) is { } deployment)
        {
            Condition(true, "r.deployment_id = ?", deployment, $"Deployment {deployment}.");
        }
        else
        {
            Model("r.model_id");
            Backend("r.backend_id");
        }

        Condition(Asks(@"\b(failed|failing|failures?|errors?)\b") && !Has("error rate"), "r.status <> ?", "success", "Only failed requests.");
        Condition(Asks(@"\btime(d\s)?outs?\b"), "r.status = ?", "timeout", "Only timeouts.");
        Condition(Asks(@"\bsuccess(ful|es)?\b"), "r.status = ?", "success", "Only successes.");
        if (names.TaskTypes.FirstOrDefault(t => text.Contains(t, StringComparison.Ordinal)) is { } task)
        {
            Condition(true, "r.task_type = ?", task, $"Task {task}.");
        }

        var user = UserId().Match(text);
        Condition(user.Success, "r.user_id = ?", user.Value, $"User {user.Value}.");
        if (Asks(@"\bexperiment\b") && Group()?.Name != "experiment_id")
        {
            _conditions.Add("r.experiment_id IS NOT NULL");
            Note("Only requests of an experiment.");
        }
    }

    private void Tier(string column)
    {
        foreach (var tier in new[] { "premium", "standard", "budget" })
        {
            Condition(Asks($@"\b{tier}\b") && !(tier == "budget" && Has("daily budget", "budgets")), $"{column} = ?", tier, $"Tier {tier}.");
        }
    }

    private void Model(string column)
    {
        if (KnownNames.Find(names.Models, text) is { } model)
        {
            Condition(true, $"{column} = ?", model, $"Model {model}.");
        }
    }

    private void Backend(string column)
    {
        if (KnownNames.Find(names.Backends, text) is { } backend)
        {
            Condition(true, $"{column} = ?", backend, $"Backend {backend}.");
        }
    }

    private void Target(string column)
    {
        var target = KnownNames.Find(names.Deployments, text) ?? KnownNames.Find(names.Models, text) ?? KnownNames.Find(names.Backends, text);
        Condition(target is not null, $"{column} LIKE ?", $"%{target}%", $"Target {target}.");
    }

    private void Window(string column)
    {
        if (TimeWindow.Find(text, now) is { } window)
        {
            _conditions.Add($"{column} >= ? AND {column} < ?");
            _parameters.Add(Rfc3339.Format(window.Since));
            _parameters.Add(Rfc3339.Format(window.Until));
            Note($"Window {Rfc3339.Format(window.Since)} to {Rfc3339.Format(window.Until)}.");
        }
    }

    private string Limit()
    {
        var top = Top().Match(text);
        return top.Success && int.TryParse(top.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var rows) && rows is > 0 and <= 1000
            ? $" LIMIT {rows}" : "";
    }

    private string Direction(string standard) => Has("worst", "lowest", "least", "cheapest", "fastest", "fewest") ? "ASC" : standard;

    private string UsersJoin(string column) =>
        column.StartsWith("u.", StringComparison.Ordinal) || _conditions.Any(c => c.StartsWith("u.", StringComparison.Ordinal))
            ? " JOIN users u ON u.id = r.user_id" : "";

    private string Where() => _conditions.Count == 0 ? "" : " WHERE " + string.Join(" AND ", _conditions);

    private void Condition(bool applies, string sql, string value, string note)
    {
        if (applies)
        {
            _conditions.Add(sql);
            _parameters.Add(value);
            Note(note);
        }
    }

    private void Note(string note) => _notes.Add(note);

    private bool Has(params ReadOnlySpan<string> parts)
    {
        foreach (var part in parts)
        {
            if (text.Contains(part, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private bool Asks(string pattern) => Regex.IsMatch(text, pattern);

    [GeneratedRegex(@"\b(?:by|per|for each|each|which|grouped by|group by)\s+(?:user\s+(?=tier))?(router version|version|model|backend|provider|deployment|tier|user|status|task|experiment|hour|day)")]
    private static partial Regex GroupBy();

    [GeneratedRegex(@"\b(?:top|first|last|latest|limit)\s+(\d+)\b(?!\s*(?:second|minute|hour|day|week|month))")]
    private static partial Regex Top();

    [GeneratedRegex(@"\buser_\w+\b")]
    private static partial Regex UserId();
}

-- The contract: five tables and eight indexes that tools, agents and people query.
-- Every timestamp is RFC 3339 UTC text, YYYY-MM-DDTHH:MM:SSZ.

CREATE TABLE IF NOT EXISTS users (
    id               TEXT PRIMARY KEY,
    tier             TEXT NOT NULL CHECK (tier IN ('premium', 'standard', 'budget')),
    latency_sla_ms   INTEGER,
    daily_budget_usd REAL
);

CREATE TABLE IF NOT EXISTS deployments (
    id                    TEXT PRIMARY KEY,
    model_id              TEXT NOT NULL,
    backend_id            TEXT NOT NULL,
    status                TEXT NOT NULL CHECK (status IN ('healthy', 'degraded', 'down')),
    latency_p50_ms        INTEGER,
    latency_p95_ms        INTEGER,
    error_rate            REAL CHECK (error_rate >= 0 AND error_rate <= 1),
    error_rate_window_sec INTEGER,
    queue_depth           INTEGER,
    cost_per_1k_tokens    REAL,
    rate_limit_remaining  INTEGER,
    sample_count          INTEGER,
    updated_at            TEXT NOT NULL,
    UNIQUE (model_id, backend_id)
);

CREATE TABLE IF NOT EXISTS requests (
    id             TEXT PRIMARY KEY,
    user_id        TEXT NOT NULL REFERENCES users(id),
    deployment_id  TEXT NOT NULL REFERENCES deployments(id),
    model_id       TEXT NOT NULL,
    backend_id     TEXT NOT NULL,
    task_type      TEXT,
    input_tokens   INTEGER,
    output_tokens  INTEGER,
    cost_usd       REAL,
    latency_ms     INTEGER,
    status         TEXT NOT NULL CHECK (status IN ('success', 'error', 'timeout')),
    router_version TEXT,
    experiment_id  TEXT,
    routing_reason TEXT,
    created_at     TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS incidents (
    id          TEXT PRIMARY KEY,
    target_type TEXT NOT NULL CHECK (target_type IN ('deployment', 'model', 'backend')),
    target_id   TEXT NOT NULL,
    title       TEXT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('active', 'resolved')),
    started_at  TEXT NOT NULL,
    resolved_at TEXT
);

CREATE TABLE IF NOT EXISTS quality_scores (
    request_id   TEXT PRIMARY KEY REFERENCES requests(id),
    score        REAL NOT NULL CHECK (score >= 0 AND score <= 1),
    evaluated_at TEXT NOT NULL
);

CREATE INDEX IF NOT EXISTS idx_deployments_model ON deployments(model_id);
CREATE INDEX IF NOT EXISTS idx_deployments_backend ON deployments(backend_id);
CREATE INDEX IF NOT EXISTS idx_requests_user ON requests(user_id);
CREATE INDEX IF NOT EXISTS idx_requests_created ON requests(created_at);
CREATE INDEX IF NOT EXISTS idx_requests_deployment ON requests(deployment_id);
CREATE INDEX IF NOT EXISTS idx_requests_model ON requests(model_id);
CREATE INDEX IF NOT EXISTS idx_incidents_status ON incidents(status);
CREATE INDEX IF NOT EXISTS idx_incidents_target ON incidents(target_type, target_id);

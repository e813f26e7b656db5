-- The daemon's own tables (prefix r_): what the five contract tables cannot hold.

-- One row for each request, routed or not. decision is the journal record's decision part, see RequestRecord.
CREATE TABLE r_outcomes (
    seq                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    created_at         TEXT NOT NULL,
    started_us         INTEGER NOT NULL,
    virtual_model      TEXT,
    model_id           TEXT,
    deployment_id      TEXT,
    outcome            TEXT NOT NULL CHECK (outcome IN
                       ('success', 'error', 'timeout', 'cancelled', 'refused', 'masked', 'cached', 'rate_limited')),
    http_status        INTEGER,
    attempts           INTEGER,
    latency_ms         REAL,
    ttft_ms            REAL,
    itl_ms             REAL,
    prompt_tokens      INTEGER,
    cached_tokens      INTEGER,
    completion_tokens  INTEGER,
    cost_usd           REAL,
    user_id            TEXT,
    key_id             TEXT,
    policy             TEXT,
    decision_kind      TEXT,
    predicted_ttft_ms  REAL,
    predicted_itl_ms   REAL,
    predicted_cost_usd REAL,
    runner_up          TEXT,
    decision           BLOB
);
CREATE INDEX r_outcomes_created ON r_outcomes(created_at);

-- What the router has learnt of a deployment; loaded at start. state is opaque here, format names its layout.
CREATE TABLE r_estimators (
    deployment_id TEXT PRIMARY KEY,
    format        INTEGER NOT NULL,
    state         BLOB NOT NULL,
    updated_at    TEXT NOT NULL
) WITHOUT ROWID;

-- Hourly sums of requests; the histograms are LatencyHistogram blobs of milliseconds.
CREATE TABLE r_rollups (
    hour          TEXT NOT NULL,
    deployment_id TEXT NOT NULL,
    user_tier     TEXT NOT NULL,
    model_id      TEXT NOT NULL,
    backend_id    TEXT NOT NULL,
    requests      INTEGER NOT NULL,
    errors        INTEGER NOT NULL,
    timeouts      INTEGER NOT NULL,
    input_tokens  INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost_usd      REAL NOT NULL,
    latency_hist  BLOB NOT NULL,
    ttft_hist     BLOB NOT NULL,
    itl_hist      BLOB NOT NULL,
    PRIMARY KEY (hour, deployment_id, user_tier)
) WITHOUT ROWID;

-- Hourly sums of quality scores, by the hour of their evaluation.
CREATE TABLE r_quality_rollups (
    hour      TEXT NOT NULL,
    model_id  TEXT NOT NULL,
    task_type TEXT NOT NULL,
    scores    INTEGER NOT NULL,
    sum       REAL NOT NULL,
    min       REAL NOT NULL,
    max       REAL NOT NULL,
    PRIMARY KEY (hour, model_id, task_type)
) WITHOUT ROWID;

-- A sample of decisions with all their inputs, for replay.
CREATE TABLE r_decisions (
    seq        INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    format     INTEGER NOT NULL,
    inputs     BLOB NOT NULL
);
CREATE INDEX r_decisions_request ON r_decisions(request_id);

-- store_kind (live|demo), journal id and cursor, counters.
CREATE TABLE r_meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Quality scores in order of their evaluation, for the parts of a window that are not whole hours.
CREATE TABLE r_quality_times (
    evaluated_at TEXT NOT NULL,
    request_id   TEXT NOT NULL,
    PRIMARY KEY (evaluated_at, request_id)
) WITHOUT ROWID;

-- Daily sums for each user: budgets are answered from here when a day holds many requests.
CREATE TABLE r_user_days (
    day      TEXT NOT NULL,
    user_id  TEXT NOT NULL,
    requests INTEGER NOT NULL,
    cost_usd REAL NOT NULL,
    PRIMARY KEY (day, user_id)
) WITHOUT ROWID;

-- What makes large windows quick: scores beside their time, and roll-ups of whole days.

ALTER TABLE r_quality_times ADD COLUMN model_id TEXT NOT NULL DEFAULT '';
ALTER TABLE r_quality_times ADD COLUMN task_type TEXT NOT NULL DEFAULT '';
ALTER TABLE r_quality_times ADD COLUMN score REAL NOT NULL DEFAULT 0;
UPDATE r_quality_times SET (model_id, task_type, score) =
    (SELECT r.model_id, COALESCE(r.task_type, 'unknown'), q.score FROM quality_scores q JOIN requests r ON r.id = q.request_id
     WHERE q.request_id = r_quality_times.request_id);

-- As r_rollups, by day. Filled from it when an older file is opened, see RollUpBatch.
CREATE TABLE r_day_rollups (
    day           TEXT NOT NULL,
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
    PRIMARY KEY (day, deployment_id, user_tier)
) WITHOUT ROWID;

-- Which users were ever sent to which deployments, and how that ended: filters that match nothing need not read the log to know it. Never shrinks.
CREATE TABLE r_pairs (
    user_id       TEXT NOT NULL,
    deployment_id TEXT NOT NULL,
    requests      INTEGER NOT NULL,
    errors        INTEGER NOT NULL,
    timeouts      INTEGER NOT NULL,
    PRIMARY KEY (user_id, deployment_id)
) WITHOUT ROWID;
INSERT INTO r_pairs (user_id, deployment_id, requests, errors, timeouts)
    SELECT user_id, deployment_id, count(*), total(status = 'error'), total(status = 'timeout') FROM requests GROUP BY 1, 2;

-- The last minutes of each deployment as histograms, so that a restart within the window starts with its percentiles. The blobs are
-- opaque here; format names their layout.
CREATE TABLE r_windows (
    deployment_id TEXT PRIMARY KEY,
    format        INTEGER NOT NULL,
    ttft          BLOB NOT NULL,
    itl           BLOB NOT NULL,
    latency       BLOB NOT NULL,
    updated_at    TEXT NOT NULL
) WITHOUT ROWID;

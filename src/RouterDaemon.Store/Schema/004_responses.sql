-- Conversations behind OpenAI's previous_response_id: chat messages as JSON, the answer included. Bounded, see ResponseLimits.
CREATE TABLE r_responses (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    created_at   TEXT NOT NULL,
    bytes        INTEGER NOT NULL,
    conversation BLOB NOT NULL
);
CREATE INDEX r_responses_created ON r_responses(created_at, bytes);

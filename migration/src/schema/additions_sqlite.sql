-- Tables of the server itself, on SQLite.

-- Values with an end: revoked tokens, counters, one-time codes.
CREATE TABLE dailies_store (
    key        text NOT NULL,
    value      text NOT NULL,
    expires_at datetime,
    CONSTRAINT dailies_store_pkey PRIMARY KEY (key)
);
CREATE INDEX dailies_ix_store_expires_at ON dailies_store (expires_at);

-- Work to be done in the background.
CREATE TABLE dailies_job (
    id           blob NOT NULL,
    kind         text NOT NULL,
    payload      json_text NOT NULL,
    state        text NOT NULL,
    attempts     integer NOT NULL,
    run_at       datetime NOT NULL,
    locked_until datetime,
    last_error   text,
    created_at   datetime NOT NULL,
    updated_at   datetime NOT NULL,
    CONSTRAINT dailies_job_pkey PRIMARY KEY (id)
);
CREATE INDEX dailies_ix_job_state_run_at ON dailies_job (state, run_at);

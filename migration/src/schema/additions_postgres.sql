-- Tables of the server itself, on PostgreSQL.

-- Values with an end: revoked tokens, counters, one-time codes.
CREATE TABLE dailies_store (
    key        text NOT NULL,
    value      text NOT NULL,
    expires_at timestamp without time zone,
    CONSTRAINT dailies_store_pkey PRIMARY KEY (key)
);
CREATE INDEX dailies_ix_store_expires_at ON dailies_store (expires_at);

-- Work to be done in the background.
CREATE TABLE dailies_job (
    id           uuid NOT NULL,
    kind         text NOT NULL,
    payload      jsonb NOT NULL,
    state        text NOT NULL,
    attempts     integer NOT NULL,
    run_at       timestamp without time zone NOT NULL,
    locked_until timestamp without time zone,
    last_error   text,
    created_at   timestamp without time zone NOT NULL,
    updated_at   timestamp without time zone NOT NULL,
    CONSTRAINT dailies_job_pkey PRIMARY KEY (id)
);
CREATE INDEX dailies_ix_job_state_run_at ON dailies_job (state, run_at);

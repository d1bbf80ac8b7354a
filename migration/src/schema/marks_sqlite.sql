-- What changed, by table and production, on SQLite. Every row that changes adds to it.
CREATE TABLE dailies_mark (
    subject    text NOT NULL,
    project_id blob NOT NULL,
    amount     bigint NOT NULL,
    CONSTRAINT dailies_mark_pkey PRIMARY KEY (subject, project_id)
) WITHOUT ROWID;

-- What changed, by table and production, on PostgreSQL. Every statement that changes rows adds to it; the sum is the mark.
CREATE TABLE dailies_mark (
    id         bigint GENERATED ALWAYS AS IDENTITY,
    subject    text NOT NULL,
    project_id uuid NOT NULL,
    amount     bigint NOT NULL,
    CONSTRAINT dailies_mark_pkey PRIMARY KEY (id)
);

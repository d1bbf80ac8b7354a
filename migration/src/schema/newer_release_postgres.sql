-- What releases up to 1.0.97 of the reference system added, on PostgreSQL. A database of one of them may have it already, and keeps
-- it as it is. New columns have defaults, for an older release that writes rows without them.

ALTER TABLE build_job ADD COLUMN IF NOT EXISTS message text;
ALTER TABLE output_file ADD COLUMN IF NOT EXISTS quality varchar(255);
ALTER TABLE working_file ADD COLUMN IF NOT EXISTS validation_status varchar(255) NOT NULL DEFAULT 'neutral';
ALTER TABLE project ADD COLUMN IF NOT EXISTS is_client_stats_visible boolean DEFAULT true;
ALTER TABLE project ADD COLUMN IF NOT EXISTS is_client_task_list_visible boolean DEFAULT true;
ALTER TABLE project ADD COLUMN IF NOT EXISTS is_client_task_panel_visible boolean DEFAULT true;
ALTER TABLE project_template ADD COLUMN IF NOT EXISTS is_client_stats_visible boolean DEFAULT true;
ALTER TABLE project_template ADD COLUMN IF NOT EXISTS is_client_task_list_visible boolean DEFAULT true;
ALTER TABLE project_template ADD COLUMN IF NOT EXISTS is_client_task_panel_visible boolean DEFAULT true;
ALTER TABLE project_task_type_link ADD COLUMN IF NOT EXISTS hd_bitrate_compression integer;
ALTER TABLE project_task_type_link ADD COLUMN IF NOT EXISTS ld_bitrate_compression integer;
ALTER TABLE project_task_type_link ADD COLUMN IF NOT EXISTS is_client_visible boolean DEFAULT true;
ALTER TABLE project_template_task_type_link ADD COLUMN IF NOT EXISTS hd_bitrate_compression integer;
ALTER TABLE project_template_task_type_link ADD COLUMN IF NOT EXISTS ld_bitrate_compression integer;
ALTER TABLE project_template_task_type_link ADD COLUMN IF NOT EXISTS is_client_visible boolean DEFAULT true;
ALTER TABLE project_task_status_link ADD COLUMN IF NOT EXISTS is_client_allowed boolean;
ALTER TABLE project_template_task_status_link ADD COLUMN IF NOT EXISTS is_client_allowed boolean;
ALTER TABLE person ADD COLUMN IF NOT EXISTS preview_project_id uuid;
ALTER TABLE person ADD COLUMN IF NOT EXISTS preview_opened_at timestamp without time zone;
ALTER TABLE person ADD COLUMN IF NOT EXISTS preview_open_until timestamp without time zone;
ALTER TABLE person ADD COLUMN IF NOT EXISTS oidc_issuer text;
ALTER TABLE person ADD COLUMN IF NOT EXISTS oidc_subject varchar(255);
ALTER TABLE person ADD COLUMN IF NOT EXISTS saml_issuer text;
ALTER TABLE person ADD COLUMN IF NOT EXISTS saml_subject varchar(255);

-- The key to the production of a preview account.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'person'::regclass AND conname = 'person_preview_project_id_fkey') THEN
        ALTER TABLE person ADD CONSTRAINT person_preview_project_id_fkey FOREIGN KEY (preview_project_id) REFERENCES project (id);
    END IF;
END
$$;

CREATE TABLE IF NOT EXISTS project_task_type_software_link (
    project_id   uuid NOT NULL,
    task_type_id uuid NOT NULL,
    software_id  uuid NOT NULL,
    id           uuid NOT NULL,
    created_at   timestamp without time zone,
    updated_at   timestamp without time zone,
    CONSTRAINT project_task_type_software_link_pkey PRIMARY KEY (project_id, task_type_id, software_id, id),
    CONSTRAINT project_task_type_software_uc UNIQUE (project_id, task_type_id, software_id),
    CONSTRAINT project_task_type_software_link_project_id_fkey FOREIGN KEY (project_id) REFERENCES project (id) ON DELETE CASCADE,
    CONSTRAINT project_task_type_software_link_task_type_id_fkey FOREIGN KEY (task_type_id) REFERENCES task_type (id) ON DELETE CASCADE,
    CONSTRAINT project_task_type_software_link_software_id_fkey FOREIGN KEY (software_id) REFERENCES software (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS preview_file_storage_state (
    preview_file_id uuid NOT NULL,
    bucket          varchar(20) NOT NULL,
    prefix          varchar(40) NOT NULL,
    state           varchar(255) NOT NULL,
    id              uuid NOT NULL,
    created_at      timestamp without time zone,
    updated_at      timestamp without time zone,
    CONSTRAINT preview_file_storage_state_pkey PRIMARY KEY (id),
    CONSTRAINT preview_file_storage_state_uc UNIQUE (preview_file_id, bucket, prefix),
    CONSTRAINT preview_file_storage_state_preview_file_id_fkey FOREIGN KEY (preview_file_id) REFERENCES preview_file (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS stored_file (
    bucket         varchar(20) NOT NULL,
    key            varchar(255) NOT NULL,
    prefix         varchar(40) NOT NULL,
    file_id        varchar(200) NOT NULL,
    size           bigint,
    deleted_at     timestamp without time zone,
    purge_forced   boolean NOT NULL DEFAULT false,
    purged_at      timestamp without time zone,
    purge_attempts integer NOT NULL DEFAULT 0,
    last_error     text,
    journal        jsonb NOT NULL DEFAULT '[]',
    id             uuid NOT NULL,
    created_at     timestamp without time zone,
    updated_at     timestamp without time zone,
    CONSTRAINT stored_file_pkey PRIMARY KEY (id),
    CONSTRAINT stored_file_uc UNIQUE (bucket, key)
);

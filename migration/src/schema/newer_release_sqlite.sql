-- What release 1.0.97 of the reference system added, on SQLite. Columns have defaults for the rows that are there.

ALTER TABLE build_job ADD COLUMN message text;
ALTER TABLE output_file ADD COLUMN quality varchar(255);
ALTER TABLE working_file ADD COLUMN validation_status varchar(255) NOT NULL DEFAULT 'neutral';
ALTER TABLE project ADD COLUMN is_client_stats_visible boolean DEFAULT true;
ALTER TABLE project ADD COLUMN is_client_task_list_visible boolean DEFAULT true;
ALTER TABLE project ADD COLUMN is_client_task_panel_visible boolean DEFAULT true;
ALTER TABLE project_template ADD COLUMN is_client_stats_visible boolean DEFAULT true;
ALTER TABLE project_template ADD COLUMN is_client_task_list_visible boolean DEFAULT true;
ALTER TABLE project_template ADD COLUMN is_client_task_panel_visible boolean DEFAULT true;
ALTER TABLE project_task_type_link ADD COLUMN hd_bitrate_compression integer;
ALTER TABLE project_task_type_link ADD COLUMN ld_bitrate_compression integer;
ALTER TABLE project_task_type_link ADD COLUMN is_client_visible boolean DEFAULT true;
ALTER TABLE project_template_task_type_link ADD COLUMN hd_bitrate_compression integer;
ALTER TABLE project_template_task_type_link ADD COLUMN ld_bitrate_compression integer;
ALTER TABLE project_template_task_type_link ADD COLUMN is_client_visible boolean DEFAULT true;
ALTER TABLE project_task_status_link ADD COLUMN is_client_allowed boolean;
ALTER TABLE project_template_task_status_link ADD COLUMN is_client_allowed boolean;
ALTER TABLE person ADD COLUMN preview_project_id blob CONSTRAINT person_preview_project_id_fkey REFERENCES project (id);
ALTER TABLE person ADD COLUMN preview_opened_at datetime;
ALTER TABLE person ADD COLUMN preview_open_until datetime;
ALTER TABLE person ADD COLUMN oidc_issuer text;
ALTER TABLE person ADD COLUMN oidc_subject varchar(255);
ALTER TABLE person ADD COLUMN saml_issuer text;
ALTER TABLE person ADD COLUMN saml_subject varchar(255);

CREATE TABLE project_task_type_software_link (
    project_id   blob NOT NULL,
    task_type_id blob NOT NULL,
    software_id  blob NOT NULL,
    id           blob NOT NULL,
    created_at   datetime,
    updated_at   datetime,
    CONSTRAINT project_task_type_software_link_pkey PRIMARY KEY (project_id, task_type_id, software_id, id),
    CONSTRAINT project_task_type_software_uc UNIQUE (project_id, task_type_id, software_id),
    CONSTRAINT project_task_type_software_link_project_id_fkey FOREIGN KEY (project_id) REFERENCES project (id) ON DELETE CASCADE,
    CONSTRAINT project_task_type_software_link_task_type_id_fkey FOREIGN KEY (task_type_id) REFERENCES task_type (id) ON DELETE CASCADE,
    CONSTRAINT project_task_type_software_link_software_id_fkey FOREIGN KEY (software_id) REFERENCES software (id) ON DELETE CASCADE
);

CREATE TABLE preview_file_storage_state (
    preview_file_id blob NOT NULL,
    bucket          varchar(20) NOT NULL,
    prefix          varchar(40) NOT NULL,
    state           varchar(255) NOT NULL,
    id              blob NOT NULL,
    created_at      datetime,
    updated_at      datetime,
    CONSTRAINT preview_file_storage_state_pkey PRIMARY KEY (id),
    CONSTRAINT preview_file_storage_state_uc UNIQUE (preview_file_id, bucket, prefix),
    CONSTRAINT preview_file_storage_state_preview_file_id_fkey FOREIGN KEY (preview_file_id) REFERENCES preview_file (id) ON DELETE CASCADE
);

CREATE TABLE stored_file (
    bucket         varchar(20) NOT NULL,
    key            varchar(255) NOT NULL,
    prefix         varchar(40) NOT NULL,
    file_id        varchar(200) NOT NULL,
    size           bigint,
    deleted_at     datetime,
    purge_forced   boolean NOT NULL DEFAULT false,
    purged_at      datetime,
    purge_attempts integer NOT NULL DEFAULT 0,
    last_error     text,
    journal        json_text NOT NULL DEFAULT '[]',
    id             blob NOT NULL,
    created_at     datetime,
    updated_at     datetime,
    CONSTRAINT stored_file_pkey PRIMARY KEY (id),
    CONSTRAINT stored_file_uc UNIQUE (bucket, key)
);

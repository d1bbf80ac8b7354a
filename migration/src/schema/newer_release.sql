-- Rules, indexes and rows of release 1.0.97; the same on PostgreSQL and SQLite. Indexes of foreign keys are among those that
-- Dailies added before.

CREATE UNIQUE INDEX IF NOT EXISTS ix_person_preview_project_id ON person (preview_project_id);
CREATE UNIQUE INDEX IF NOT EXISTS person_oidc_identity_uc ON person (oidc_issuer, oidc_subject);
CREATE UNIQUE INDEX IF NOT EXISTS person_saml_identity_uc ON person (saml_issuer, saml_subject);
CREATE INDEX IF NOT EXISTS ix_preview_file_storage_state_bucket_prefix_state ON preview_file_storage_state (bucket, prefix, state);
CREATE INDEX IF NOT EXISTS ix_preview_file_storage_state_preview_file_id ON preview_file_storage_state (preview_file_id);
CREATE INDEX IF NOT EXISTS ix_project_task_type_software_link_project_id ON project_task_type_software_link (project_id);
CREATE INDEX IF NOT EXISTS ix_project_task_type_software_link_software_id ON project_task_type_software_link (software_id);
CREATE INDEX IF NOT EXISTS ix_project_task_type_software_link_task_type_id ON project_task_type_software_link (task_type_id);
CREATE INDEX IF NOT EXISTS ix_stored_file_file_id ON stored_file (file_id);
CREATE INDEX IF NOT EXISTS ix_stored_file_to_purge ON stored_file (purge_forced, deleted_at) WHERE deleted_at IS NOT NULL AND purged_at IS NULL;
CREATE INDEX IF NOT EXISTS ix_entity_entity_type_parent ON entity (entity_type_id, parent_id);
CREATE INDEX IF NOT EXISTS ix_entity_entity_type_project ON entity (entity_type_id, project_id);

-- Indexes that the reference schema lacks; the same on PostgreSQL and SQLite.

-- Foreign keys: without an index, deleting a row reads the whole of the table that points to it.
CREATE INDEX dailies_ix_asset_instance_entity_id ON asset_instance (entity_id);
CREATE INDEX dailies_ix_asset_instance_entity_type_id ON asset_instance (entity_type_id);
CREATE INDEX dailies_ix_asset_instance_link_asset_instance_id ON asset_instance_link (asset_instance_id);
CREATE INDEX dailies_ix_chat_participant_person_id ON chat_participant (person_id);
CREATE INDEX dailies_ix_comment_preview_file_id ON comment (preview_file_id);
CREATE INDEX dailies_ix_comment_acknoledgments_person ON comment_acknoledgments (person);
CREATE INDEX dailies_ix_comment_department_mentions_department ON comment_department_mentions (department);
CREATE INDEX dailies_ix_comment_mentions_person ON comment_mentions (person);
CREATE INDEX dailies_ix_entity_created_by ON entity (created_by);
CREATE INDEX dailies_ix_entity_preview_file_id ON entity (preview_file_id);
CREATE INDEX dailies_ix_entity_ready_for ON entity (ready_for);
CREATE INDEX dailies_ix_entity_concept_link_entity_out_id ON entity_concept_link (entity_out_id);
CREATE INDEX dailies_ix_playlist_created_by ON playlist (created_by);
CREATE INDEX dailies_ix_playlist_share_link_created_by ON playlist_share_link (created_by);
CREATE INDEX dailies_ix_preview_file_person_id ON preview_file (person_id);
CREATE INDEX dailies_ix_schedule_version_person_link_person_id ON production_schedule_version_task_link_person_link (person_id);
CREATE INDEX dailies_ix_search_filter_department_id ON search_filter (department_id);
CREATE INDEX dailies_ix_search_filter_search_filter_group_id ON search_filter (search_filter_group_id);
CREATE INDEX dailies_ix_search_filter_group_department_id ON search_filter_group (department_id);

-- Pointers that are not foreign keys.
CREATE INDEX dailies_ix_attachment_file_reply_id ON attachment_file (reply_id);
CREATE INDEX dailies_ix_task_last_preview_file_id ON task (last_preview_file_id);

-- Listings of one task, entity, person or production.
CREATE INDEX dailies_ix_comment_object_id_created_at ON comment (object_id, created_at);
CREATE INDEX dailies_ix_desktop_login_log_person_id_date ON desktop_login_log (person_id, date);
CREATE INDEX dailies_ix_notification_person_id_created_at ON notification (person_id, created_at);
CREATE INDEX dailies_ix_preview_file_task_id_revision ON preview_file (task_id, revision);
CREATE INDEX dailies_ix_task_project_id_entity_id ON task (project_id, entity_id);
CREATE INDEX dailies_ix_task_project_id_task_type_id ON task (project_id, task_type_id);
CREATE INDEX dailies_ix_time_spent_person_id_date ON time_spent (person_id, date);

-- Listings of everything, by time or state.
CREATE INDEX dailies_ix_day_off_date ON day_off (date);
CREATE INDEX dailies_ix_login_log_created_at ON login_log (created_at);
CREATE INDEX dailies_ix_news_created_at ON news (created_at);
CREATE INDEX dailies_ix_preview_file_status ON preview_file (status);
CREATE INDEX dailies_ix_time_spent_date ON time_spent (date);

-- Pages of the big tables, in the order that all paged listings have.
CREATE INDEX dailies_ix_comment_page ON comment (updated_at DESC, created_at DESC, id);
CREATE INDEX dailies_ix_entity_page ON entity (updated_at DESC, created_at DESC, id);
CREATE INDEX dailies_ix_preview_file_page ON preview_file (updated_at DESC, created_at DESC, id);
CREATE INDEX dailies_ix_task_page ON task (updated_at DESC, created_at DESC, id);
CREATE INDEX dailies_ix_time_spent_page ON time_spent (updated_at DESC, created_at DESC, id);

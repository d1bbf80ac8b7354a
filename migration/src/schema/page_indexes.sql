-- The order that all pages have, where many rows may have to be sorted; the same on PostgreSQL and SQLite.

-- Pages of a whole table.
CREATE INDEX dailies_ix_api_event_page ON api_event (updated_at DESC, created_at DESC, id);
CREATE INDEX dailies_ix_attachment_file_page ON attachment_file (updated_at DESC, created_at DESC, id);
CREATE INDEX dailies_ix_entity_link_page ON entity_link (updated_at DESC, created_at DESC, id);
CREATE INDEX dailies_ix_news_page ON news (updated_at DESC, created_at DESC, id);
CREATE INDEX dailies_ix_notification_page ON notification (updated_at DESC, created_at DESC, id);
CREATE INDEX dailies_ix_output_file_page ON output_file (updated_at DESC, created_at DESC, id);
CREATE INDEX dailies_ix_person_page ON person (updated_at DESC, created_at DESC, id);
CREATE INDEX dailies_ix_playlist_page ON playlist (updated_at DESC, created_at DESC, id);
CREATE INDEX dailies_ix_subscription_page ON subscription (updated_at DESC, created_at DESC, id);
CREATE INDEX dailies_ix_working_file_page ON working_file (updated_at DESC, created_at DESC, id);

-- Pages of what belongs to one production or one person, where thousands of rows do. Each index costs those who write.
CREATE INDEX dailies_ix_entity_project_id_page ON entity (project_id, updated_at DESC, created_at DESC, id);
CREATE INDEX dailies_ix_notification_person_id_page ON notification (person_id, updated_at DESC, created_at DESC, id);
CREATE INDEX dailies_ix_task_project_id_page ON task (project_id, updated_at DESC, created_at DESC, id);
CREATE INDEX dailies_ix_time_spent_person_id_page ON time_spent (person_id, updated_at DESC, created_at DESC, id);

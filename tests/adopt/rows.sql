-- What a studio has in a database of the reference server: rows with ids made elsewhere, names of all languages, documents
-- of every form, and columns that older releases left empty. HASH stands for a hash of bcrypt.

CREATE TABLE alembic_version (version_num varchar(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT INTO alembic_version VALUES ('b7d419c25e08');

-- A plugin brings tables of its own.
CREATE TABLE plugin_tickets_ticket (id uuid PRIMARY KEY, task_id uuid REFERENCES task (id), title text);
CREATE TABLE alembic_version_tickets (version_num varchar(32) NOT NULL);

-- A trigger and a view of somebody who works with the database directly.
CREATE VIEW open_tasks AS SELECT id, name FROM task WHERE end_date IS NULL;
CREATE FUNCTION keep_name() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER keep_name BEFORE UPDATE ON studio FOR EACH ROW EXECUTE FUNCTION keep_name();

INSERT INTO organisation (name, hours_by_day, has_avatar, use_original_file_name, timesheets_locked, format_duration_in_hours, hd_by_default,
    dark_theme_by_default, id, created_at, updated_at)
VALUES ('Étoile & «Sœurs» 動画', 7.5, true, false, false, false, true, true,
    '10000000-0000-1000-8000-000000000001', '2019-02-28 23:59:59.999999', '2026-01-01 00:00:00');

INSERT INTO project_status (name, color, id, created_at, updated_at) VALUES
    ('Open', '#000000', '10000000-0000-1000-8000-000000000011', '2019-01-01', '2019-01-01'),
    ('Closed', '#000000', '10000000-0000-1000-8000-000000000012', '2019-01-01', '2019-01-01');

INSERT INTO department (name, color, archived, id, created_at, updated_at) VALUES
    ('Modeling', '#78909C', false, '10000000-0000-1000-8000-000000000021', '2019-01-01', '2019-01-01');

INSERT INTO studio (name, color, archived, id, created_at, updated_at) VALUES
    ('Montréal', '#FF0000', false, '10000000-0000-1000-8000-000000000022', '2019-01-01', '2019-01-01');

INSERT INTO entity_type (name, short_name, archived, id, created_at, updated_at) VALUES
    ('Props', NULL, false, '10000000-0000-1000-8000-000000000031', '2019-01-01', '2019-01-01'),
    ('Shot', '', false, '10000000-0000-1000-8000-000000000032', '2019-01-01', '2019-01-01'),
    ('Sequence', NULL, NULL, '10000000-0000-1000-8000-000000000033', '2019-01-01', '2019-01-01'),
    ('Episode', NULL, false, '10000000-0000-1000-8000-000000000034', '2019-01-01', '2019-01-01');

INSERT INTO task_type (name, short_name, color, priority, for_entity, allow_timelog, archived, department_id, id, created_at, updated_at) VALUES
    ('Modeling', '', '#64B5F6', 1, 'Asset', true, false, '10000000-0000-1000-8000-000000000021',
        '10000000-0000-1000-8000-000000000041', '2019-01-01', '2019-01-01'),
    ('Animation', 'anim', '#009688', 2, 'Shot', true, false, NULL, '10000000-0000-1000-8000-000000000042', '2019-01-01', '2019-01-01');

INSERT INTO task_status (name, archived, short_name, color, priority, is_done, is_artist_allowed, is_client_allowed, is_retake,
    is_feedback_request, is_default, is_wip, for_concept, id, created_at, updated_at) VALUES
    ('Todo', false, 'todo', '#f5f5f5', 1, false, true, true, false, false, true, false, false,
        '10000000-0000-1000-8000-000000000051', '2019-01-01', '2019-01-01'),
    ('Done', false, 'done', '#22d160', 2, true, true, true, false, false, false, false, NULL,
        '10000000-0000-1000-8000-000000000052', '2019-01-01', '2019-01-01');

INSERT INTO person (first_name, last_name, email, phone, contract_type, active, archived, last_presence, password, login_failed_attemps,
    totp_enabled, email_otp_enabled, fido_enabled, fido_credentials, otp_recovery_codes, shotgun_id, timezone, locale, data, role, position,
    seniority, daily_salary, has_avatar, notifications_enabled, is_bot, is_guest, jti, is_generated_from_ldap, ldap_uid, studio_id,
    id, created_at, updated_at) VALUES
    ('Zoë', 'O''Brien-Łukasiewicz', 'zoe@studio.example', '+33 1 23 45', 'open-ended', true, false, '2026-02-28', 'HASH', 3,
        false, false, false, NULL, NULL, 12, 'Europe/Paris', 'fr_FR', '{"desk": {"floor": 2, "seat": null}, "tags": ["a", "ü"]}',
        'admin', 'lead', 'senior', 350, true, true, false, false, NULL, false, NULL, '10000000-0000-1000-8000-000000000022',
        '10000000-0000-1000-8000-000000000061', '2019-03-04 05:06:07.123456', '2026-01-02 03:04:05.999999'),
    ('Al', '', 'al@studio.example', '', 'freelance', true, NULL, NULL, 'HASH', 0,
        false, false, false, ARRAY['{"id": "a", "sign_count": 4}'::jsonb], ARRAY['$2b$12$abc'::bytea], NULL, 'UTC', 'en_US', NULL,
        'user', 'artist', 'junior', 0, false, false, false, false, NULL, true, 'al', NULL,
        '10000000-0000-1000-8000-000000000062', '2020-01-01', '2020-01-01'),
    ('Render', 'Bot', 'bot@studio.example', NULL, 'open-ended', true, false, NULL, NULL, 0,
        false, false, false, NULL, NULL, NULL, 'Asia/Tokyo', 'ja_JP', 'null',
        'manager', NULL, NULL, NULL, false, false, true, false, 'a-token', false, NULL, NULL,
        '10000000-0000-1000-8000-000000000063', '2020-01-01', '2020-01-01'),
    ('Gone', 'Person', 'gone@studio.example', NULL, 'short-term', false, true, NULL, '', NULL,
        false, false, false, NULL, NULL, NULL, 'Europe/Paris', 'en_US', '{}',
        'client', 'artist', 'mid', 0, false, false, false, false, NULL, false, NULL, NULL,
        '10000000-0000-1000-8000-000000000064', '2020-01-01', NULL);

INSERT INTO department_link (person_id, department_id) VALUES
    ('10000000-0000-1000-8000-000000000062', '10000000-0000-1000-8000-000000000021');

INSERT INTO project (name, code, description, data, has_avatar, fps, ratio, resolution, production_type, production_style, start_date, end_date,
    man_days, nb_episodes, episode_span, max_retakes, is_clients_isolated, is_preview_download_allowed, is_set_preview_automated, homepage,
    is_publish_default_for_artists, is_bot_collaboration_enabled, is_single_preview_per_revision, revision_padding, project_status_id,
    id, created_at, updated_at) VALUES
    ('L''été "perdu" 🎬', NULL, E'Two lines\nof text', '{"budget": 1e3, "a.b": [1.0, -0, {}], "": "empty key"}', false, '23,976', '16:9', '1920x1080',
        'short', '2d3d', '2025-01-01', '2031-12-31', NULL, 0, 0, 0, false, false, false, 'assets', false, false, false, 3,
        '10000000-0000-1000-8000-000000000011', '10000000-0000-1000-8000-000000000071', '2019-01-01', '2019-01-01');

INSERT INTO project_person_link (project_id, person_id, shotgun_id, role) VALUES
    ('10000000-0000-1000-8000-000000000071', '10000000-0000-1000-8000-000000000061', NULL, NULL),
    ('10000000-0000-1000-8000-000000000071', '10000000-0000-1000-8000-000000000062', 5, 'supervisor');

INSERT INTO entity (id, name, code, description, canceled, nb_frames, nb_entities_out, is_casting_standby, is_shared, status, project_id,
    entity_type_id, parent_id, data, created_by, created_at, updated_at) VALUES
    ('10000000-0000-1000-8000-000000000081', 'Arbre / «tree»', '', '', false, NULL, 0, false, true, 'running', '10000000-0000-1000-8000-000000000071',
        '10000000-0000-1000-8000-000000000031', NULL, '{"difficulty": 12345678901234567890, "ok": true}', NULL, '2019-01-01', '2019-01-01'),
    ('10000000-0000-1000-8000-000000000082', 'SQ01', NULL, NULL, false, NULL, 0, NULL, false, 'running', '10000000-0000-1000-8000-000000000071',
        '10000000-0000-1000-8000-000000000033', NULL, NULL, NULL, '2019-01-01', '2019-01-01'),
    ('10000000-0000-1000-8000-000000000083', 'SH010', NULL, NULL, false, 96, 1, false, false, 'running', '10000000-0000-1000-8000-000000000071',
        '10000000-0000-1000-8000-000000000032', '10000000-0000-1000-8000-000000000082', '{"fps": "24", "frame_in": 1001}',
        '10000000-0000-1000-8000-000000000061', '2019-01-01', '2019-01-01');

INSERT INTO task (name, priority, difficulty, duration, estimation, completion_rate, retake_count, sort_order, start_date, due_date,
    nb_assets_ready, data, nb_drawings, project_id, task_type_id, task_status_id, entity_id, assigner_id, last_preview_file_id,
    id, created_at, updated_at) VALUES
    ('main', 0, 3, 480, 960.5, 0, 0, 0, '2026-03-01 09:00:00', '2026-03-31 18:00:00.5', 0, '{"k": "v"}', 0,
        '10000000-0000-1000-8000-000000000071', '10000000-0000-1000-8000-000000000041', '10000000-0000-1000-8000-000000000051',
        '10000000-0000-1000-8000-000000000081', '10000000-0000-1000-8000-000000000061', '10000000-0000-1000-8000-0000000000b1',
        '10000000-0000-1000-8000-000000000091', '2019-01-01', '2019-01-01'),
    ('', 3, 5, 0, 0, 0, 2, 0, NULL, NULL, 0, NULL, 0,
        '10000000-0000-1000-8000-000000000071', '10000000-0000-1000-8000-000000000042', '10000000-0000-1000-8000-000000000052',
        '10000000-0000-1000-8000-000000000083', NULL, NULL,
        '10000000-0000-1000-8000-000000000092', '2019-01-01', '2019-01-01');

INSERT INTO task_person_link (task_id, person_id) VALUES
    ('10000000-0000-1000-8000-000000000091', '10000000-0000-1000-8000-000000000062');

INSERT INTO comment (object_id, object_type, text, data, replies, checklist, pinned, for_client, links, task_status_id, person_id, id, created_at,
    updated_at) VALUES
    ('10000000-0000-1000-8000-000000000091', 'Task', E'Nice 👍\n@All', '{}', '[]', '[{"text": "rig", "checked": false}]', true, false,
        ARRAY['https://example.com/?a=b&c="d"', NULL, ''], '10000000-0000-1000-8000-000000000051', '10000000-0000-1000-8000-000000000061',
        '10000000-0000-1000-8000-0000000000a1', '2019-01-01', '2019-01-01'),
    ('10000000-0000-1000-8000-000000000091', 'Task', '', NULL, NULL, NULL, NULL, NULL, NULL, '10000000-0000-1000-8000-000000000052',
        '10000000-0000-1000-8000-000000000062', '10000000-0000-1000-8000-0000000000a2', '2019-01-02', '2019-01-02');

INSERT INTO preview_file (name, original_name, revision, position, extension, source, file_size, status, validation_status, annotations, width,
    height, duration, data, task_id, person_id, id, created_at, updated_at) VALUES
    ('0209a5c3-6252', 'arbre.final.v2', 1, 1, 'png', 'webgui', 4, 'ready', 'neutral',
        '[{"time": 0, "drawing": {"objects": [{"id": "x", "type": "path", "path": [["M", 0.5, 1e-7]]}]}}]', 300, 200, 0, NULL,
        '10000000-0000-1000-8000-000000000091', '10000000-0000-1000-8000-000000000062', '10000000-0000-1000-8000-0000000000b1',
        '2019-01-01', '2019-01-01'),
    ('0209a5c3-6253', NULL, 2, NULL, 'mp4', NULL, NULL, 'missing', 'neutral', NULL, NULL, NULL, NULL, '{"imported_only": true}',
        '10000000-0000-1000-8000-000000000091', NULL, '10000000-0000-1000-8000-0000000000b2', '2019-01-01', '2019-01-01');

INSERT INTO comment_preview_link (comment, preview_file) VALUES
    ('10000000-0000-1000-8000-0000000000a1', '10000000-0000-1000-8000-0000000000b1');

INSERT INTO time_spent (duration, date, task_id, person_id, id, created_at, updated_at) VALUES
    (0.25, '2026-02-28', '10000000-0000-1000-8000-000000000091', '10000000-0000-1000-8000-000000000062',
        '10000000-0000-1000-8000-0000000000c1', '2019-01-01', '2019-01-01');

INSERT INTO data_import_error (event_data, source, id, created_at, updated_at) VALUES
    ('[1, "two", null]', 'csv', '10000000-0000-1000-8000-0000000000d1', '2019-01-01', '2019-01-01'),
    ('{}', NULL, '10000000-0000-1000-8000-0000000000d2', '2019-01-01', '2019-01-01');

INSERT INTO api_event (name, user_id, project_id, data, id, created_at, updated_at) VALUES
    ('task:update', '10000000-0000-1000-8000-000000000061', '10000000-0000-1000-8000-000000000071',
        '{"task_id": "10000000-0000-1000-8000-000000000091"}', '10000000-0000-1000-8000-0000000000e1', '2019-01-01 00:00:00.000001', '2019-01-01'),
    ('build-job:new', NULL, NULL, NULL, '10000000-0000-1000-8000-0000000000e2', '2019-01-02', '2019-01-02');

INSERT INTO plugin_tickets_ticket VALUES ('10000000-0000-1000-8000-0000000000f1', '10000000-0000-1000-8000-000000000091', 'a ticket');

//! Bodies, tables and timelines for operations whose schema does not say enough.

/// Bodies of operations whose schema does not say enough; in braces, records and texts of the sample.
pub const BODIES: &[(&str, &str)] = &[
    ("sign_in", r#"{"email": "{email}", "password": "{password}"}"#),
    (
        "change_password",
        r#"{"old_password": "{password}", "password": "new wool for {mark}", "password_2": "new wool for {mark}"}"#,
    ),
    (
        "change_password_of_person",
        r#"{"password": "new wool for {mark}", "password_2": "new wool for {mark}"}"#,
    ),
    ("request_password_reset", r#"{"email": "{email}"}"#),
    ("enable_totp", r#"{"totp": "{code}"}"#),
    (
        "update_entities_casting",
        r#"{"{shot}": [{"asset_id": "{second asset}", "nb_occurences": 2}]}"#,
    ),
    (
        "update_asset_casting",
        r#"[{"asset_id": "{second asset}", "nb_occurences": 2}]"#,
    ),
    (
        "comment_tasks",
        r#"[{"object_id": "{task}", "task_status_id": "{wip_status}", "comment": "{mark}"}]"#,
    ),
    (
        "reorder_metadata_descriptors_in_projects",
        r#"{"entity_type": "Asset", "field_order": ["metadata__{mark}_1", "metadata__{mark}_0"]}"#,
    ),
    (
        "update_metadata_descriptor_in_projects",
        r#"{"entity_type": "Asset", "name": "{mark} other"}"#,
    ),
    (
        "create_schedule_item",
        r#"{"project_id": "{project}", "task_type_id": "{second task_type}"}"#,
    ),
    ("create_entity_tasks", r#"{"task_type_ids": ["{task_type}"]}"#),
    ("move_comment", r#"{"target_task_id": "{second task}"}"#),
    ("set_main_preview", "{}"),
    (
        "import_kitsu_attachment_files",
        r#"[{"id": "{attachment_file}", "name": "{mark}.png", "comment_id": "{comment}"}]"#,
    ),
    (
        "import_kitsu_build_jobs",
        r#"[{"id": "{build_job}", "status": "succeeded", "playlist_id": "{playlist}"}]"#,
    ),
    (
        "import_kitsu_comments",
        r#"[{"id": "{comment}", "object_id": "{task}", "text": "{mark} other", "previews": ["{preview_file}"]}]"#,
    ),
    (
        "import_kitsu_entities",
        r#"[{"id": "{shot}", "name": "{mark} other", "parent_id": "{sequence}", "entities_out": ["{asset}"]}]"#,
    ),
    (
        "import_kitsu_entity_links",
        r#"[{"id": "{entity_link}", "entity_in_id": "{shot}", "entity_out_id": "{second asset}", "label": "{mark}"}]"#,
    ),
    (
        "import_kitsu_metadata_descriptors",
        r#"[{"id": "{metadata_descriptor}", "name": "{mark} other", "departments": ["{department}"]}]"#,
    ),
    (
        "import_kitsu_milestones",
        r#"[{"id": "{milestone}", "project_id": "{project}", "name": "{mark} other"}]"#,
    ),
    (
        "import_kitsu_news_items",
        r#"[{"id": "{news}", "task_id": "{task}", "comment_id": "{comment}", "change": true}]"#,
    ),
    (
        "import_kitsu_notifications",
        r#"[{"id": "{notification}", "task_id": "{task}", "comment_id": "{comment}", "read": true}]"#,
    ),
    (
        "import_kitsu_playlists",
        r#"[{"id": "{playlist}", "name": "{mark} other", "shots": [{"entity_id": "{second shot}"}]}]"#,
    ),
    (
        "import_kitsu_preview_files",
        r#"[{"id": "{preview_file}", "task_id": "{task}", "description": "{mark}"}]"#,
    ),
    (
        "import_kitsu_projects",
        r#"[{"id": "{project}", "name": "{mark} other", "team": ["{second person}"]}]"#,
    ),
    (
        "import_kitsu_schedule_items",
        r#"[{"id": "{schedule_item}", "project_id": "{project}", "object_id": "{shot}", "man_days": 7}]"#,
    ),
    (
        "import_kitsu_subscriptions",
        r#"[{"id": "{subscription}", "task_id": "{task}"}]"#,
    ),
    (
        "import_kitsu_tasks",
        r#"[{"id": "{task}", "name": "{mark} other", "entity_id": "{shot}", "assignees": ["{second person}"]}]"#,
    ),
    (
        "import_kitsu_time_spents",
        r#"[{"id": "{time_spent}", "task_id": "{task}", "duration": 99}]"#,
    ),
    (
        "import_shotgun_projects",
        r#"[{"id": "{shotgun}", "name": "{mark} other", "sg_status": "Open", "sg_fps": "25"}]"#,
    ),
    (
        "import_shotgun_persons",
        r#"[{"id": "1{shotgun}0000", "firstname": "Ada", "lastname": "{mark}", "email": "sg.{mark}@example.com", "login": "{mark}"}]"#,
    ),
    (
        "import_shotgun_episodes",
        r#"[{"id": "{shotgun}", "code": "{mark} E", "description": "{mark}", "project": {"name": "project_{mark}_0"}}]"#,
    ),
    (
        "import_shotgun_sequences",
        r#"[{"id": "{shotgun}", "code": "{mark} Q", "description": null, "project": {"name": "project_{mark}_0"}, "episode": {"id": "{shotgun}"}}]"#,
    ),
    (
        "import_shotgun_scenes",
        r#"[{"id": "{shotgun}", "code": "{mark} C", "project": {"name": "project_{mark}_0"}, "sequence_sg_scenes_1_sequences": [{"id": "{shotgun}"}]}]"#,
    ),
    (
        "import_shotgun_shots",
        r#"[{"id": "{shotgun}", "code": "{mark} S", "project": {"name": "project_{mark}_0"}, "sg_cut_in": 1, "sg_cut_duration": 9,
            "sg_sequence": {"id": "{shotgun}"}, "assets": [{"id": "{shotgun}"}]}]"#,
    ),
    (
        "import_shotgun_assets",
        r#"[{"id": "{shotgun}", "code": "{mark} A", "description": null, "project": {"id": "{shotgun}"}, "sg_asset_type": "Type {mark}",
            "parents": [{"id": "{second shotgun}"}]}]"#,
    ),
    (
        "import_shotgun_steps",
        r#"[{"id": "{shotgun}", "code": "{mark}", "short_name": "{mark}", "color": "1,2,3", "entity_type": "Shot"}]"#,
    ),
    (
        "import_shotgun_statuses",
        r#"[{"id": "{shotgun}", "name": "{mark}", "code": "s{mark}", "bg_color": "1,2,3"}]"#,
    ),
    (
        "import_shotgun_tasks",
        r#"[{"id": "{shotgun}", "cached_display_name": "{mark}", "step": {"id": "{shotgun}"}, "project": {"id": "{shotgun}"},
            "entity": {"type": "Shot", "id": "{shotgun}"}, "sg_status_list": "none", "created_by": {"id": "{shotgun}"}, "start_date": null,
            "due_date": null, "sg_sort_order": 3, "duration": 60, "task_assignees": [{"id": "{second shotgun}"}]}]"#,
    ),
    (
        "import_shotgun_versions",
        r#"[{"id": "{shotgun}", "code": "{mark}", "description": "{mark}", "sg_task": {"id": "{shotgun}"}, "sg_uploaded_movie": null}]"#,
    ),
    (
        "import_shotgun_notes",
        r#"[{"id": "{shotgun}", "content": "{mark}", "created_at": "2016-12-05T15:06:34+01:00", "user": {"id": "{shotgun}"}, "tasks": [{"id": "{shotgun}"}]}]"#,
    ),
    (
        "import_shotgun_project_connections",
        r#"[{"id": 1, "project": {"id": "{shotgun}"}, "user": {"id": "{second shotgun}"}}]"#,
    ),
    ("remove_shotgun_project", REMOVED),
    ("remove_shotgun_person", REMOVED),
    ("remove_shotgun_episode", REMOVED),
    ("remove_shotgun_sequence", REMOVED),
    ("remove_shotgun_scene", REMOVED),
    ("remove_shotgun_shot", REMOVED),
    ("remove_shotgun_asset", REMOVED),
    ("remove_shotgun_step", REMOVED),
    ("remove_shotgun_status", REMOVED),
    ("remove_shotgun_task", REMOVED),
    ("remove_shotgun_version", REMOVED),
    ("remove_shotgun_note", REMOVED),
    (
        "create_shotgun_error",
        r#"{"id": 705015, "event_type": "Shotgun_Shot_Change", "entity": {"name": "{mark}"}}"#,
    ),
    (
        "update_preview_annotations",
        r#"{"additions": [{"time": 1.5, "drawing": {"objects": [{"id": "{mark}", "type": "path"}]}}]}"#,
    ),
];

/// The number in ShotGrid of a record that nothing refers to.
const REMOVED: &str = r#"{"id": "{second shotgun}"}"#;

/// Tables that imports read; in braces, texts of the sample.
pub const TABLES: &[(&str, &str)] = &[
    (
        "import_persons",
        "First Name,Last Name,Email\nAda,{mark},new.{mark}@example.com\n",
    ),
    ("import_assets", "Type,Name,Description\nType {mark},New {mark},Wool\n"),
    (
        "import_shots",
        "Episode,Sequence,Name\nEpisode {mark},Sequence {mark},New {mark}\n",
    ),
    ("import_edits", "Name,Description\nNew {mark},Wool\n"),
    (
        "import_casting",
        "Parent,Name,Asset Type,Asset,Occurences\nsequence {mark} First,shot {mark} First,Character,asset {mark} Second,3\n",
    ),
    (
        "import_estimations",
        "Parent,Entity,Estimation\nsequence {mark} First,shot {mark} First,2\n",
    ),
    (
        "import_episode_estimations",
        "Parent,Entity,Estimation\nsequence {mark} First,shot {mark} First,2\n",
    ),
];

/// Timelines that imports read; in braces, texts of the sample.
pub const TIMELINES: &[(&str, &str)] = &[
    (
        "import_timeline",
        "001 A V C 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n* FROM CLIP NAME: wool_Sequence{mark}-Shot{mark}.mov\n",
    ),
    (
        "import_episode_timeline",
        "001 A V C 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n* FROM CLIP NAME: wool_1-Sequence{mark}-Shot{mark}.mov\n",
    ),
];

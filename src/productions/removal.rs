//! End of a production: everything in it goes, or nothing does.

use dailies_definitions::failure::Failure;
use uuid::Uuid;

use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::playlists::discard_movies;
use crate::readiness::counts::Touched;
use crate::removal::UnneededFiles;
use crate::tasks::removal::remove;

/// The entities of the production, as a list of SQL.
const ENTITIES: &str = "(SELECT id FROM entity WHERE project_id = $1)";
/// The playlists of the production.
const PLAYLISTS: &str = "(SELECT id FROM playlist WHERE project_id = $1)";
/// The chats about entities of the production.
const CHATS: &str = "(SELECT id FROM chat WHERE object_id IN (SELECT id FROM entity WHERE project_id = $1))";
/// Files made for entities of the production, and those made of them.
const OUTPUT_FILES: &str = "(SELECT id FROM output_file WHERE entity_id IN (SELECT id FROM entity WHERE project_id = $1) \
     OR temporal_entity_id IN (SELECT id FROM entity WHERE project_id = $1) OR asset_instance_id IN \
     (SELECT id FROM asset_instance WHERE asset_id IN (SELECT id FROM entity WHERE project_id = $1) \
     OR scene_id IN (SELECT id FROM entity WHERE project_id = $1)))";
const WORKING_FILES: &str =
    "(SELECT id FROM working_file WHERE entity_id IN (SELECT id FROM entity WHERE project_id = $1))";
const SCHEDULE_VERSIONS: &str = "(SELECT id FROM production_schedule_version WHERE project_id = $1)";
const SCHEDULE_LINKS: &str = "(SELECT id FROM production_schedule_version_task_link WHERE production_schedule_version_id IN \
     (SELECT id FROM production_schedule_version WHERE project_id = $1))";
const FILTER_GROUPS: &str = "(SELECT id FROM search_filter_group WHERE project_id = $1)";
const BUDGETS: &str = "(SELECT id FROM budget WHERE project_id = $1)";
const DESCRIPTORS: &str = "(SELECT id FROM metadata_descriptor WHERE project_id = $1)";
const CHAT_MESSAGES: &str = "(SELECT m.id FROM chat_message m JOIN chat c ON c.id = m.chat_id WHERE c.object_id IN \
     (SELECT id FROM entity WHERE project_id = $1))";
/// The production.
const ITSELF: &str = "(SELECT id FROM project WHERE id = $1)";
/// Uses of assets of the production, and uses in its scenes.
const INSTANCES: &str = "(SELECT id FROM asset_instance WHERE asset_id IN (SELECT id FROM entity WHERE project_id = $1) \
     OR scene_id IN (SELECT id FROM entity WHERE project_id = $1))";

/// Removes a production with everything in it, in the transaction of the work, and tells of the tasks, the movies of
/// playlists and the playlists that go. The event of the production itself is the caller's to emit. Says which stored files
/// nobody needs after the commit.
///
/// # Errors
/// The database refuses; nothing has happened then.
pub async fn remove_project(work: &mut Work<'_>, project_id: Uuid) -> Result<UnneededFiles, Failure> {
    let tasks = format!("SELECT id FROM task WHERE project_id = $1 OR entity_id IN {ENTITIES}");
    let tasks = ids(work, &tasks, project_id).await?;
    let entities = ids(work, "SELECT id FROM entity WHERE project_id = $1", project_id).await?;
    let touched = Touched::by(&**work, &entities).await?;
    // Nobody is told what entities are shown by: they go as well.
    let mut removed = remove(work, &tasks).await?;
    for id in &tasks {
        removed.emit_delete(work, *id);
    }
    removed.settle(work).await?;
    let mut unneeded = removed.unneeded;
    let attachments = format!("SELECT id FROM attachment_file WHERE chat_message_id IN {CHAT_MESSAGES}");
    unneeded.attachments.extend(ids(work, &attachments, project_id).await?);
    // The picture of the production is stored under its id, as those of previews are under theirs.
    unneeded.previews.push(project_id);
    remove_playlists(work, project_id).await?;
    run(
        work,
        "UPDATE project SET from_schedule_version_id = NULL WHERE id = $1",
        project_id,
    )
    .await?;
    for (table, column, list) in FORGETTING_COLUMNS {
        run(
            work,
            &format!("UPDATE {table} SET {column} = NULL WHERE {column} IN {list}"),
            project_id,
        )
        .await?;
    }
    for (table, column, list) in REMOVED {
        run(
            work,
            &format!("DELETE FROM {table} WHERE {column} IN {list}"),
            project_id,
        )
        .await?;
    }
    for table in TABLES_OF_ONE_PRODUCTION {
        run(work, &format!("DELETE FROM {table} WHERE project_id = $1"), project_id).await?;
    }
    run(work, "DELETE FROM project WHERE id = $1", project_id).await?;
    // Other productions cast what this one shared.
    touched.settle(work).await?;
    Ok(unneeded)
}

/// Persons in the team of a production.
///
/// # Errors
/// The database does not answer.
pub async fn team(work: &Work<'_>, project_id: Uuid) -> Result<Vec<Uuid>, Failure> {
    ids(
        work,
        "SELECT person_id FROM project_person_link WHERE project_id = $1",
        project_id,
    )
    .await
}

async fn ids(work: &Work<'_>, text: &str, project_id: Uuid) -> Result<Vec<Uuid>, Failure> {
    Ok(database::read_values(&**work, &Sql::with(text, [project_id.into()])).await?)
}

async fn run(work: &Work<'_>, text: &str, project_id: Uuid) -> Result<(), Failure> {
    database::execute(&**work, &Sql::with(text, [project_id.into()])).await?;
    Ok(())
}

/// Playlists with their movies, share links and notifications.
async fn remove_playlists(work: &mut Work<'_>, project_id: Uuid) -> Result<(), Failure> {
    run(
        work,
        &format!("DELETE FROM notification WHERE playlist_id IN {PLAYLISTS}"),
        project_id,
    )
    .await?;
    let sql = Sql::with(
        format!("SELECT id, playlist_id FROM build_job WHERE playlist_id IN {PLAYLISTS}"),
        [project_id.into()],
    );
    let mut builds: Vec<Uuid> = Vec::new();
    for row in database::rows(&**work, &sql).await? {
        let (id, playlist_id) = (row.try_get("", "id")?, row.try_get("", "playlist_id")?);
        work.emit_in(
            project_id,
            "build-job:delete",
            payload([("build_job_id", id), ("playlist_id", playlist_id)]),
        );
        builds.push(id);
    }
    work.afterwards(move |app| Box::pin(discard_movies(app, builds)));
    for id in ids(work, "SELECT id FROM playlist WHERE project_id = $1", project_id).await? {
        work.emit_in(project_id, "playlist:delete", payload([("playlist_id", id)]));
    }
    for table in ["build_job", "playlist_share_link"] {
        run(
            work,
            &format!("DELETE FROM {table} WHERE playlist_id IN {PLAYLISTS}"),
            project_id,
        )
        .await?;
    }
    run(work, "DELETE FROM playlist WHERE project_id = $1", project_id).await
}

/// Columns that forget what goes: the table, the column, and what it refers to.
const FORGETTING_COLUMNS: [(&str, &str, &str); 9] = [
    ("preview_file", "source_file_id", OUTPUT_FILES),
    ("output_file", "source_file_id", WORKING_FILES),
    ("entity", "parent_id", ENTITIES),
    ("entity", "source_id", ENTITIES),
    ("asset_instance", "target_asset_id", ENTITIES),
    ("asset_instance", "entity_id", ENTITIES),
    ("playlist", "episode_id", ENTITIES),
    ("search_filter", "search_filter_group_id", FILTER_GROUPS),
    (
        "production_schedule_version",
        "production_schedule_from",
        SCHEDULE_VERSIONS,
    ),
];

/// Rows that go, each after those that refer to them: the table, the column, and what it refers to.
const REMOVED: [(&str, &str, &str); 22] = [
    ("output_file", "id", OUTPUT_FILES),
    ("working_file", "id", WORKING_FILES),
    ("asset_instance_link", "entity_id", ENTITIES),
    ("asset_instance_link", "asset_instance_id", INSTANCES),
    ("asset_instance", "id", INSTANCES),
    ("entity_link", "entity_in_id", ENTITIES),
    ("entity_link", "entity_out_id", ENTITIES),
    ("entity_concept_link", "entity_in_id", ENTITIES),
    ("entity_concept_link", "entity_out_id", ENTITIES),
    ("entity_version", "entity_id", ENTITIES),
    ("subscription", "entity_id", ENTITIES),
    ("attachment_file", "chat_message_id", CHAT_MESSAGES),
    ("chat_message", "chat_id", CHATS),
    ("chat_participant", "chat_id", CHATS),
    ("chat", "object_id", ENTITIES),
    ("entity", "id", ENTITIES),
    ("budget_entry", "budget_id", BUDGETS),
    (
        "department_metadata_descriptor_link",
        "metadata_descriptor_id",
        DESCRIPTORS,
    ),
    (
        "production_schedule_version_task_link_person_link",
        "production_schedule_version_task_link_id",
        SCHEDULE_LINKS,
    ),
    (
        "production_schedule_version_task_link",
        "production_schedule_version_id",
        SCHEDULE_VERSIONS,
    ),
    ("search_filter", "project_id", ITSELF),
    ("search_filter_group", "project_id", ITSELF),
];

/// Tables whose rows belong to one production, and to nothing else that is left by then.
const TABLES_OF_ONE_PRODUCTION: [&str; 13] = [
    "budget",
    "metadata_descriptor",
    "milestone",
    "schedule_item",
    "production_schedule_version",
    "project_person_link",
    "project_asset_type_link",
    "project_task_type_software_link",
    "project_task_type_link",
    "project_task_status_link",
    "project_status_automation_link",
    "project_preview_background_file_link",
    "api_event",
];

//! Playlists that nobody keeps: the work on some tasks, to be looked at in the player.

use std::collections::HashMap;

use dailies_definitions::access::ProjectMember;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{TemporaryPlaylist, TemporaryPlaylistEntry};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::played::distinct;
use crate::access::Reach;
use crate::access::previews::OfEntities;
use crate::access::tasks::{READ, relations};
use crate::app::App;
use crate::database::json::{array, write_key};
use crate::database::{self, Database, Sql, write_text, write_uuid};
use crate::previews::revisions::{self, PreviewChoice, PreviewForm, Revision, Which};

/// A task with its entity, and what that is part of.
#[derive(Clone, Debug, FromQueryResult)]
struct Shot {
    task_id: Uuid,
    task_type_id: Option<Uuid>,
    entity_id: Uuid,
    name: String,
    type_id: Uuid,
    type_name: String,
    parent_id: Option<Uuid>,
    parent_name: Option<String>,
    grandparent_name: Option<String>,
}

/// Entries for tasks, and for the tasks that entities stand for.
///
/// # Errors
/// 404 for an unknown task, 403 when the caller may not read one.
pub(super) async fn create(
    app: &App,
    access: &ProjectMember,
    body: TemporaryPlaylist,
    sorted: bool,
) -> Result<Json<Vec<TemporaryPlaylistEntry>>, Failure> {
    let database = &app.database;
    let mut tasks = body.task_ids.unwrap_or_default();
    tasks.extend(of_entities(database, &body.entity_ids.unwrap_or_default()).await?);
    let known = relations(database, access, &tasks).await?;
    for task in &tasks {
        known
            .get(task)
            .ok_or_else(|| Failure::not_found().naming("task_ids"))?
            .require(&READ)?;
    }
    let found = shots(database, &tasks).await?;
    let mut shots: Vec<&Shot> = tasks.iter().filter_map(|id| found.get(id)).collect();
    if sorted {
        shots.sort_by_key(|shot| shot.place());
    }
    let entities = distinct(shots.iter().map(|shot| shot.entity_id));
    let here = Some(access.project_id());
    // The role in this production does not count in the productions of other tasks.
    let listed = if known.values().all(|task| task.project_id == here) {
        OfEntities::within(access, access.project_id(), access.role())
    } else {
        OfEntities::across(Reach::teams(database, access).await?)
    };
    let revisions = revisions::find(
        database,
        Which::OfEntities(&entities, &listed),
        PreviewForm::Listed,
        PreviewChoice::Firsts,
    )
    .await?;
    let pipeline = pipeline(database, access.project_id(), tasks.first().copied()).await?;
    let entries: Vec<Vec<u8>> = shots
        .iter()
        .map(|shot| shot.entry(revisions.get(&shot.entity_id).map_or(&[], Vec::as_slice), &pipeline))
        .collect();
    Ok(Json::written(array(entries.iter().map(Vec::as_slice))))
}

#[derive(FromQueryResult)]
struct Commented {
    entity_id: Uuid,
    task_id: Uuid,
}

/// The tasks that entities stand for, in the order of the entities: of those with a preview the last commented one.
async fn of_entities(database: &Database, entities: &[Uuid]) -> Result<Vec<Uuid>, Failure> {
    if entities.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(
        "SELECT o.entity_id, o.task_id FROM (SELECT t.entity_id, t.id AS task_id, ROW_NUMBER() OVER (PARTITION BY t.entity_id \
         ORDER BY CASE WHEN t.last_comment_date IS NULL THEN 1 ELSE 0 END, t.last_comment_date DESC, t.created_at, t.id) AS place \
         FROM task t WHERE EXISTS (SELECT 1 FROM preview_file p WHERE p.task_id = t.id) AND t.entity_id",
    );
    sql.among(entities).push(") o WHERE o.place = 1");
    let found: HashMap<Uuid, Uuid> = database::read_all::<Commented>(database, &sql)
        .await?
        .into_iter()
        .map(|row| (row.entity_id, row.task_id))
        .collect();
    Ok(entities.iter().filter_map(|id| found.get(id).copied()).collect())
}

async fn shots(database: &Database, tasks: &[Uuid]) -> Result<HashMap<Uuid, Shot>, Failure> {
    let mut sql = Sql::new(
        "SELECT t.id AS task_id, t.task_type_id, e.id AS entity_id, e.name, k.id AS type_id, k.name AS type_name, pa.id AS parent_id, \
         pa.name AS parent_name, gp.name AS grandparent_name FROM task t JOIN entity e ON e.id = t.entity_id \
         JOIN entity_type k ON k.id = e.entity_type_id LEFT JOIN entity pa ON pa.id = e.parent_id LEFT JOIN entity gp ON gp.id = pa.parent_id \
         WHERE t.id",
    );
    sql.among(tasks);
    Ok(database::read_all::<Shot>(database, &sql)
        .await?
        .into_iter()
        .map(|shot| (shot.task_id, shot))
        .collect())
}

/// The task types of a production for the kind of entity that the first task is for, in the order of the pipeline.
async fn pipeline(database: &Database, project_id: Uuid, first: Option<Uuid>) -> Result<Vec<Uuid>, Failure> {
    let Some(first) = first else { return Ok(Vec::new()) };
    let sql = Sql::with(
        "SELECT l.task_type_id FROM project_task_type_link l JOIN task_type k ON k.id = l.task_type_id \
         WHERE l.project_id = $1 AND k.for_entity = (SELECT o.for_entity FROM task t JOIN task_type o ON o.id = t.task_type_id WHERE t.id = $2) \
         ORDER BY COALESCE(l.priority, 0) DESC, k.name, k.id",
        [project_id.into(), first.into()],
    );
    database::rows(database, &sql)
        .await?
        .iter()
        .map(|row| Ok(row.try_get("", "task_type_id")?))
        .collect()
}

impl Shot {
    /// Episode, sequence and asset type, as texts to order by, and the name.
    fn place(&self) -> [String; 4] {
        let text = |name: &Option<String>| name.clone().unwrap_or_default();
        let none = String::new;
        match self.type_name.as_str() {
            "Shot" => [
                text(&self.grandparent_name),
                text(&self.parent_name),
                none(),
                self.name.clone(),
            ],
            "Sequence" | "Edit" => [text(&self.parent_name), none(), none(), self.name.clone()],
            "Episode" => [self.name.clone(), none(), none(), self.name.clone()],
            _ => [none(), none(), self.type_name.clone(), self.name.clone()],
        }
    }

    /// Parent of the entity: the words before `_id` and `_name`, and what they hold.
    fn parent(&self) -> Option<(&'static str, Uuid, &str)> {
        let parent = |word| Some((word, self.parent_id?, self.parent_name.as_deref().unwrap_or_default()));
        match self.type_name.as_str() {
            "Shot" => parent("sequence"),
            "Sequence" | "Edit" => parent("episode"),
            "Episode" => None,
            _ => Some(("asset_type", self.type_id, &self.type_name)),
        }
    }

    fn entry(&self, revisions: &[Revision], pipeline: &[Uuid]) -> Vec<u8> {
        let mut out = b"{\"id\":".to_vec();
        write_uuid(&mut out, self.entity_id);
        out.extend_from_slice(b",\"name\":");
        write_text(&mut out, &self.name);
        out.extend_from_slice(b",\"preview_file_task_id\":");
        write_uuid(&mut out, self.task_id);
        let parent = self.parent();
        out.extend_from_slice(b",\"parent_name\":");
        write_text(&mut out, parent.map_or("", |(_, _, name)| name));
        for word in ["episode", "sequence", "asset_type"] {
            let (id, name) = match parent {
                Some((fitting, id, name)) if fitting == word => (id.to_string(), name),
                _ => (String::new(), ""),
            };
            out.extend_from_slice(format!(",\"{word}_id\":\"{id}\",\"{word}_name\":").as_bytes());
            write_text(&mut out, name);
        }
        if let Some(revision) = self.shown(revisions, pipeline) {
            write_key(
                &mut out,
                "preview_file_id",
                Some(format!("\"{}\"", revision.id).as_bytes()),
            );
            revision.write_shown(&mut out, revision.id);
        }
        write_key(&mut out, "preview_files", Some(&revisions::by_task_type(revisions)));
        out.push(b'}');
        out
    }

    /// The revision to begin with: the latest of the task, or else the latest of the first task type in the pipeline.
    fn shown<'a>(&self, revisions: &'a [Revision], pipeline: &[Uuid]) -> Option<&'a Revision> {
        let own = revisions.iter().find(|revision| revision.task_id == self.task_id);
        let same_type = || {
            revisions
                .iter()
                .find(|revision| Some(revision.task_type_id) == self.task_type_id)
        };
        let next = || {
            pipeline
                .iter()
                .find_map(|id| revisions.iter().find(|revision| revision.task_type_id == *id))
        };
        own.or_else(same_type).or_else(next)
    }
}

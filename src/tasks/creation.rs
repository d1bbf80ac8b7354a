//! New tasks: for many entities at once, or for several task types of one entity.

use std::collections::{HashMap, HashSet};

use dailies_definitions::access::{Caller, EntityReader};
use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, QueryResult, Value};
use uuid::Uuid;

use super::pipeline::{Candidate, Pipeline, TaskedEntity};
use super::rows;
use super::selection::{Among, Selection};
use super::statuses::{self, Status};
use crate::access::ProjectRole;
use crate::access::entities::{CREATE_TASKS, EntityRelation};
use crate::access::task_mask::TaskMask;
use crate::app::App;
use crate::database::json;
use crate::database::{self, BATCH, Sql, write_text};
use crate::events::{Work, payload};
use crate::readiness;
use crate::vocabulary::kinds::EntityKind;

/// A task type as new tasks show it.
#[derive(FromQueryResult)]
struct TaskType {
    id: Uuid,
    name: String,
    color: Option<String>,
    priority: Option<i32>,
    for_entity: Option<String>,
}

impl TaskType {
    fn candidate(&self) -> Candidate<'_> {
        Candidate {
            id: self.id,
            for_entity: self.for_entity.as_deref(),
        }
    }
}

/// Creates a task of one type for each of the entities that has none, and gives the new ones as JSON. Any task type may be named:
/// pipelines give concepts the types of assets, and scenes those of shots.
///
/// # Errors
/// 404 for an unknown task type, and for ids that are not of such entities.
pub async fn for_entities(
    app: &App,
    caller: &Caller,
    project_id: Uuid,
    task_type_id: Uuid,
    among: &Among,
    selection: Selection,
) -> Result<Vec<u8>, Failure> {
    let work = Work::begin(app, caller).await?;
    let task_type = task_types(&*work, Some(task_type_id))
        .await?
        .remove(&task_type_id)
        .ok_or_else(Failure::not_found)?;
    let entities = match selection {
        Selection::Named(ids) => named_entities(&work, project_id, among, &ids).await?,
        Selection::Matching(criteria) => {
            let names_one = criteria.iter().any(|(column, _)| *column == "id");
            let mut all = matching_entities(&work, project_id, among, criteria).await?;
            // Of all the assets of a production, those get tasks whose workflow has the task type.
            if !names_one {
                let pipeline = Pipeline::find(&*work, project_id).await?;
                all.retain(|entity| pipeline.has_in_workflow(task_type_id, entity.target()));
            }
            all
        }
    };
    let concepts = entities
        .first()
        .is_some_and(|entity| entity.kind == EntityKind::Concept);
    let sql = Sql::with(
        "SELECT DISTINCT entity_id FROM task WHERE project_id = $1 AND task_type_id = $2 AND entity_id IS NOT NULL",
        [project_id.into(), task_type_id.into()],
    );
    let served: HashSet<Uuid> = database::read_values::<Uuid>(&*work, &sql).await?.into_iter().collect();
    let wanted: Vec<(Uuid, Uuid)> = entities
        .iter()
        .filter(|entity| !served.contains(&entity.id))
        .map(|entity| (entity.id, task_type_id))
        .collect();
    create(
        work,
        caller,
        project_id,
        &wanted,
        concepts,
        &HashMap::from([(task_type_id, task_type)]),
    )
    .await
}

/// An entity that gets tasks.
#[derive(Clone, Copy)]
struct Entity {
    id: Uuid,
    entity_type_id: Uuid,
    kind: EntityKind,
}

impl FromQueryResult for Entity {
    fn from_query_result(row: &QueryResult, pre: &str) -> Result<Self, DbErr> {
        let kind = EntityKind::of_type(&row.try_get::<String>(pre, "type_name")?);
        Ok(Self {
            id: row.try_get(pre, "id")?,
            entity_type_id: row.try_get(pre, "entity_type_id")?,
            kind,
        })
    }
}

impl Entity {
    fn target(&self) -> TaskedEntity {
        TaskedEntity {
            kind: self.kind,
            entity_type_id: self.entity_type_id,
        }
    }
}

/// Entities named by their ids, without those of other productions. An unknown one is named by its place in the body.
async fn named_entities(
    work: &Work<'_>,
    project_id: Uuid,
    among: &Among,
    ids: &[Uuid],
) -> Result<Vec<Entity>, Failure> {
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        let mut sql = Sql::new(
            "SELECT e.id, e.project_id, e.entity_type_id, k.name AS type_name FROM entity e JOIN entity_type k ON k.id = e.entity_type_id WHERE e.id IN ",
        );
        sql.bind_list(ids.iter().copied());
        for row in database::rows(&**work, &sql).await? {
            let entity = Entity::from_query_result(&row, "")?;
            let fits = match among {
                Among::Kind(wanted) => entity.kind == *wanted,
                Among::Type(wanted) => entity.entity_type_id == *wanted,
            };
            if fits {
                found.insert(entity.id, (row.try_get::<Uuid>("", "project_id")?, entity));
            }
        }
    }
    let mut entities = Vec::with_capacity(ids.len());
    let mut seen = HashSet::with_capacity(ids.len());
    for (place, id) in ids.iter().enumerate() {
        let (project, entity) = found
            .get(id)
            .ok_or_else(|| Failure::not_found().naming(place.to_string()))?;
        if *project == project_id && seen.insert(*id) {
            entities.push(*entity);
        }
    }
    Ok(entities)
}

async fn matching_entities(
    work: &Work<'_>,
    project_id: Uuid,
    among: &Among,
    criteria: Vec<(&'static str, Value)>,
) -> Result<Vec<Entity>, Failure> {
    let mut sql = Sql::new(
        "SELECT e.id, e.entity_type_id, k.name AS type_name FROM entity e JOIN entity_type k ON k.id = e.entity_type_id WHERE e.project_id = ",
    );
    sql.bind(project_id).push(" AND ");
    match among {
        Among::Kind(kind) => sql.push(&kind.condition("e.entity_type_id")),
        Among::Type(id) => sql.push("e.entity_type_id = ").bind(*id),
    };
    for (column, value) in criteria {
        sql.push(&format!(" AND e.{column} = ")).bind(value);
    }
    sql.push(" ORDER BY e.name, e.id");
    Ok(database::read_all(&**work, &sql).await?)
}

/// A task that is about to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewTask {
    pub id: Uuid,
    pub entity_id: Uuid,
    pub task_type_id: Uuid,
}

/// Stores tasks that nobody does yet. Whoever makes them tells of each at its place among the events.
///
/// # Errors
/// The database refuses.
pub async fn insert(
    work: &Work<'_>,
    caller: &Caller,
    project_id: Uuid,
    status_id: Uuid,
    tasks: &[NewTask],
) -> Result<(), Failure> {
    let row = |task: &NewTask| {
        vec![
            ("id", task.id.into()),
            ("name", "main".into()),
            ("project_id", project_id.into()),
            ("task_type_id", task.task_type_id.into()),
            ("task_status_id", status_id.into()),
            ("entity_id", task.entity_id.into()),
            ("assigner_id", caller.person.id.into()),
        ]
    };
    Ok(database::insert_many(&**work, &entity::task::TABLE, tasks.iter().map(row).collect()).await?)
}

/// Stores tasks of these entities and types, and gives them as JSON.
async fn create(
    mut work: Work<'_>,
    caller: &Caller,
    project_id: Uuid,
    wanted: &[(Uuid, Uuid)],
    concepts: bool,
    types: &HashMap<Uuid, TaskType>,
) -> Result<Vec<u8>, Failure> {
    if wanted.is_empty() {
        return Ok(b"[]".to_vec());
    }
    let status_id = statuses::default_status(&mut work, concepts).await?;
    let status = statuses::all(&*work)
        .await?
        .remove(&status_id)
        .ok_or_else(Failure::not_found)?;
    let new: Vec<NewTask> = wanted
        .iter()
        .map(|(entity_id, task_type_id)| NewTask {
            id: Uuid::new_v4(),
            entity_id: *entity_id,
            task_type_id: *task_type_id,
        })
        .collect();
    for task in &new {
        work.emit_in(project_id, "task:new", payload([("task_id", task.id)]));
    }
    insert(&work, caller, project_id, status_id, &new).await?;
    let entities: Vec<Uuid> = wanted.iter().map(|(entity_id, _)| *entity_id).collect();
    readiness::shots_changed(&mut work, &entities).await?;
    let ids: Vec<Uuid> = new.iter().map(|task| task.id).collect();
    let mut tasks = rows::tasks(&*work, &TaskMask::in_teams(&*work, caller).await?, &ids, false).await?;
    work.finish().await?;
    for (text, (_, task_type_id)) in tasks.iter_mut().zip(wanted) {
        write_names(text, &status, types.get(task_type_id));
    }
    Ok(json::array(tasks.iter().map(Vec::as_slice)))
}

/// Writes the names of its status and its type behind a task, and that nobody does it.
fn write_names(task: &mut Vec<u8>, status: &Status, task_type: Option<&TaskType>) {
    task.pop();
    task.extend_from_slice(b",\"assignees\":[]");
    write_field(task, "task_status_name", Some(&status.name));
    write_field(task, "task_status_short_name", Some(&status.short_name));
    write_field(task, "task_status_color", Some(&status.color));
    write_field(task, "task_type_name", task_type.map(|kind| kind.name.as_str()));
    write_field(
        task,
        "task_type_color",
        task_type.and_then(|kind| kind.color.as_deref()),
    );
    let priority = task_type
        .and_then(|kind| kind.priority)
        .map(|priority| priority.to_string());
    json::write_key(task, "task_type_priority", priority.as_deref().map(str::as_bytes));
    task.push(b'}');
}

fn write_field(out: &mut Vec<u8>, key: &str, value: Option<&str>) {
    let mut text = Vec::new();
    if let Some(value) = value {
        write_text(&mut text, value);
    }
    json::write_key(out, key, value.map(|_| text.as_slice()));
}

async fn task_types(connection: &impl ConnectionTrait, only: Option<Uuid>) -> Result<HashMap<Uuid, TaskType>, Failure> {
    let mut sql = Sql::new("SELECT id, name, color, priority, for_entity FROM task_type");
    if let Some(id) = only {
        sql.push(" WHERE id = ").bind(id);
    }
    let types: Vec<TaskType> = database::read_all(connection, &sql).await?;
    Ok(types.into_iter().map(|task_type| (task_type.id, task_type)).collect())
}

/// The entity that gets tasks, its production, and who made it.
async fn find_entity(connection: &impl ConnectionTrait, id: Uuid) -> Result<(Entity, Uuid, Option<Uuid>), Failure> {
    let sql = Sql::with(
        "SELECT e.id, e.project_id, e.entity_type_id, k.name AS type_name, e.created_by FROM entity e JOIN entity_type k ON k.id = e.entity_type_id WHERE e.id = $1",
        [id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    Ok((
        Entity::from_query_result(&row, "")?,
        row.try_get("", "project_id")?,
        row.try_get("", "created_by")?,
    ))
}

/// Creates tasks of these types, or of all that fit, for one entity, and gives the new ones as JSON.
///
/// # Errors
/// 403 for clients, vendors, and artists who neither work on concepts nor created the entity; 404 for an unknown task
/// type; 400 for one that does not fit.
pub async fn for_entity(
    app: &App,
    access: &EntityReader,
    entity_id: Uuid,
    task_type_ids: &[Uuid],
) -> Result<Vec<u8>, Failure> {
    let work = Work::begin(app, access).await?;
    let (entity, project_id, created_by) = find_entity(&*work, entity_id).await?;
    let pipeline = Pipeline::find(&*work, project_id).await?;
    let role = ProjectRole {
        role: access.role(),
        in_team: true,
    };
    // Concepts are everybody's.
    let creator = if entity.kind == EntityKind::Concept {
        Some(access.person.id)
    } else {
        created_by
    };
    if !EntityRelation::of_creator(access, access.project_id(), role, creator).allows(&CREATE_TASKS) {
        return Err(Failure::forbidden());
    }
    let types = task_types(&*work, None).await?;
    let mut wanted = fitting_types(&pipeline, &types, entity.target(), task_type_ids)?;
    let sql = Sql::with(
        "SELECT task_type_id FROM task WHERE entity_id = $1 AND name = 'main'",
        [entity_id.into()],
    );
    let served: HashSet<Option<Uuid>> = database::read_values::<Option<Uuid>>(&*work, &sql)
        .await?
        .into_iter()
        .collect();
    wanted.retain(|id| !served.contains(&Some(*id)));
    let wanted: Vec<(Uuid, Uuid)> = wanted.into_iter().map(|id| (entity_id, id)).collect();
    create(
        work,
        access,
        project_id,
        &wanted,
        entity.kind == EntityKind::Concept,
        &types,
    )
    .await
}

/// The named task types, each once, or all of the production that fit where none is named.
///
/// # Errors
/// 404 for an unknown task type, 400 for one that does not fit.
fn fitting_types(
    pipeline: &Pipeline,
    types: &HashMap<Uuid, TaskType>,
    target: TaskedEntity,
    named: &[Uuid],
) -> Result<Vec<Uuid>, Failure> {
    if named.is_empty() {
        let fits = |id: &&Uuid| {
            types
                .get(id)
                .is_some_and(|task_type| pipeline.refusal(task_type.candidate(), target).is_none())
        };
        return Ok(pipeline.enabled.iter().filter(fits).copied().collect());
    }
    let mut fitting = Vec::with_capacity(named.len());
    for id in named {
        let task_type = types
            .get(id)
            .ok_or_else(|| Failure::not_found().naming("task_type_ids"))?;
        if let Some(message) = pipeline.refusal(task_type.candidate(), target) {
            return Err(Failure::parameter(message).naming("task_type_ids"));
        }
        if !fitting.contains(id) {
            fitting.push(*id);
        }
    }
    Ok(fitting)
}

//! A task with all that belongs to it.

use std::collections::HashMap;

use dailies_definitions::access::{Caller, TaskReader};
use dailies_definitions::failure::Failure;
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::rows::{self, TEXT, array, id_lists, write_key, write_list};
use crate::access::Reach;
use crate::access::persons::sees_whole;
use crate::app::App;
use crate::database::{self, Field, RecordWriter, Sql};
use crate::entities::kinds::EntityKind;
use crate::entities::metadata::DataMask;
use crate::notifications::subscriptions;
use crate::people::HIDDEN_COLUMNS;

const FULL_NAME: &str = "TRIM(a.first_name || ' ' || a.last_name)";

/// What everybody sees of a person.
const SUMMARY: [(&str, &str, Kind); 10] = [
    ("id", "a.id", Kind::Uuid),
    ("first_name", "a.first_name", TEXT),
    ("last_name", "a.last_name", TEXT),
    ("full_name", FULL_NAME, TEXT),
    ("has_avatar", "a.has_avatar", Kind::Bool),
    ("active", "a.active", Kind::Bool),
    ("studio_id", "a.studio_id", Kind::Uuid),
    ("role", "a.role", TEXT),
    ("desktop_login", "a.desktop_login", TEXT),
    ("is_bot", "a.is_bot", Kind::Bool),
];

/// Persons as the caller may see them, by id: whole records for administrators and managers of the studio, short ones
/// for others.
///
/// # Errors
/// The database does not answer.
pub async fn persons(connection: &impl ConnectionTrait, caller: &Caller, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<u8>>, DbErr> {
    let whole = sees_whole(caller);
    let writer = if whole {
        let columns = RecordWriter::of(&entity::person::TABLE, "a", "Person", |column| !HIDDEN_COLUMNS.contains(&column));
        columns.with(&[(FULL_NAME, "full_name", TEXT)])
    } else {
        RecordWriter::select(SUMMARY.map(|(key, expression, kind)| (expression.to_owned(), Field::new(key, kind))), Some("Person"))
    };
    let mut sql = Sql::new("SELECT person_id, department_id FROM department_link WHERE person_id IN ");
    sql.bind_list(ids.iter().copied());
    let departments = id_lists(connection, &sql).await?;
    let mut sql = Sql::new(format!("SELECT {}, a.id FROM person a WHERE a.id IN ", writer.columns()));
    sql.bind_list(ids.iter().copied());
    let mut found = HashMap::new();
    for row in database::rows(connection, &sql).await? {
        let id = row.try_get_by_index(writer.width())?;
        let mut out = Vec::with_capacity(1024);
        writer.write_open(&mut out, &row)?;
        write_list(&mut out, "departments", &departments, id);
        out.push(b'}');
        found.insert(id, out);
    }
    Ok(found)
}

/// The ids that a task names.
#[derive(Clone, Debug)]
pub struct Links {
    pub project_id: Option<Uuid>,
    pub entity_id: Option<Uuid>,
    pub entity_type_id: Option<Uuid>,
    /// Name of the entity type.
    pub kind: Option<String>,
    /// Parent of the entity.
    pub parent_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
    pub task_status_id: Option<Uuid>,
    pub assigner_id: Option<Uuid>,
}

impl Links {
    /// What a task names.
    ///
    /// # Errors
    /// 404 when there is no such task.
    pub async fn find(connection: &impl ConnectionTrait, task_id: Uuid) -> Result<Self, Failure> {
        let sql = Sql::with(
            "SELECT t.project_id, t.entity_id, e.entity_type_id, k.name, e.parent_id, t.task_type_id, t.task_status_id, t.assigner_id \
             FROM task t LEFT JOIN entity e ON e.id = t.entity_id LEFT JOIN entity_type k ON k.id = e.entity_type_id WHERE t.id = $1",
            [task_id.into()],
        );
        let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
        Ok(Self {
            project_id: row.try_get_by_index(0)?,
            entity_id: row.try_get_by_index(1)?,
            entity_type_id: row.try_get_by_index(2)?,
            kind: row.try_get_by_index(3)?,
            parent_id: row.try_get_by_index(4)?,
            task_type_id: row.try_get_by_index(5)?,
            task_status_id: row.try_get_by_index(6)?,
            assigner_id: row.try_get_by_index(7)?,
        })
    }

    /// Writes entity, entity type and production.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn write_place(&self, connection: &impl ConnectionTrait, out: &mut Vec<u8>, mask: Option<&DataMask>) -> Result<(), DbErr> {
        let entity = match self.entity_id {
            Some(id) => entity_as_seen(connection, id, EntityKind::of_type(self.kind.as_deref().unwrap_or_default()), mask).await?,
            None => None,
        };
        write_key(out, "entity", entity.as_deref());
        write_record(connection, out, "entity_type", &entity::entity_type::TABLE, "EntityType", self.entity_type_id).await?;
        write_record(connection, out, "project", &entity::project::TABLE, "Project", self.project_id).await
    }
}

/// An entity without the metadata that the caller may not see.
async fn entity_as_seen(connection: &impl ConnectionTrait, id: Uuid, kind: EntityKind, mask: Option<&DataMask>) -> Result<Option<Vec<u8>>, DbErr> {
    let mut record = rows::record(connection, &entity::entity::TABLE, "Entity", id).await?;
    if let (Some(record), Some(mask)) = (&mut record, mask) {
        mask.apply_as(record, kind);
    }
    Ok(record)
}

async fn write_record(
    connection: &impl ConnectionTrait,
    out: &mut Vec<u8>,
    key: &str,
    table: &'static entity::facts::Table,
    kind: &str,
    id: Option<Uuid>,
) -> Result<(), DbErr> {
    let record = match id {
        Some(id) => rows::record(connection, table, kind, id).await?,
        None => None,
    };
    write_key(out, key, record.as_deref());
    Ok(())
}

/// A task with all that belongs to it, as JSON.
///
/// # Errors
/// 404 when there is no such task.
pub async fn get(app: &App, access: &TaskReader, task_id: Uuid) -> Result<Vec<u8>, Failure> {
    let connection = app.database.read();
    let links = Links::find(connection, task_id).await?;
    let mut out = rows::task(connection, task_id).await?;
    out.pop();
    let mask = DataMask::of_reach(connection, &Reach::within(access, access.project_id(), access.role())).await?;
    links.write_place(connection, &mut out, mask.as_ref()).await?;
    write_record(connection, &mut out, "task_status", &entity::task_status::TABLE, "TaskStatus", links.task_status_id).await?;
    write_record(connection, &mut out, "task_type", &entity::task_type::TABLE, "TaskType", links.task_type_id).await?;
    let follows = subscriptions::follows(connection, access.person.id, task_id).await?;
    write_key(&mut out, "is_subscribed", Some(if follows { b"true" } else { b"false" }));
    let sql = Sql::with("SELECT person_id FROM task_person_link WHERE task_id = $1 ORDER BY person_id", [task_id.into()]);
    let mut assignees: Vec<Uuid> = Vec::new();
    for row in database::rows(connection, &sql).await? {
        assignees.push(row.try_get_by_index(0)?);
    }
    let everybody: Vec<Uuid> = assignees.iter().copied().chain(links.assigner_id).collect();
    let known = persons(connection, access, &everybody).await?;
    let doers = array(assignees.iter().filter_map(|id| known.get(id)).map(Vec::as_slice));
    write_key(&mut out, "persons", Some(&doers));
    if let Some(assigner) = links.assigner_id.and_then(|id| known.get(&id)) {
        write_key(&mut out, "assigner", Some(assigner));
    }
    write_parents(connection, &mut out, &links, mask.as_ref()).await?;
    out.push(b'}');
    Ok(out)
}

/// Writes the sequence of an entity that has one, and the episode of that.
async fn write_parents(connection: &impl ConnectionTrait, out: &mut Vec<u8>, links: &Links, mask: Option<&DataMask>) -> Result<(), DbErr> {
    let kind = links.kind.as_deref().map(EntityKind::of_type);
    let sequence = match (kind, links.parent_id) {
        (Some(EntityKind::Shot | EntityKind::Scene), Some(parent)) => Some(parent),
        (Some(EntityKind::Sequence), Some(_)) => links.entity_id,
        _ => None,
    };
    let Some(sequence) = sequence else { return Ok(()) };
    let Some(record) = entity_as_seen(connection, sequence, EntityKind::Sequence, mask).await? else { return Ok(()) };
    write_key(out, "sequence", Some(&record));
    let sql = Sql::with("SELECT parent_id FROM entity WHERE id = $1", [sequence.into()]);
    let parent = database::row(connection, &sql).await?.map(|row| row.try_get_by_index::<Option<Uuid>>(0)).transpose()?.flatten();
    if let Some(parent) = parent
        && let Some(record) = entity_as_seen(connection, parent, EntityKind::Episode, mask).await?
    {
        write_key(out, "episode", Some(&record));
    }
    Ok(())
}

//! A task with its entity, production, type, status and persons, in one answer.

use std::collections::HashMap;

use dailies_definitions::access::{Caller, TaskReader};
use dailies_definitions::failure::Failure;
use entity::facts::{Kind, Table};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult};
use uuid::Uuid;

use super::rows::task_writer;
use crate::access::data_mask::DataMask;
use crate::access::persons::{sees_whole, whole_record};
use crate::access::plans::PlanMask;
use crate::access::{Reach, metadata};
use crate::app::App;
use crate::database::dialect::{json_ids, json_of};
use crate::database::json::{TEXT, array, write_key};
use crate::database::{self, Field, NestedWriter, RecordWriter, SelectList, Sql};
use crate::vocabulary::kinds::EntityKind;

const FULL_NAME: &str = "TRIM(a.first_name || ' ' || a.last_name)";

/// Columns that everybody sees of a person.
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
pub async fn persons(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<u8>>, DbErr> {
    let mut condition = Sql::default();
    condition.bind_list(ids.iter().copied());
    persons_in(connection, caller, condition).await
}

/// The persons whose ids are in a list or query, in the same way.
async fn persons_in(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    ids: Sql,
) -> Result<HashMap<Uuid, Vec<u8>>, DbErr> {
    let whole = sees_whole(caller);
    let writer = if whole {
        whole_record(caller, "a").with(&[(FULL_NAME, "full_name", TEXT)])
    } else {
        RecordWriter::select(
            SUMMARY.map(|(key, expression, kind)| (expression.to_owned(), Field::new(key, kind))),
            Some("Person"),
        )
    };
    let departments = json_ids(
        connection.get_database_backend(),
        "d.department_id",
        "department_link d WHERE d.person_id = a.id",
    );
    let sql = ids.before(&format!(
        "SELECT {}, a.id AS person_id, {departments} AS departments FROM person a WHERE a.id IN ",
        writer.columns()
    ));
    let mut found = HashMap::new();
    for row in database::rows(connection, &sql).await? {
        let mut out = Vec::with_capacity(1024);
        writer.write_open(&mut out, &row)?;
        write_key(&mut out, "departments", Some(&json_of(&row, "departments")?));
        out.push(b'}');
        found.insert(row.try_get("", "person_id")?, out);
    }
    Ok(found)
}

/// A record that a task `t` is answered with: its key, its table, what the query calls it, and the name of its type.
type Joined = (&'static str, &'static Table, &'static str, &'static str);

/// Place of a task.
const PLACE: [Joined; 3] = [
    ("entity", &entity::entity::TABLE, "e", "Entity"),
    ("entity_type", &entity::entity_type::TABLE, "k", "EntityType"),
    ("project", &entity::project::TABLE, "p", "Project"),
];

/// Position of its entity among these.
const ENTITY: usize = 0;

/// Position of its production.
const PRODUCTION: usize = 2;

/// Type and status of a task.
const STATE: [Joined; 2] = [
    ("task_status", &entity::task_status::TABLE, "s", "TaskStatus"),
    ("task_type", &entity::task_type::TABLE, "y", "TaskType"),
];

/// Parents of its entity: only those that are there are answered.
const PARENTS: [Joined; 2] = [
    ("sequence", &entity::entity::TABLE, "q", "Sequence"),
    ("episode", &entity::entity::TABLE, "x", "Episode"),
];

/// The kinds of these.
const PARENT_KINDS: [EntityKind; 2] = [EntityKind::Sequence, EntityKind::Episode];

/// The query of a task with all of these. The sequence is that of a shot or scene, or the entity itself where it is one in an
/// episode.
const FROM: &str = "FROM task t LEFT JOIN entity e ON e.id = t.entity_id LEFT JOIN entity_type k ON k.id = e.entity_type_id \
    LEFT JOIN project p ON p.id = t.project_id LEFT JOIN task_status s ON s.id = t.task_status_id LEFT JOIN task_type y ON y.id = t.task_type_id \
    LEFT JOIN entity q ON q.id = CASE WHEN k.name IN ('Shot', 'Scene') THEN e.parent_id \
    WHEN k.name = 'Sequence' AND e.parent_id IS NOT NULL THEN e.id END LEFT JOIN entity x ON x.id = q.parent_id";

/// Writes a task with records that it names.
struct TaskWriter {
    list: SelectList,
    task: RecordWriter,
    joined: Vec<NestedWriter>,
}

impl TaskWriter {
    fn new(joined: impl IntoIterator<Item = Joined>) -> Self {
        let task = task_writer();
        let mut list = SelectList::of_record(&task);
        let writer =
            |(key, table, alias, type_name): Joined| NestedWriter::new(key, table, alias, type_name, &mut list);
        let joined = joined.into_iter().map(writer).collect();
        Self { list, task, joined }
    }

    /// Columns that the query selects: the kind of the entity, and the metadata that the caller may not see, come last.
    fn columns(&self, sql: &mut Sql, backend: DbBackend, access: &TaskReader) -> String {
        let reach = Reach::within(access, access.project_id(), access.role());
        format!(
            "{}, k.name AS kind_name, {}",
            self.list,
            metadata::hidden_column(sql, backend, &reach)
        )
    }

    /// Writes the task and so many of its records, without the closing brace; null stands for one that is not there.
    fn write_open(&self, row: &QueryResult, count: usize, mask: Option<&DataMask>) -> Result<Vec<u8>, DbErr> {
        let mut out = Vec::with_capacity(16 * 1024);
        self.task.write_open(&mut out, row)?;
        if let Some(mask) = mask {
            out.push(b'}');
            mask.apply_to_task(&mut out, 0);
            out.pop();
        }
        let kind: Option<String> = row.try_get("", "kind_name")?;
        let kind = EntityKind::of_type(kind.as_deref().unwrap_or_default());
        for (at, writer) in self.joined.iter().take(count).enumerate() {
            let start = out.len() + writer.key_width();
            writer.write(&mut out, row)?;
            match (mask, at) {
                (Some(mask), ENTITY) => mask.apply_as(&mut out, start, kind),
                (Some(mask), PRODUCTION) => mask.apply_to_production(&mut out, start),
                _ => {}
            }
        }
        Ok(out)
    }
}

/// A task with its entity, entity type and production, as a JSON object without its closing brace.
///
/// # Errors
/// 404 when there is no such task.
pub async fn in_place(
    connection: &impl ConnectionTrait,
    access: &TaskReader,
    task_id: Uuid,
) -> Result<Vec<u8>, Failure> {
    let writer = TaskWriter::new(PLACE);
    let mut sql = Sql::default();
    let columns = writer.columns(&mut sql, connection.get_database_backend(), access);
    sql.push(&format!("SELECT {columns} {FROM} WHERE t.id = "))
        .bind(task_id);
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = writer.write_open(&row, PLACE.len(), DataMask::read(&row)?.as_ref())?;
    if let Some(plans) = PlanMask::of(&Reach::within(access, access.project_id(), access.role())) {
        out.push(b'}');
        plans.apply(&mut out, 0);
        out.pop();
    }
    Ok(out)
}

/// A task with its entity, production, type, status, assigner and assignees, as JSON.
///
/// # Errors
/// 404 when there is no such task.
pub async fn get(app: &App, access: &TaskReader, task_id: Uuid) -> Result<Vec<u8>, Failure> {
    let connection = &app.database;
    let writer = TaskWriter::new(PLACE.into_iter().chain(STATE).chain(PARENTS));
    let backend = connection.get_database_backend();
    let assignees = json_ids(backend, "w.person_id", "task_person_link w WHERE w.task_id = t.id");
    let mut sql = Sql::default();
    let (task, person, columns) = (
        sql.slot(task_id),
        sql.slot(access.person.id),
        writer.columns(&mut sql, backend, access),
    );
    sql.push(&format!(
        "SELECT {columns}, t.assigner_id AS assigner, {assignees} AS assignees, \
         EXISTS (SELECT 1 FROM subscription u WHERE u.task_id = t.id AND u.person_id = {person}) AS is_subscribed {FROM} WHERE t.id = {task}"
    ));
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    let plans = PlanMask::of(&Reach::within(access, access.project_id(), access.role()));
    let assignees = if plans.is_some() {
        b"[]".to_vec()
    } else {
        json_of(&row, "assignees")?
    };
    let mask = DataMask::read(&row)?;
    let mut out = writer.write_open(&row, PLACE.len() + STATE.len(), mask.as_ref())?;
    write_key(&mut out, "assignees", Some(&assignees));
    write_key(
        &mut out,
        "is_subscribed",
        Some(if row.try_get("", "is_subscribed")? {
            b"true"
        } else {
            b"false"
        }),
    );
    let known = if plans.is_some() {
        HashMap::new()
    } else {
        persons_of(connection, access, task_id).await?
    };
    write_persons(&mut out, &row, &assignees, &known)?;
    write_parents(&mut out, &row, &writer, mask.as_ref())?;
    out.push(b'}');
    if let Some(plans) = plans {
        plans.apply(&mut out, 0);
    }
    Ok(out)
}

/// The assignees of a task, and whoever assigned them.
async fn persons_of(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    task_id: Uuid,
) -> Result<HashMap<Uuid, Vec<u8>>, DbErr> {
    let ids = Sql::with(
        "(SELECT w.person_id FROM task_person_link w WHERE w.task_id = $1 UNION SELECT t.assigner_id FROM task t WHERE t.id = $1)",
        [task_id.into()],
    );
    persons_in(connection, caller, ids).await
}

/// Writes the assignees, whose ids are a JSON array, and the assigner, as far as they are known.
fn write_persons(
    out: &mut Vec<u8>,
    row: &QueryResult,
    assignees: &[u8],
    known: &HashMap<Uuid, Vec<u8>>,
) -> Result<(), Failure> {
    let assignees: Vec<Uuid> = serde_json::from_slice(assignees)?;
    let doers = array(assignees.iter().filter_map(|id| known.get(id)).map(Vec::as_slice));
    write_key(out, "persons", Some(&doers));
    let assigner: Option<Uuid> = row.try_get("", "assigner")?;
    if let Some(assigner) = assigner.and_then(|id| known.get(&id)) {
        write_key(out, "assigner", Some(assigner));
    }
    Ok(())
}

/// Writes the sequence of an entity that has one, and the episode of that.
fn write_parents(
    out: &mut Vec<u8>,
    row: &QueryResult,
    writer: &TaskWriter,
    mask: Option<&DataMask>,
) -> Result<(), DbErr> {
    for (parent, kind) in writer.joined.iter().skip(PLACE.len() + STATE.len()).zip(PARENT_KINDS) {
        let start = out.len() + parent.key_width();
        if !parent.write_found(out, row)? {
            break;
        }
        if let Some(mask) = mask {
            mask.apply_as(out, start, kind);
        }
    }
    Ok(())
}

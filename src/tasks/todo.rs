//! Lists of what persons have to do, did, or have to check, with all that a list shows of production and entity.

use std::collections::HashMap;

use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use uuid::Uuid;

use super::rows::{self, task_writer};
use crate::access::Reach;
use crate::access::comments::{Comments, READ, by_client};
use crate::access::persons::may_ask_for_others;
use crate::access::task_mask::TaskMask;
use crate::access::tasks::{VisibleTasks, WORK_LISTED};
use crate::app::App;
use crate::database::json::{TEXT, write_key};
use crate::database::{
    self, Database, Field, Links, RecordWriter, RowWriter, Sent, Sql, stream_array, write_text, write_uuid,
};

/// Tables that the conditions of these lists can name beside the task `t`: its production `p` with its status `ps`, its
/// entity `e` with its type `k`, its task type `ty` and its status `s`.
const JOINS: &str = "JOIN project p ON p.id = t.project_id JOIN project_status ps ON ps.id = p.project_status_id \
     JOIN entity e ON e.id = t.entity_id JOIN entity_type k ON k.id = e.entity_type_id JOIN task_type ty ON ty.id = t.task_type_id \
     JOIN task_status s ON s.id = t.task_status_id LEFT JOIN entity sq ON sq.id = e.parent_id LEFT JOIN entity ep ON ep.id = sq.parent_id \
     LEFT JOIN entity src ON src.id = e.source_id AND src.entity_type_id IN (SELECT id FROM entity_type WHERE name = 'Episode')";

/// All tasks, as a selection to which conditions are added with `AND` before each.
#[must_use]
pub fn all_tasks() -> Sql {
    tasks_with(Sql::default())
}

/// The tasks of conditions, each of which has `AND` before it.
pub(super) fn tasks_with(conditions: Sql) -> Sql {
    conditions.before(&format!("FROM task t {JOINS} WHERE 1 = 1"))
}

/// The same tasks for those who count them: without what tells more of each. An entity that a task names is there, and so is
/// its type.
pub(super) fn counted_with(conditions: &Sql) -> Sql {
    conditions.clone().before(
        "FROM task t JOIN project p ON p.id = t.project_id JOIN project_status ps ON ps.id = p.project_status_id \
         JOIN task_type ty ON ty.id = t.task_type_id JOIN task_status s ON s.id = t.task_status_id WHERE t.entity_id IS NOT NULL",
    )
}

/// The tasks that a person does, as a selection to which conditions are added with `AND` before each. The assignments come
/// first: PostgreSQL looks for the best order among eight tables at a time, as they are written (`join_collapse_limit`), and
/// a condition at the end would be asked of every task.
#[must_use]
pub fn tasks_of(person_id: Uuid) -> Sql {
    let mut sql = Sql::new(format!(
        "FROM task_person_link w JOIN task t ON t.id = w.task_id {JOINS} WHERE w.person_id = "
    ));
    sql.bind(person_id);
    sql
}

/// Episode of the entity: above its sequence, or where an asset belongs to, or above a sequence itself.
pub(super) const EPISODE_ID: &str = "CASE WHEN k.name = 'Sequence' AND e.parent_id IS NOT NULL THEN e.parent_id ELSE COALESCE(sq.parent_id, e.source_id) END";

/// Its name; an asset that belongs to something that is no episode is of the main pack.
pub(super) const EPISODE_NAME: &str = "CASE WHEN k.name = 'Sequence' AND e.parent_id IS NOT NULL THEN sq.name \
     WHEN sq.parent_id IS NOT NULL THEN ep.name WHEN e.source_id IS NOT NULL THEN COALESCE(src.name, 'MP') END";

/// Keys that all lists across productions have, with their expressions.
const CONTEXT: [(&str, &str, Kind); 10] = [
    ("p.name", "project_name", TEXT),
    ("p.has_avatar", "project_has_avatar", Kind::Bool),
    ("e.name", "entity_name", TEXT),
    ("e.description", "entity_description", TEXT),
    ("e.data", "entity_data", Kind::Json),
    ("k.name", "entity_type_name", TEXT),
    ("e.canceled", "entity_canceled", Kind::Bool),
    ("sq.name", "sequence_name", TEXT),
    (EPISODE_NAME, "episode_name", TEXT),
    ("ty.for_entity", "task_type_for_entity", TEXT),
];

/// Keys whose null is empty text; they follow the others.
const IDS: [(&str, &str); 3] = [
    ("e.preview_file_id", "entity_preview_file_id"),
    ("e.source_id", "entity_source_id"),
    (EPISODE_ID, "episode_id"),
];

/// Keys of the lists of one person.
const KEYS_OF_OWN_LISTS: [(&str, &str, Kind); 9] = [
    ("t.estimation", "task_estimation", Kind::Float),
    ("t.duration", "task_duration", Kind::Float),
    ("t.start_date", "task_start_date", Kind::DateTime),
    ("t.due_date", "task_due_date", Kind::DateTime),
    ("ty.name", "task_type_name", TEXT),
    ("ty.color", "task_type_color", TEXT),
    ("s.name", "task_status_name", TEXT),
    ("s.color", "task_status_color", TEXT),
    ("s.short_name", "task_status_short_name", TEXT),
];

/// Writes tasks with what lists across productions show.
pub(super) struct ContextWriter {
    record: RecordWriter,
}

impl ContextWriter {
    /// A writer with further keys.
    pub(super) fn new(more: &[(&str, &str, Kind)]) -> Self {
        Self {
            record: task_writer().with(&CONTEXT).with(more),
        }
    }

    /// Columns that the query selects.
    pub(super) fn columns(&self) -> String {
        let ids = IDS.iter().map(|(expression, key)| format!(", {expression} AS {key}"));
        format!("{}{}", self.record.columns(), ids.collect::<String>())
    }

    /// Writes a task without its closing brace, and gives its id and that of its entity.
    pub(super) fn open(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(Uuid, Uuid), DbErr> {
        self.record.write_open(out, row)?;
        for (_, key) in IDS {
            let mut text = Vec::with_capacity(40);
            match row.try_get::<Option<Uuid>>("", key)? {
                Some(id) => write_uuid(&mut text, id),
                None => text.extend_from_slice(b"\"\""),
            }
            write_key(out, key, Some(&text));
        }
        Ok((row.try_get("", "id")?, row.try_get("", "entity_id")?))
    }
}

/// Sends the tasks of a selection ([`all_tasks`], [`tasks_of`]) of what is visible; `order` comes behind `ORDER BY`. With
/// `casting`, each tells the episodes that its entity is cast in.
///
/// # Errors
/// The database does not answer.
pub(super) async fn send_selected(
    database: &Database,
    visible: &VisibleTasks,
    selection: Sql,
    order: &str,
    casting: bool,
) -> Result<Sent, Failure> {
    let writer = OwnWriter::of(database, visible, &selection, casting).await?;
    let mut sql = selection.before(&format!("SELECT {} ", writer.columns()));
    sql.push(" ORDER BY ").push(order);
    Ok(stream_array(database, sql, move |out, row| writer.write(out, row)).await?)
}

/// Writes the tasks of a selection as the lists of one person show them.
pub(super) struct OwnWriter {
    context: ContextWriter,
    assignees: Links,
    comments: HashMap<Uuid, Vec<u8>>,
    episodes: HashMap<Uuid, Cast>,
    mask: TaskMask,
}

impl OwnWriter {
    /// Looks up what belongs to the tasks. With `casting`, each tells the episodes that its entity is cast in.
    pub(super) async fn of(
        connection: &impl ConnectionTrait,
        visible: &VisibleTasks,
        selection: &Sql,
        casting: bool,
    ) -> Result<Self, Failure> {
        Ok(Self {
            context: ContextWriter::new(&KEYS_OF_OWN_LISTS),
            assignees: rows::assignees(connection, selection).await?,
            comments: last_comments(connection, visible, selection).await?,
            episodes: if casting {
                cast_episodes(connection, selection).await?
            } else {
                HashMap::new()
            },
            mask: TaskMask::of(connection, visible.reach()).await?,
        })
    }

    /// Columns that the query selects.
    pub(super) fn columns(&self) -> String {
        self.context.columns()
    }

    /// Writes a task.
    pub(super) fn write(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), DbErr> {
        let start = out.len();
        let (id, entity_id) = self.context.open(out, row)?;
        self.assignees.write_key(out, "assignees", id);
        write_key(
            out,
            "last_comment",
            Some(self.comments.get(&id).map_or(b"{}", Vec::as_slice)),
        );
        if let Some(Cast { ids, names }) = self.episodes.get(&entity_id) {
            write_key(out, "episode_ids", Some(&[b"[".as_slice(), ids, b"]"].concat()));
            write_key(out, "episode_names", Some(&[b"[".as_slice(), names, b"]"].concat()));
        }
        out.push(b'}');
        self.mask.apply(out, start);
        Ok(())
    }
}

/// The latest comment on each task of a condition that no client wrote, among those that the caller reads.
async fn last_comments(
    connection: &impl ConnectionTrait,
    visible: &VisibleTasks,
    condition: &Sql,
) -> Result<HashMap<Uuid, Vec<u8>>, DbErr> {
    let mut sql = condition
        .clone()
        .before("WITH chosen AS MATERIALIZED (SELECT t.id, t.project_id, t.entity_id ");
    sql.push(
        ") SELECT text, created_at, person_id, object_id FROM (SELECT c.text, c.created_at, c.person_id, c.object_id, \
         ROW_NUMBER() OVER (PARTITION BY c.object_id ORDER BY c.created_at DESC, c.id DESC) AS place \
         FROM chosen JOIN comment c ON c.object_id = chosen.id WHERE NOT ",
    );
    sql.push(&by_client("c.person_id", "chosen.project_id"));
    READ.restrict(
        &mut sql,
        visible.reach(),
        &Comments {
            id: "c.id",
            author: "c.person_id",
            for_client: "c.for_client",
            project: "chosen.project_id",
            entity: "chosen.entity_id",
        },
    );
    sql.push(") latest WHERE place = 1");
    let fields = [
        Field::new("text", TEXT),
        Field::new("date", Kind::DateTime),
        Field::new("person_id", Kind::Uuid),
    ];
    let writer = RowWriter::new(fields);
    let mut found = HashMap::new();
    for row in database::rows(connection, &sql).await? {
        let mut out = vec![b'{'];
        writer.write(&mut out, &row)?;
        out.push(b'}');
        found.insert(row.try_get("", "object_id")?, out);
    }
    Ok(found)
}

/// Episodes that an entity is cast in, as lists without brackets.
#[derive(Default)]
struct Cast {
    ids: Vec<u8>,
    names: Vec<u8>,
}

async fn cast_episodes(connection: &impl ConnectionTrait, condition: &Sql) -> Result<HashMap<Uuid, Cast>, DbErr> {
    let mut sql = condition
        .clone()
        .before("WITH chosen AS MATERIALIZED (SELECT DISTINCT t.entity_id ");
    sql.push(
        ") SELECT l.entity_out_id, x.id, x.name FROM chosen JOIN entity_link l ON l.entity_out_id = chosen.entity_id \
         JOIN entity x ON x.id = l.entity_in_id JOIN entity_type y ON y.id = x.entity_type_id WHERE y.name = 'Episode' ORDER BY x.name, x.id",
    );
    let mut found: HashMap<Uuid, Cast> = HashMap::new();
    for row in database::rows(connection, &sql).await? {
        let cast = found.entry(row.try_get("", "entity_out_id")?).or_default();
        for list in [&mut cast.ids, &mut cast.names]
            .into_iter()
            .filter(|list| !list.is_empty())
        {
            list.push(b',');
        }
        write_uuid(&mut cast.ids, row.try_get("", "id")?);
        write_text(&mut cast.names, &row.try_get::<String>("", "name")?);
    }
    Ok(found)
}

/// `work-lister`: what a caller sees of the work of a person in open productions.
///
/// # Errors
/// 404 for an unknown person, 403 for a bot, and for vendors of the studio who ask for somebody else.
pub async fn require_person(app: &App, caller: &Caller, person_id: Uuid) -> Result<VisibleTasks, Failure> {
    let person = app.callers.find(person_id).await?.ok_or_else(Failure::not_found)?;
    if person.is_bot || (!may_ask_for_others(caller) && caller.person.id != person_id) {
        return Err(Failure::forbidden());
    }
    Ok(VisibleTasks::new(
        Reach::open_teams(&app.database, caller).await?,
        WORK_LISTED,
    ))
}

/// Keeps tasks in open productions. What others than administrators see is in open productions of theirs already.
pub fn in_open_projects(sql: &mut Sql, visible: &VisibleTasks) {
    if visible.reach().person().role == Role::Admin {
        // Names that the status has had in the studios of the years.
        sql.push(" AND ps.name IN ('Active', 'open', 'Open')");
    }
}

/// Sends what a person has to do, or has done.
///
/// # Errors
/// 404 for an unknown person, 403 for a bot, and for vendors who ask for somebody else.
pub async fn of_person(app: &App, caller: &Caller, person_id: Uuid, done: bool) -> Result<Sent, Failure> {
    let visible = require_person(app, caller, person_id).await?;
    let mut selection = tasks_of(person_id);
    selection.push(" AND COALESCE(s.is_done, false) = ").bind(done);
    in_open_projects(&mut selection, &visible);
    visible.restrict(&mut selection, "t");
    send_selected(
        &app.database,
        &visible,
        selection,
        if done { DONE_ORDER } else { TODO_ORDER },
        true,
    )
    .await
}

/// Order of what there is to do.
pub const TODO_ORDER: &str = "p.name, k.name, sq.name, e.name, ty.priority, ty.name, t.id";

/// Order of what was done: what was put forward last comes first.
pub const DONE_ORDER: &str = "t.end_date DESC NULLS FIRST, ty.name, e.name, t.id";

//! Work of the caller: tasks that are assigned to them in open productions whose team they are in, and what these are on.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{AssetTypeRow, Entity, Task, TaskType};
use sea_orm::DbErr;
use uuid::Uuid;

use super::rows::find_entity;
use crate::access::Reach;
use crate::access::data_mask::DataMask;
use crate::access::task_mask::TaskMask;
use crate::access::tasks::{LISTED, VisibleTasks};
use crate::database::{Database, RecordWriter, Sql, stream_array};
use crate::tasks::rows::task_writer;
use crate::vocabulary::kinds::{BUILT_IN_NAMES, EntityKind};

/// Tasks of the caller in open productions, as far as lists show them.
struct OwnTasks<'a> {
    caller: &'a Caller,
    visible: VisibleTasks,
}

impl<'a> OwnTasks<'a> {
    async fn of(database: &Database, caller: &'a Caller) -> Result<Self, DbErr> {
        let visible = VisibleTasks::new(Reach::open_teams(database, caller).await?, LISTED);
        Ok(Self { caller, visible })
    }

    /// Adds `FROM` and the condition on the tasks `t`.
    fn add_to(&self, sql: &mut Sql) {
        sql.push(
            " FROM task t JOIN task_person_link a ON a.task_id = t.id JOIN project p ON p.id = t.project_id \
             JOIN project_status s ON s.id = p.project_status_id WHERE s.name = 'Open' AND a.person_id = ",
        );
        sql.bind(self.caller.person.id);
        self.visible.restrict(sql, "t");
    }

    /// Adds the list of the entities of a production that the caller has a task of.
    fn add_entities(&self, sql: &mut Sql, project_id: Uuid) {
        sql.push("(SELECT t.entity_id");
        self.add_to(sql);
        sql.push(" AND t.project_id = ").bind(project_id).push(")");
    }

    /// Adds the list of the sequences of a production with a shot that the caller has a task of.
    fn add_sequences(&self, sql: &mut Sql, project_id: Uuid) {
        sql.push("(SELECT h.parent_id FROM entity h WHERE ")
            .push(&EntityKind::Shot.condition("h.entity_type_id"))
            .push(" AND h.id IN ");
        self.add_entities(sql, project_id);
        sql.push(")");
    }
}

async fn answer_rows<T>(database: &Database, sql: Sql, writer: RecordWriter) -> Result<Json<T>, Failure> {
    Ok(writer.list(database, sql).await?)
}

/// Sends entities, of whose metadata vendors get what they may see.
async fn send_entities(
    database: &Database,
    caller: &Caller,
    sql: Sql,
    writer: RecordWriter,
) -> Result<Json<Vec<Entity>>, Failure> {
    let Some(mask) = DataMask::of(database, caller).await? else {
        return answer_rows(database, sql, writer).await;
    };
    send_masked(database, sql, writer, move |out, start| mask.apply(out, start)).await
}

/// Sends rows, from each of which `hide` takes what the caller may not see. The row begins at the place that it is given.
async fn send_masked<T>(
    database: &Database,
    sql: Sql,
    writer: RecordWriter,
    hide: impl Fn(&mut Vec<u8>, usize) + Send + 'static,
) -> Result<Json<T>, Failure> {
    let sent = stream_array(database, sql, move |out, row| {
        let start = out.len();
        writer.write(out, row)?;
        hide(out, start);
        Ok(())
    });
    Ok(sent.await?.into())
}

/// The caller's tasks on an entity.
///
/// # Errors
/// 404 when there is no entity of that kind.
pub async fn tasks(
    database: &Database,
    caller: &Caller,
    kind: EntityKind,
    id: Uuid,
) -> Result<Json<Vec<Task>>, Failure> {
    find_entity(database, id, kind).await?;
    let writer = task_writer();
    let mut sql = Sql::new(format!("SELECT {}", writer.columns()));
    OwnTasks::of(database, caller).await?.add_to(&mut sql);
    sql.push(" AND t.entity_id = ").bind(id).push(" ORDER BY t.name, t.id");
    let mask = TaskMask::in_teams(database, caller).await?;
    send_masked(database, sql, writer, move |out, start| mask.apply(out, start)).await
}

/// The types of the caller's tasks on an entity.
///
/// # Errors
/// 404 when there is no entity of that kind.
pub async fn task_types(
    database: &Database,
    caller: &Caller,
    kind: EntityKind,
    id: Uuid,
) -> Result<Json<Vec<TaskType>>, Failure> {
    find_entity(database, id, kind).await?;
    let writer = RecordWriter::new(&entity::task_type::TABLE, "k", "TaskType");
    let mut sql = Sql::new(format!(
        "SELECT {} FROM task_type k WHERE k.id IN (SELECT t.task_type_id",
        writer.columns()
    ));
    OwnTasks::of(database, caller).await?.add_to(&mut sql);
    sql.push(" AND t.entity_id = ")
        .bind(id)
        .push(") ORDER BY k.priority, k.name, k.id");
    answer_rows(database, sql, writer).await
}

/// The types of the assets that the caller works on.
///
/// # Errors
/// 404 when there is no such production.
pub async fn asset_types(
    database: &Database,
    caller: &Caller,
    project_id: Uuid,
) -> Result<Json<Vec<AssetTypeRow>>, Failure> {
    require_project(database, project_id).await?;
    let writer = RecordWriter::new(&entity::entity_type::TABLE, "k", "AssetType");
    let mut sql = Sql::new(format!(
        "SELECT {} FROM entity_type k WHERE k.name NOT IN {BUILT_IN_NAMES} AND k.id IN (SELECT e.entity_type_id FROM entity e WHERE e.id IN ",
        writer.columns()
    ));
    OwnTasks::of(database, caller).await?.add_entities(&mut sql, project_id);
    sql.push(") ORDER BY k.name, k.id");
    answer_rows(database, sql, writer).await
}

/// The assets of a type that the caller works on.
///
/// # Errors
/// 404 when there is no such production or asset type.
pub async fn assets(
    database: &Database,
    caller: &Caller,
    project_id: Uuid,
    asset_type_id: Uuid,
) -> Result<Json<Vec<Entity>>, Failure> {
    require_project(database, project_id).await?;
    let sql = Sql::with(
        format!("SELECT 1 FROM entity_type WHERE id = $1 AND name NOT IN {BUILT_IN_NAMES}"),
        [asset_type_id.into()],
    );
    database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let (mut sql, writer) = entities(EntityKind::Asset);
    sql.push(" AND e.entity_type_id = ")
        .bind(asset_type_id)
        .push(" AND e.id IN ");
    OwnTasks::of(database, caller).await?.add_entities(&mut sql, project_id);
    sql.push(" ORDER BY e.name, e.id");
    send_entities(database, caller, sql, writer).await
}

/// The sequences with shots that the caller works on.
///
/// # Errors
/// 404 when there is no such production.
pub async fn sequences(database: &Database, caller: &Caller, project_id: Uuid) -> Result<Json<Vec<Entity>>, Failure> {
    require_project(database, project_id).await?;
    let (mut sql, writer) = entities(EntityKind::Sequence);
    sql.push(" AND e.id IN ");
    OwnTasks::of(database, caller)
        .await?
        .add_sequences(&mut sql, project_id);
    sql.push(" ORDER BY e.name, e.id");
    send_entities(database, caller, sql, writer).await
}

/// The episodes with shots that the caller works on.
///
/// # Errors
/// 404 when there is no such production.
pub async fn episodes(database: &Database, caller: &Caller, project_id: Uuid) -> Result<Json<Vec<Entity>>, Failure> {
    require_project(database, project_id).await?;
    let (mut sql, writer) = entities(EntityKind::Episode);
    sql.push(" AND e.id IN (SELECT q.parent_id FROM entity q WHERE q.id IN ");
    OwnTasks::of(database, caller)
        .await?
        .add_sequences(&mut sql, project_id);
    sql.push(") ORDER BY e.name, e.id");
    send_entities(database, caller, sql, writer).await
}

/// The shots, or scenes, of a sequence that the caller works on.
///
/// # Errors
/// 404 when there is no such sequence.
pub async fn within_sequence(
    database: &Database,
    caller: &Caller,
    kind: EntityKind,
    sequence_id: Uuid,
) -> Result<Json<Vec<Entity>>, Failure> {
    let sequence = find_entity(database, sequence_id, EntityKind::Sequence).await?;
    let (mut sql, writer) = entities(kind);
    sql.push(" AND e.parent_id = ").bind(sequence_id).push(" AND e.id IN ");
    OwnTasks::of(database, caller)
        .await?
        .add_entities(&mut sql, sequence.project_id);
    sql.push(" ORDER BY e.name, e.id");
    send_entities(database, caller, sql, writer).await
}

/// A query of entities of a kind, which further conditions follow.
fn entities(kind: EntityKind) -> (Sql, RecordWriter) {
    let writer = RecordWriter::new(&entity::entity::TABLE, "e", kind.type_name());
    (
        Sql::new(format!(
            "SELECT {} FROM entity e WHERE {}",
            writer.columns(),
            kind.condition("e.entity_type_id")
        )),
        writer,
    )
}

async fn require_project(database: &Database, id: Uuid) -> Result<(), Failure> {
    let row = database
        .row(&Sql::with("SELECT 1 FROM project WHERE id = $1", [id.into()]))
        .await?;
    row.map(|_| ()).ok_or_else(Failure::not_found)
}

//! The tasks of an entity, or of the entities within one, with the names that explain them; and their task types.

use dailies_definitions::access::EntityReader;
use dailies_definitions::failure::Failure;
use entity::facts::Kind;
use sea_orm::DbErr;
use uuid::Uuid;

use super::ordering::order_by;
use super::rows::find_entity;
use crate::access::task_mask::TaskMask;
use crate::access::tasks::VisibleTasks;
use crate::database::{Database, Field, Links, RowWriter, Sent, Sql, stream_array};
use crate::vocabulary::kinds::EntityKind;

/// Set of tasks that is meant.
#[derive(Clone, Copy, Debug)]
pub(super) enum TaskSet {
    /// Those of the entity itself.
    Entity(Uuid),
    /// Those of the shots and scenes of a sequence.
    Sequence(Uuid),
    /// Those of the shots and scenes in the sequences of an episode.
    Episode(Uuid),
    /// Those of the assets whose main episode this is.
    EpisodeAssets(Uuid),
    /// Those of the edits of an episode.
    EpisodeEdits(Uuid),
}

impl TaskSet {
    /// Adds the condition on the tasks `t` and their entities `e`.
    fn condition(self, sql: &mut Sql) {
        match self {
            Self::Entity(id) => sql.push("t.entity_id = ").bind(id),
            Self::Sequence(id) => sql.push("e.parent_id = ").bind(id),
            Self::Episode(id) => sql
                .push("e.parent_id IN (SELECT id FROM entity WHERE parent_id = ")
                .bind(id)
                .push(")"),
            Self::EpisodeAssets(id) => sql
                .push(&EntityKind::Asset.condition("e.entity_type_id"))
                .push(" AND e.source_id = ")
                .bind(id),
            Self::EpisodeEdits(id) => sql
                .push(&EntityKind::Edit.condition("e.entity_type_id"))
                .push(" AND e.parent_id = ")
                .bind(id),
        };
    }
}

/// Names beside the columns of a task.
const NAMES: [(&str, &str); 5] = [
    ("project_name", "p.name"),
    ("task_type_name", "tt.name"),
    ("task_status_name", "ts.name"),
    ("entity_type_name", "et.name"),
    ("entity_name", "e.name"),
];

/// Tasks to list.
pub(super) struct TaskList {
    pub(super) of: TaskSet,
    /// Part of them that the caller sees.
    pub(super) visible: VisibleTasks,
    /// True if each task tells who is assigned to it.
    pub(super) assignees: bool,
}

impl TaskList {
    /// Sends the tasks, ordered by name and by the names that explain them.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn send(self, database: &Database) -> Result<Sent, Failure> {
        let mut from = Sql::new(
            "FROM task t JOIN entity e ON e.id = t.entity_id JOIN project p ON p.id = t.project_id JOIN task_type tt ON tt.id = t.task_type_id \
             JOIN task_status ts ON ts.id = t.task_status_id JOIN entity_type et ON et.id = e.entity_type_id WHERE ",
        );
        self.of.condition(&mut from);
        self.visible.restrict(&mut from, "t");
        let assignees = if self.assignees {
            Some(assignees(database, &from).await?)
        } else {
            None
        };
        let columns = &entity::task::TABLE.columns;
        let fields = columns
            .iter()
            .map(Field::from)
            .chain(NAMES.iter().map(|(key, _)| Field::new(*key, Kind::Text { max: None })));
        let writer = RowWriter::new(fields);
        let names: Vec<String> = columns
            .iter()
            .map(|column| format!("t.\"{}\"", column.name))
            .chain(NAMES.iter().map(|(key, sql)| format!("{sql} AS {key}")))
            .collect();
        let mut sql = from.before(&format!("SELECT {} ", names.join(", ")));
        sql.push(&order_by(
            database.backend(),
            &["t.name", "p.name", "tt.name", "et.name", "e.name"],
            "t.id",
        ));
        let mask = TaskMask::of(database, self.visible.reach()).await?;
        let sent = stream_array(database, sql, move |out, row| {
            let start = out.len();
            out.push(b'{');
            writer.write(out, row)?;
            if let Some(assignees) = &assignees {
                out.extend_from_slice(b",\"assignees\":");
                assignees.write(out, row.try_get("", "id")?);
            }
            out.extend_from_slice(b",\"type\":\"Task\"}");
            mask.apply(out, start);
            Ok(())
        });
        Ok(sent.await?)
    }
}

async fn assignees(database: &Database, from: &Sql) -> Result<Links, DbErr> {
    let mut sql = from.clone().before(
        "SELECT l.task_id AS owner, l.person_id AS item FROM task_person_link l WHERE l.task_id IN (SELECT t.id ",
    );
    sql.push(")");
    Links::load_many(database, &sql).await
}

/// Sends the tasks of one entity to somebody who reads it.
///
/// # Errors
/// 404 when it is of another kind.
pub(super) async fn tasks_of(
    database: &Database,
    access: &EntityReader,
    id: Uuid,
    kind: EntityKind,
    assignees: bool,
) -> Result<Sent, Failure> {
    find_entity(database, id, kind).await?;
    let list = TaskList {
        of: TaskSet::Entity(id),
        visible: VisibleTasks::of_entity(access, access.project_id(), access.role()),
        assignees,
    };
    list.send(database).await
}

/// Sends the task types of an entity, or of the entities within it, to somebody who reads it.
///
/// # Errors
/// 404 when it is of another kind.
pub(super) async fn task_types_of(
    database: &Database,
    access: &EntityReader,
    id: Uuid,
    kind: EntityKind,
    of: TaskSet,
) -> Result<Sent, Failure> {
    find_entity(database, id, kind).await?;
    let visible = VisibleTasks::of_entity(access, access.project_id(), access.role());
    task_types(database, of, &visible).await
}

/// Sends the task types that have a visible task among those meant, in the order of the pipeline.
///
/// # Errors
/// The database does not answer.
pub(super) async fn task_types(database: &Database, of: TaskSet, visible: &VisibleTasks) -> Result<Sent, Failure> {
    let columns = &entity::task_type::TABLE.columns;
    let names: Vec<String> = columns.iter().map(|column| format!("tt.\"{}\"", column.name)).collect();
    let mut sql = Sql::new(format!(
        "SELECT {} FROM task_type tt WHERE tt.id IN (SELECT t.task_type_id FROM task t JOIN entity e ON e.id = t.entity_id WHERE ",
        names.join(", ")
    ));
    of.condition(&mut sql);
    visible.restrict(&mut sql, "t");
    sql.push(") ORDER BY tt.priority, tt.name, tt.id");
    let writer = RowWriter::new(columns.iter().map(Field::from));
    let sent = stream_array(database, sql, move |out, row| {
        out.push(b'{');
        writer.write(out, row)?;
        out.extend_from_slice(b",\"type\":\"TaskType\"}");
        Ok(())
    });
    Ok(sent.await?)
}

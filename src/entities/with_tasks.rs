//! Entities with their tasks, the listings that clients ask for most. The entities become text at once; their tasks are
//! read by the portion, and put between them while the answer is sent. So memory holds one portion, however many there are.

use chrono::NaiveDateTime;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use sea_orm::{DbErr, QueryResult};
use uuid::Uuid;

use super::cells::{Form, Writer};
use super::episode_choice::EpisodeChoice;
use super::layouts::{Cell, Field, Layout};
use super::links::Links;
use super::metadata::Masks;
use super::ordering::order_by;
use super::scope::{Scope, own_entities};
use crate::database::{Database, Sent, Sql, send};

/// Entities whose tasks are read at once. A power of two.
const PORTION: usize = 256;

/// What a call asks for by its query.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wish {
    pub(super) project_id: Option<Uuid>,
    pub(super) episode: Option<EpisodeChoice>,
    /// The only entity to list.
    pub(super) id: Option<Uuid>,
    /// Whether only what the caller is assigned to a task of is listed.
    pub(super) assigned: bool,
    pub(super) form: Form,
}

impl Wish {
    /// Reads the query.
    ///
    /// # Errors
    /// 400 or 404 for an episode that is none.
    pub(super) fn read(query: &Query, project_id: Option<Uuid>, id: Option<Uuid>, form: Form) -> Result<Self, Failure> {
        Ok(Self { project_id, episode: EpisodeChoice::read(query)?, id, assigned: query.get("assigned_to").is_some(), form })
    }
}

/// What is read.
pub(super) struct Request {
    layout: &'static Layout,
    scope: Scope,
    /// Conditions on the entities `e`, each with `AND` before it.
    pub(super) conditions: Sql,
    /// Whether vendors get only their own tasks.
    own_tasks: bool,
    /// The one id that the lists of ids may hold, where they are cut down to it.
    linked_with: Option<Uuid>,
    form: Form,
}

/// What an answer is put together from.
pub(super) struct Listing {
    database: Database,
    layout: &'static Layout,
    form: Form,
    entities: Entities,
    scope: Scope,
    own_tasks: bool,
}

/// Text of entities, each without its tasks and its end.
#[derive(Default)]
struct Entities {
    text: Vec<u8>,
    /// Id, and where the text ends.
    rows: Vec<(Uuid, usize)>,
}

/// Text of the tasks of a portion, each without its assignees.
#[derive(Default)]
struct Tasks {
    text: Vec<u8>,
    /// Ordered by entity, then by age.
    rows: Vec<TaskText>,
    assignees: Links,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct TaskText {
    entity_id: Uuid,
    created_at: Option<NaiveDateTime>,
    id: Uuid,
    start: usize,
    /// Where the assignees go.
    gap: usize,
    end: usize,
}

impl Request {
    /// The entities of a layout that the caller sees and asks for; the episode remains to be chosen.
    pub(super) fn listing(layout: &'static Layout, scope: Scope, wish: &Wish) -> Self {
        let mut conditions = Sql::default();
        scope.restrict(&mut conditions, layout.kind);
        if let Some(id) = wish.id {
            conditions.push(" AND e.id = ").bind(id);
        }
        if wish.assigned {
            conditions.push(" AND (");
            own_entities(&mut conditions, layout.kind, scope.person_id());
            conditions.push(")");
        }
        Self { layout, scope, conditions, own_tasks: true, linked_with: None, form: wish.form }
    }

    /// One entity, which the caller may read, with all its tasks.
    pub(super) fn one(layout: &'static Layout, scope: Scope, id: Uuid) -> Self {
        let conditions = Sql::with(" AND e.id = $1", [id.into()]);
        Self { layout, scope, conditions, own_tasks: false, linked_with: None, form: Form::Plain }
    }

    /// Cuts the lists of ids down to one id.
    pub(super) fn only_linked_with(&mut self, id: Uuid) {
        self.linked_with = Some(id);
    }

    /// Reads the entities.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn load(self, database: &Database) -> Result<Listing, Failure> {
        let Self { layout, scope, conditions, own_tasks, linked_with, form } = self;
        let from = conditions.before(&format!("FROM {} WHERE {}", layout.from, layout.condition()));
        let masks = scope.masks(database, layout.kind).await?;
        let mut ids = match layout.ids {
            Some(ids) => Links::load(database, &among(&from, ids)).await?,
            None => Links::default(),
        };
        if let Some(id) = linked_with {
            ids = ids.with(id);
        }
        let entities = load_entities(database, layout, form, &entities_query(database, layout, &from), &masks, &ids).await?;
        Ok(Listing { database: database.clone(), layout, form, entities, scope, own_tasks })
    }
}

/// A query on the entities of a selection, which it calls `e`.
fn among(from: &Sql, query: &str) -> Sql {
    let mut sql = from.clone().before("WITH e AS (SELECT e.id, e.project_id ");
    sql.push(") ").push(query);
    sql
}

fn columns(fields: &[Field]) -> impl Iterator<Item = &'static str> {
    fields.iter().filter_map(|(_, cell)| match cell {
        Cell::Column(sql, ..) => Some(*sql),
        _ => None,
    })
}

fn entities_query(database: &Database, layout: &Layout, from: &Sql) -> Sql {
    let columns: Vec<&str> = ["e.id", "e.project_id", "e.data"].into_iter().chain(columns(layout.fields)).collect();
    let mut sql = from.clone().before(&format!("SELECT {} ", columns.join(", ")));
    sql.push(&order_by(database.backend(), layout.order, "e.id"));
    sql
}

async fn load_entities(database: &Database, layout: &Layout, form: Form, sql: &Sql, masks: &Masks, ids: &Links) -> Result<Entities, DbErr> {
    let writer = Writer::new(layout.fields, 3, form);
    let mut entities = Entities::default();
    let mut metadata = Vec::new();
    let each = |row: &QueryResult| {
        let id: Uuid = row.try_get_by_index(0)?;
        let hidden = if masks.is_empty() { &[] } else { masks.of(row.try_get_by_index(1)?) };
        writer.write_entity(&mut entities.text, row, &mut metadata, hidden, |out| ids.write(out, id))?;
        entities.rows.push((id, entities.text.len()));
        Ok(())
    };
    database.each_row(sql, each).await?;
    Ok(entities)
}

impl Tasks {
    fn of(&self, entity_id: Uuid) -> impl Iterator<Item = &TaskText> {
        let start = self.rows.partition_point(|task| task.entity_id < entity_id);
        self.rows[start..].iter().take_while(move |task| task.entity_id == entity_id)
    }
}

/// Adds a list of a few different lengths, so that the database knows most statements already: the first id fills it up.
fn bind_portion(sql: &mut Sql, entities: &[(Uuid, usize)]) {
    let length = entities.len().next_power_of_two();
    let ids = entities.iter().map(|(id, _)| *id);
    sql.bind_list(ids.chain(entities.first().map(|(id, _)| *id).into_iter().cycle()).take(length));
}

impl Listing {
    /// The only entity, when one was asked for.
    ///
    /// # Errors
    /// 404 when it is not there.
    pub(super) async fn into_one(self) -> Result<Vec<u8>, Failure> {
        if self.entities.rows.is_empty() {
            return Err(Failure::not_found());
        }
        let mut out = Vec::with_capacity(4096);
        let tasks = self.tasks(&self.entities.rows[..1]).await?;
        self.write(&mut out, 0, &tasks);
        Ok(out)
    }

    /// The tasks of some entities.
    async fn tasks(&self, entities: &[(Uuid, usize)]) -> Result<Tasks, DbErr> {
        let columns: Vec<&str> = ["t.entity_id", "t.created_at", "t.id"].into_iter().chain(columns(self.layout.task_fields)).collect();
        let mut sql = Sql::new(format!("SELECT {} FROM task t LEFT JOIN subscription s ON s.task_id = t.id AND s.person_id = ", columns.join(", ")));
        sql.bind(self.scope.person_id());
        let mut assignees = Sql::new("SELECT a.task_id, a.person_id FROM task t JOIN task_person_link a ON a.task_id = t.id");
        for sql in [&mut sql, &mut assignees] {
            sql.push(" WHERE t.entity_id IN ");
            bind_portion(sql, entities);
            if self.own_tasks {
                self.scope.restrict_tasks(sql);
            }
        }
        let writer = Writer::new(self.layout.task_fields, 3, self.form);
        let mut tasks = Tasks::default();
        let each = |row: &QueryResult| {
            let start = tasks.text.len();
            let gap = writer.write_task(&mut tasks.text, row)?;
            let (entity_id, created_at, id) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            tasks.rows.push(TaskText { entity_id, created_at, id, start, gap, end: tasks.text.len() });
            Ok(())
        };
        let (assignees, ()) = tokio::try_join!(Links::load(&self.database, &assignees), self.database.each_row(&sql, each))?;
        tasks.rows.sort_unstable();
        tasks.assignees = assignees;
        Ok(tasks)
    }

    /// Writes the entity at a place of the list, with its tasks.
    fn write(&self, out: &mut Vec<u8>, at: usize, tasks: &Tasks) {
        let Some((id, end)) = self.entities.rows.get(at) else {
            return;
        };
        let start = at.checked_sub(1).and_then(|before| self.entities.rows.get(before)).map_or(0, |(_, end)| *end);
        out.extend_from_slice(&self.entities.text[start..*end]);
        out.extend_from_slice(if self.form == Form::Plain { b",\"tasks\":[" } else { b",[" });
        for (at, task) in tasks.of(*id).enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&tasks.text[task.start..task.gap]);
            tasks.assignees.write(out, task.id);
            out.extend_from_slice(&tasks.text[task.gap..task.end]);
        }
        out.extend_from_slice(&[b']', self.form.brackets().1]);
    }

    /// The answer as one JSON document: a list, or the compact form with its keys.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn into_document(self) -> Result<Sent, Failure> {
        let (head, tail) = match self.form {
            Form::Plain => (b"[".to_vec(), &b"]"[..]),
            Form::Compact => {
                let mut head = self.header();
                head.extend_from_slice(b",\"rows\":[");
                (head, &b"]}"[..])
            }
        };
        self.send(head, b",", b"", tail).await
    }

    /// The answer as lines of JSON: what form the rows have, and then a line for each of them.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn into_lines(self) -> Result<Sent, Failure> {
        let mut head = self.header();
        head.extend_from_slice(b"}\n");
        self.send(head, b"", b"\n", b"").await
    }

    /// `{"compact":true,"shot_fields":[…],"task_fields":[…]` without the end.
    fn header(&self) -> Vec<u8> {
        if self.form == Form::Plain {
            return b"{\"compact\":false".to_vec();
        }
        let names = |fields: &[Field]| fields.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(",");
        let Layout { header, fields, task_fields, .. } = self.layout;
        let text = format!("{{\"compact\":true,\"{header}\":[{},\"tasks\"],\"task_fields\":[{}]", names(fields), names(task_fields));
        text.into_bytes()
    }

    /// Puts the answer together, one portion after the other, as fast as the client takes it.
    async fn send(self, head: Vec<u8>, between: &'static [u8], after: &'static [u8], tail: &'static [u8]) -> Result<Sent, Failure> {
        let sent = send(|mut outlet| async move {
            outlet.out.extend_from_slice(&head);
            for (place, portion) in self.entities.rows.chunks(PORTION).enumerate() {
                let tasks = self.tasks(portion).await?;
                for at in place * PORTION..place * PORTION + portion.len() {
                    if at > 0 {
                        outlet.out.extend_from_slice(between);
                    }
                    self.write(&mut outlet.out, at, &tasks);
                    outlet.out.extend_from_slice(after);
                    outlet.flush().await?;
                }
            }
            outlet.out.extend_from_slice(tail);
            Ok(outlet)
        });
        Ok(sent.await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_portions_have_few_lengths() {
        let mut sql = Sql::default();
        bind_portion(&mut sql, &[1, 2, 3].map(|id| (Uuid::from_u128(id), 0)));
        assert_eq!(sql.text(), "($1, $2, $3, $4)");
    }
}

//! Entities with their tasks, the listings that clients ask for most. The ids of the entities are read at once, the rest
//! by the portion while the answer is sent. So memory holds one portion, however many there are.

use chrono::NaiveDateTime;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use entity::facts::Kind;
use sea_orm::{DbErr, QueryResult};
use uuid::Uuid;

use super::cells::{RowForm, Writer};
use super::episode_choice::EpisodeChoice;
use super::layouts::{EntityLayout, Field};
use super::ordering::order_by;
use crate::access::entities::{Scope, own_entities};
use crate::access::metadata::Masks;
use crate::database::{Database, Links, SelectList, Sent, Sql, send_written};

/// Entities that are read at once. A power of two.
const PORTION: usize = 256;

/// Options of a call, by its query.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ListingOptions {
    pub(super) project_id: Option<Uuid>,
    pub(super) episode: Option<EpisodeChoice>,
    /// The only entity to list.
    pub(super) id: Option<Uuid>,
    /// True if only what the caller is assigned to a task of is listed.
    pub(super) assigned: bool,
    pub(super) form: RowForm,
}

impl ListingOptions {
    /// Reads the query.
    ///
    /// # Errors
    /// 400 or 404 for an episode that is none.
    pub(super) fn read(
        query: &Query,
        project_id: Option<Uuid>,
        id: Option<Uuid>,
        form: RowForm,
    ) -> Result<Self, Failure> {
        Ok(Self {
            project_id,
            episode: EpisodeChoice::read(query)?,
            id,
            assigned: query.get("assigned_to").is_some(),
            form,
        })
    }
}

/// Request for entities with tasks.
pub(super) struct Request {
    layout: &'static EntityLayout,
    scope: Scope,
    /// Conditions on the entities `e`, each with `AND` before it.
    pub(super) conditions: Sql,
    /// The one id that the lists of ids may hold, where they are cut down to it.
    linked_with: Option<Uuid>,
    form: RowForm,
}

/// Parts of an answer.
pub(super) struct Listing {
    database: Database,
    request: Request,
    masks: Masks,
    task_masks: Masks,
    /// The entities in their order.
    ids: Vec<Uuid>,
}

/// Entities that are written together, with what belongs to them.
struct Portion {
    entities: Entities,
    tasks: PortionTasks,
}

/// Text of entities, each without its lists of ids, its tasks and its end.
#[derive(Default)]
struct Entities {
    text: Vec<u8>,
    /// Ordered by id.
    rows: Vec<EntityText>,
    links: Links,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct EntityText {
    id: Uuid,
    start: usize,
    /// Place where the list of ids goes, if the layout has one.
    gap: usize,
    end: usize,
}

/// Text of the tasks of a portion, each without its assignees.
#[derive(Default)]
struct PortionTasks {
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
    /// Place where the assignees go.
    gap: usize,
    end: usize,
    /// True if how it is planned is left out.
    planless: bool,
}

impl Request {
    /// The entities of a layout that the caller sees and asks for; the episode remains to be chosen.
    pub(super) fn listing(layout: &'static EntityLayout, scope: Scope, options: &ListingOptions) -> Self {
        let mut conditions = Sql::default();
        scope.restrict(&mut conditions, layout.kind);
        if let Some(id) = options.id {
            conditions.push(" AND e.id = ").bind(id);
        }
        if options.assigned {
            conditions.push(" AND (");
            own_entities(&mut conditions, layout.kind, scope.person());
            conditions.push(")");
        }
        Self {
            layout,
            scope,
            conditions,
            linked_with: None,
            form: options.form,
        }
    }

    /// Cuts the lists of ids down to one id.
    pub(super) fn only_linked_with(&mut self, id: Uuid) {
        self.linked_with = Some(id);
    }

    /// Finds the entities.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn load(self, database: &Database) -> Result<Listing, Failure> {
        let Self { layout, conditions, .. } = &self;
        let mut sql = conditions.clone().before(&format!(
            "SELECT e.id FROM {} WHERE {}",
            layout.from,
            layout.condition()
        ));
        sql.push(&order_by(database.backend(), layout.order, "e.id"));
        let masks = self.scope.masks(database, layout.kind).await?;
        let task_masks = self.scope.task_masks(database).await?;
        let mut ids = Vec::new();
        let each = |row: &QueryResult| {
            ids.push(row.try_get("", "id")?);
            Ok(())
        };
        database.each_row(&sql, each).await?;
        Ok(Listing {
            database: database.clone(),
            request: self,
            masks,
            task_masks,
            ids,
        })
    }
}

impl Entities {
    fn find(&self, id: Uuid) -> Option<&EntityText> {
        let at = self.rows.binary_search_by_key(&id, |entity| entity.id).ok()?;
        self.rows.get(at)
    }
}

impl PortionTasks {
    fn of(&self, entity_id: Uuid) -> impl Iterator<Item = &TaskText> {
        let start = self.rows.partition_point(|task| task.entity_id < entity_id);
        self.rows[start..]
            .iter()
            .take_while(move |task| task.entity_id == entity_id)
    }
}

/// Adds a list of a few different lengths, so that the database knows most statements already: the first id fills it up.
fn bind_portion(sql: &mut Sql, ids: &[Uuid]) {
    let length = ids.len().next_power_of_two();
    sql.bind_list(ids.iter().chain(ids.first().into_iter().cycle()).copied().take(length));
}

impl Listing {
    /// Reads what is written of some entities.
    async fn read(&self, ids: &[Uuid]) -> Result<Portion, DbErr> {
        let (mut entities, links, mut tasks, assignees) = tokio::try_join!(
            self.entities(ids),
            self.links(ids),
            self.tasks(ids),
            self.assignees(ids)
        )?;
        entities.links = links;
        tasks.assignees = assignees;
        Ok(Portion { entities, tasks })
    }

    async fn entities(&self, ids: &[Uuid]) -> Result<Entities, DbErr> {
        let Request { layout, form, .. } = &self.request;
        let mut list = SelectList::default();
        let [id, project_id, data] = ["e.id", "e.project_id", "e.data"].map(|column| list.add(column));
        let writer = Writer::new(layout.fields, &mut list, *form);
        let mut sql = Sql::new(format!("SELECT {list} FROM {} WHERE e.id IN ", layout.from));
        bind_portion(&mut sql, ids);
        let mut entities = Entities::default();
        let mut metadata = Vec::new();
        let each = |row: &QueryResult| {
            let start = entities.text.len();
            let hidden = if self.masks.is_empty() {
                &[]
            } else {
                self.masks.of_project(project_id.read(row)?)
            };
            metadata.clear();
            data.write(&mut metadata, row, Kind::Json)?;
            let gap = writer.write_entity(&mut entities.text, row, &metadata, hidden)?;
            entities.rows.push(EntityText {
                id: id.read(row)?,
                start,
                gap,
                end: entities.text.len(),
            });
            Ok(())
        };
        self.database.each_row(&sql, each).await?;
        entities.rows.sort_unstable();
        Ok(entities)
    }

    /// The lists of ids of entities.
    async fn links(&self, ids: &[Uuid]) -> Result<Links, DbErr> {
        let Some(linked) = self.request.layout.ids else {
            return Ok(Links::default());
        };
        let mut sql = Sql::new("WITH e AS (SELECT e.id, e.project_id FROM entity e WHERE e.id IN ");
        bind_portion(&mut sql, ids);
        sql.push(") ").push(&linked.pairs());
        let links = Links::load_in_order(&self.database, &sql).await?;
        Ok(match self.request.linked_with {
            Some(id) => links.with(id),
            None => links,
        })
    }

    async fn tasks(&self, ids: &[Uuid]) -> Result<PortionTasks, DbErr> {
        let Request { layout, form, .. } = &self.request;
        let mut list = SelectList::default();
        let [entity, created, task, project] =
            ["t.entity_id", "t.created_at", "t.id", "t.project_id"].map(|column| list.add(column));
        let writer = Writer::new(layout.task_fields, &mut list, *form);
        let mut sql = Sql::new(format!(
            "SELECT {list} FROM task t LEFT JOIN subscription s ON s.task_id = t.id AND s.person_id = "
        ));
        sql.bind(self.request.scope.person().id);
        self.restrict_tasks(&mut sql, ids);
        let plans = self.request.scope.plans();
        let mut tasks = PortionTasks::default();
        let each = |row: &QueryResult| {
            let start = tasks.text.len();
            let (entity_id, created_at, id) = (entity.read(row)?, created.read(row)?, task.read(row)?);
            let project_id: Option<Uuid> = project.read(row)?;
            let planless = plans.as_ref().is_some_and(|plans| plans.covers(project_id));
            let hidden = project_id.map_or(&[][..], |id| self.task_masks.of_project(id));
            let gap = writer.write_task(&mut tasks.text, row, planless, hidden)?;
            tasks.rows.push(TaskText {
                entity_id,
                created_at,
                id,
                start,
                gap,
                end: tasks.text.len(),
                planless,
            });
            Ok(())
        };
        self.database.each_row(&sql, each).await?;
        tasks.rows.sort_unstable();
        Ok(tasks)
    }

    async fn assignees(&self, ids: &[Uuid]) -> Result<Links, DbErr> {
        let mut sql = Sql::new(
            "SELECT a.task_id AS owner, a.person_id AS item FROM task t JOIN task_person_link a ON a.task_id = t.id",
        );
        self.restrict_tasks(&mut sql, ids);
        Links::load(&self.database, &sql).await
    }

    /// Adds the condition on tasks `t` of entities.
    fn restrict_tasks(&self, sql: &mut Sql, ids: &[Uuid]) {
        sql.push(" WHERE t.entity_id IN ");
        bind_portion(sql, ids);
        self.request.scope.restrict_tasks(sql);
    }

    /// Writes an entity with its tasks.
    fn write(&self, out: &mut Vec<u8>, entity: &EntityText, Portion { entities, tasks }: &Portion) {
        let form = self.request.form;
        out.extend_from_slice(&entities.text[entity.start..entity.gap]);
        if self.request.layout.ids.is_some() {
            entities.links.write(out, entity.id);
        }
        out.extend_from_slice(&entities.text[entity.gap..entity.end]);
        out.extend_from_slice(if form == RowForm::Plain { b",\"tasks\":[" } else { b",[" });
        for (at, task) in tasks.of(entity.id).enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&tasks.text[task.start..task.gap]);
            if task.planless {
                out.extend_from_slice(b"[]");
            } else {
                tasks.assignees.write(out, task.id);
            }
            out.extend_from_slice(&tasks.text[task.gap..task.end]);
        }
        out.extend_from_slice(&[b']', form.brackets().1]);
    }

    /// The answer as one JSON document: a list, or the compact form with its keys.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn into_document(self) -> Result<Sent, Failure> {
        let (head, tail) = match self.request.form {
            RowForm::Plain => (b"[".to_vec(), &b"]"[..]),
            RowForm::Compact => {
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
        if self.request.form == RowForm::Plain {
            return b"{\"compact\":false".to_vec();
        }
        let names = |fields: &[Field]| {
            fields
                .iter()
                .map(|(name, _)| format!("\"{name}\""))
                .collect::<Vec<_>>()
                .join(",")
        };
        let EntityLayout {
            header,
            fields,
            task_fields,
            ..
        } = self.request.layout;
        let text = format!(
            "{{\"compact\":true,\"{header}\":[{},\"tasks\"],\"task_fields\":[{}]",
            names(fields),
            names(task_fields)
        );
        text.into_bytes()
    }

    /// Puts the answer together, one portion after the other, as fast as the client takes it.
    async fn send(
        self,
        head: Vec<u8>,
        between: &'static [u8],
        after: &'static [u8],
        tail: &'static [u8],
    ) -> Result<Sent, Failure> {
        let sent = send_written(|mut outlet| async move {
            outlet.out.extend_from_slice(&head);
            let mut first = true;
            for ids in self.ids.chunks(PORTION) {
                let portion = self.read(ids).await?;
                // An entity may have gone since the ids were read.
                for entity in ids.iter().filter_map(|id| portion.entities.find(*id)) {
                    if !std::mem::take(&mut first) {
                        outlet.out.extend_from_slice(between);
                    }
                    self.write(&mut outlet.out, entity, &portion);
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
        bind_portion(&mut sql, &[1, 2, 3].map(Uuid::from_u128));
        assert_eq!(sql.text(), "($1, $2, $3, $4)");
    }
}

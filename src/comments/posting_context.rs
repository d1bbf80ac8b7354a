//! Everything that posting comments looks at, read at once, so that many comments cost no more queries than one.

use std::collections::{BTreeSet, HashMap, HashSet};

use dailies_definitions::access::Role;
use dailies_definitions::failure::Failure;
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use uuid::Uuid;

use super::automations::{self, Automation};
use super::drafts::Draft;
use super::mentions::Mentionable;
use crate::access::{ProjectRole, place_columns, read_place};
use crate::database::{self, BATCH, Sql, write_column};
use crate::events::Work;
use crate::notifications::recipients::{self, Recipient};
use crate::tasks::progress::{Progress, StatusStep};
use crate::tasks::recompute;
use crate::tasks::statuses::{self, Status};
use crate::vocabulary::kinds::EntityKind;

/// A task with what comments on it look at and change.
#[derive(Clone, Debug)]
pub struct CommentedTask {
    pub id: Uuid,
    pub project_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
    pub entity_id: Option<Uuid>,
    pub kind: EntityKind,
    /// Name of the entity type.
    pub entity_type: String,
    /// Retakes that the task may have, where that is limited.
    pub retake_limit: Option<i64>,
    /// True if clients of the production don't see each other.
    pub clients_isolated: bool,
    pub progress: Progress,
}

/// All that is known while comments are posted.
#[derive(Debug, Default)]
pub struct PostingContext {
    pub tasks: HashMap<Uuid, CommentedTask>,
    /// Tasks of the entities, by name; only where copies or automations may reach them.
    pub of_entity: HashMap<Uuid, Vec<Uuid>>,
    pub statuses: HashMap<Uuid, Status>,
    /// Names of task types.
    pub task_types: HashMap<Uuid, String>,
    /// Automations by production.
    pub automations: HashMap<Uuid, Vec<Automation>>,
    /// Places of task types in the pipelines of productions.
    pub priorities: HashMap<(Uuid, Uuid), i32>,
    /// Comments of the tasks, from the oldest to the newest.
    pub histories: HashMap<Uuid, Vec<StatusStep>>,
    pub audiences: HashMap<Uuid, Vec<Recipient>>,
    /// Persons who do a task of the entity of a task, with that task first.
    pub workers: HashSet<(Uuid, Uuid)>,
    pub mentionable: Mentionable,
    authors: HashMap<Uuid, Role>,
    /// Roles of authors in productions, where the team's list says so.
    team_places: HashMap<(Uuid, Uuid), ProjectRole>,
}

impl PostingContext {
    /// Reads what these drafts need.
    ///
    /// # Errors
    /// 404 for a draft on an unknown task, with an unknown status or by an unknown author.
    pub async fn load(work: &Work<'_>, drafts: &[Draft]) -> Result<Self, Failure> {
        let connection = &**work;
        let named: BTreeSet<Uuid> = drafts.iter().map(|draft| draft.task_id).collect();
        let (projects, entities) = places(connection, &named).await?;
        let mut context = Self {
            statuses: statuses::all(connection).await?,
            automations: automations::of_projects(connection, &projects).await?,
            ..Self::default()
        };
        if drafts
            .iter()
            .filter_map(|draft| draft.task_status_id)
            .any(|id| !context.statuses.contains_key(&id))
        {
            return Err(Failure::not_found().naming("task_status_id"));
        }
        let reaches_others = !context.automations.is_empty() || drafts.iter().any(|draft| draft.text.contains('#'));
        context
            .read_tasks(connection, &named, if reaches_others { &entities } else { &[] })
            .await?;
        if reaches_others {
            for row in database::rows(connection, &Sql::new("SELECT id, name FROM task_type")).await? {
                context
                    .task_types
                    .insert(row.try_get("", "id")?, row.try_get("", "name")?);
            }
        }
        if !context.automations.is_empty() {
            context.priorities = automations::priorities(connection, &projects).await?;
        }
        let tasks: Vec<Uuid> = context.tasks.keys().copied().collect();
        context.histories = recompute::steps(connection, &tasks).await?;
        context.audiences = recipients::of_tasks(connection, &tasks).await?;
        context.workers = recipients::workers(connection, &tasks).await?;
        if drafts.iter().any(|draft| draft.text.contains('@')) {
            context.mentionable = Mentionable::find(connection, &projects).await?;
        }
        let authors: BTreeSet<Uuid> = drafts.iter().map(|draft| draft.author_id).collect();
        context.read_authors(connection, &authors, &projects).await?;
        Ok(context)
    }

    async fn read_tasks(
        &mut self,
        connection: &impl ConnectionTrait,
        named: &BTreeSet<Uuid>,
        entities: &[Uuid],
    ) -> Result<(), Failure> {
        for ids in entities.chunks(BATCH) {
            let mut condition = Sql::new("t.entity_id IN ");
            condition.bind_list(ids.iter().copied());
            for (entity_id, task_id) in self.read_tasks_of(connection, condition).await? {
                self.of_entity.entry(entity_id).or_default().push(task_id);
            }
        }
        let rest: Vec<Uuid> = named
            .iter()
            .copied()
            .filter(|id| !self.tasks.contains_key(id))
            .collect();
        for ids in rest.chunks(BATCH) {
            let mut condition = Sql::new("t.id IN ");
            condition.bind_list(ids.iter().copied());
            self.read_tasks_of(connection, condition).await?;
        }
        Ok(())
    }

    /// Reads tasks, and gives those of entities by name.
    async fn read_tasks_of(
        &mut self,
        connection: &impl ConnectionTrait,
        condition: Sql,
    ) -> Result<Vec<(Uuid, Uuid)>, Failure> {
        let mut sql = condition.before(
            "SELECT t.id, t.project_id, t.task_type_id, t.entity_id, k.name AS type_name, p.max_retakes, \
             CASE WHEN p.max_retakes > 0 THEN e.data END AS entity_data, p.is_clients_isolated, t.task_status_id, t.retake_count, t.real_start_date, \
             t.end_date, t.done_date, t.last_comment_date, t.name FROM task t LEFT JOIN project p ON p.id = t.project_id \
             LEFT JOIN entity e ON e.id = t.entity_id LEFT JOIN entity_type k ON k.id = e.entity_type_id WHERE ",
        );
        sql.push(" ORDER BY t.id");
        let mut of_entities = Vec::new();
        for row in database::rows(connection, &sql).await? {
            let task = read_task(&row)?;
            if let Some(entity_id) = task.entity_id {
                of_entities.push((entity_id, row.try_get::<String>("", "name")?, task.id));
            }
            self.tasks.insert(task.id, task);
        }
        of_entities.sort();
        Ok(of_entities
            .into_iter()
            .map(|(entity_id, _, task_id)| (entity_id, task_id))
            .collect())
    }

    async fn read_authors(
        &mut self,
        connection: &impl ConnectionTrait,
        authors: &BTreeSet<Uuid>,
        projects: &[Uuid],
    ) -> Result<(), Failure> {
        let places = place_columns("author", "p", "l");
        let mut sql = Sql::new(format!(
            "SELECT p.id, p.role, l.project_id, {places} FROM person p LEFT JOIN project_person_link l "
        ));
        sql.push("ON l.person_id = p.id AND l.project_id IN ")
            .bind_list(projects.iter().copied());
        sql.push(" WHERE p.id IN ").bind_list(authors.iter().copied());
        for row in database::rows(connection, &sql).await? {
            let id: Uuid = row.try_get("", "id")?;
            self.authors
                .insert(id, Role::from_code(&row.try_get::<String>("", "role")?));
            if let Some(project_id) = row.try_get::<Option<Uuid>>("", "project_id")? {
                self.team_places.insert((id, project_id), read_place(&row, "author")?);
            }
        }
        if authors.iter().all(|id| self.authors.contains_key(id)) {
            Ok(())
        } else {
            Err(Failure::not_found().naming("person_id"))
        }
    }

    /// Role of an author in a production.
    #[must_use]
    pub fn role_of(&self, author_id: Uuid, project_id: Option<Uuid>) -> Role {
        let global = self.authors.get(&author_id).copied().unwrap_or(Role::Artist);
        let own = project_id.and_then(|project_id| self.team_places.get(&(author_id, project_id)));
        own.map_or(global, |place| place.role)
    }
}

/// Productions and entities of tasks.
async fn places(connection: &impl ConnectionTrait, tasks: &BTreeSet<Uuid>) -> Result<(Vec<Uuid>, Vec<Uuid>), Failure> {
    let tasks: Vec<Uuid> = tasks.iter().copied().collect();
    let mut projects = BTreeSet::new();
    let mut entities = BTreeSet::new();
    let mut found = 0;
    for ids in tasks.chunks(BATCH) {
        let mut sql = Sql::new("SELECT project_id, entity_id FROM task WHERE id IN ");
        sql.bind_list(ids.iter().copied());
        for row in database::rows(connection, &sql).await? {
            projects.extend(row.try_get::<Option<Uuid>>("", "project_id")?);
            entities.extend(row.try_get::<Option<Uuid>>("", "entity_id")?);
            found += 1;
        }
    }
    if found == tasks.len() {
        Ok((projects.into_iter().collect(), entities.into_iter().collect()))
    } else {
        Err(Failure::not_found())
    }
}

fn read_task(row: &QueryResult) -> Result<CommentedTask, DbErr> {
    let entity_type: String = row.try_get::<Option<String>>("", "type_name")?.unwrap_or_default();
    Ok(CommentedTask {
        id: row.try_get("", "id")?,
        project_id: row.try_get("", "project_id")?,
        task_type_id: row.try_get("", "task_type_id")?,
        entity_id: row.try_get("", "entity_id")?,
        kind: EntityKind::of_type(&entity_type),
        entity_type,
        retake_limit: retake_limit(row)?,
        clients_isolated: row
            .try_get::<Option<bool>>("", "is_clients_isolated")?
            .unwrap_or_default(),
        progress: Progress {
            task_status_id: row.try_get("", "task_status_id")?,
            retake_count: row.try_get::<Option<i32>>("", "retake_count")?.unwrap_or_default(),
            real_start_date: row.try_get("", "real_start_date")?,
            end_date: row.try_get("", "end_date")?,
            done_date: row.try_get("", "done_date")?,
            last_comment_date: row.try_get("", "last_comment_date")?,
        },
    })
}

/// The limit of the production, or that of the entity where it has one of its own.
fn retake_limit(row: &QueryResult) -> Result<Option<i64>, DbErr> {
    let Some(limit) = row
        .try_get::<Option<i32>>("", "max_retakes")?
        .filter(|limit| *limit > 0)
    else {
        return Ok(None);
    };
    let mut data = Vec::new();
    write_column(&mut data, row, "entity_data", Kind::Json)?;
    let data: serde_json::Value = serde_json::from_slice(&data).unwrap_or_default();
    let own = &data["max_retakes"];
    let own = own
        .as_i64()
        .or_else(|| own.as_str().and_then(|text| text.trim().parse().ok()))
        .filter(|own| *own != 0);
    Ok(Some(own.unwrap_or_else(|| limit.into())))
}

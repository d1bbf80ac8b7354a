//! Names that the rows of a table may use of their production: metadata columns, task types, statuses and persons, read
//! once.

use std::collections::HashMap;

use dailies_definitions::failure::Failure;
use entity::project;
use sea_orm::{EntityTrait, FromQueryResult};
use uuid::Uuid;

use super::people::People;
use super::problem::{RowProblem, excerpt};
use crate::database::{self, Sql};
use crate::events::Work;
use crate::tasks::statuses::{self, Status};
use crate::vocabulary::kinds::EntityKind;

/// A metadata column.
#[derive(Debug, FromQueryResult)]
pub(super) struct ImportedDescriptor {
    pub(super) name: String,
    pub(super) field_name: String,
    pub(super) data_type: Option<String>,
}

/// A task type of the production.
#[derive(Debug, FromQueryResult)]
pub(super) struct TaskType {
    pub(super) id: Uuid,
    pub(super) name: String,
    for_entity: Option<String>,
}

impl TaskType {
    /// True if it is for entities of a kind; one that says nothing is for assets.
    pub(super) fn is_for(&self, kind: EntityKind) -> bool {
        match self.for_entity.as_deref() {
            None | Some("") => kind == EntityKind::Asset,
            Some(name) => name == kind.type_name(),
        }
    }
}

/// A production.
#[derive(Debug)]
pub(super) struct Production {
    pub(super) id: Uuid,
    /// True if it has episodes.
    pub(super) is_show: bool,
    /// True if bots can be assigned.
    pub(super) bots_work: bool,
    pub(super) descriptors: Vec<ImportedDescriptor>,
    /// In the order of the pipeline.
    pub(super) task_types: Vec<TaskType>,
    pub(super) people: People,
    statuses: Vec<Status>,
}

impl Production {
    /// Reads what rows about things of a kind may name; `task_type_id` narrows the metadata columns of tasks.
    ///
    /// # Errors
    /// 404 when there is no such production.
    pub(super) async fn load(
        work: &Work<'_>,
        id: Uuid,
        things: &str,
        task_type_id: Option<Uuid>,
    ) -> Result<Self, Failure> {
        let connection = &**work;
        let project = project::Entity::find_by_id(id)
            .one(connection)
            .await?
            .ok_or_else(Failure::not_found)?;
        let mut columns = Sql::with(
            "SELECT name, field_name, data_type FROM metadata_descriptor WHERE project_id = $1 AND entity_type = $2",
            [id.into(), things.into()],
        );
        if let Some(task_type_id) = task_type_id {
            columns.push(" AND task_type_id = ").bind(task_type_id);
        }
        columns.push(" ORDER BY position NULLS LAST, name, id");
        let types = Sql::with(
            "SELECT k.id, k.name, k.for_entity FROM project_task_type_link l JOIN task_type k ON k.id = l.task_type_id \
             WHERE l.project_id = $1 ORDER BY COALESCE(l.priority, k.priority, 0), k.name, k.id",
            [id.into()],
        );
        let mut statuses: Vec<Status> = statuses::all(connection).await?.into_values().collect();
        statuses.sort_by_key(|status| status.id);
        Ok(Self {
            id,
            is_show: project.production_type.as_deref() == Some("tvshow"),
            bots_work: project.is_bot_collaboration_enabled.unwrap_or_default(),
            descriptors: database::read_all(connection, &columns).await?,
            task_types: database::read_all(connection, &types).await?,
            people: People::load(connection).await?,
            statuses,
        })
    }

    /// Number of the columns with a heading that come before one of a task type: those of the table itself, and of metadata.
    pub(super) fn columns_named(&self, own: &[&str], heading: &str) -> usize {
        let heading = heading.trim();
        let own = own.iter().filter(|name| **name == heading).count();
        let metadata = self.descriptors.iter().map(|descriptor| descriptor.name.trim());
        own + metadata.filter(|name| *name == heading).count()
    }

    /// The status that a cell names: by its short name, as exports do, or by its name.
    pub(super) fn status(&self, column: &str, cell: &str) -> Result<Uuid, RowProblem> {
        let word = cell.to_lowercase();
        let close = |name: &str| name.to_lowercase() == word;
        let named =
            |fits: &dyn Fn(&Status) -> bool| self.statuses.iter().find(|status| fits(status)).map(|status| status.id);
        let found = named(&|status| status.short_name == cell)
            .or_else(|| named(&|status| status.name == cell))
            .or_else(|| named(&|status| close(&status.short_name)))
            .or_else(|| named(&|status| close(&status.name)));
        found.ok_or_else(|| RowProblem::about(column, format!("Task status not found for {}", excerpt(cell))))
    }

    /// The persons that a cell names, each once.
    pub(super) fn assignees(&self, column: &str, cell: &str) -> Result<Vec<Uuid>, RowProblem> {
        let mut found = Vec::new();
        for name in crate::export::cells::split_names(cell) {
            let id = self.people.find(column, &name)?;
            if self.people.is_bot(id) && !self.bots_work {
                return Err(RowProblem::about(
                    column,
                    format!("{name} is a bot, and bots do not work in this production"),
                ));
            }
            if !found.contains(&id) {
                found.push(id);
            }
        }
        Ok(found)
    }

    /// The task type for shots that a cell names.
    pub(super) fn shot_task_type(&self, column: &str, cell: &str) -> Result<Uuid, RowProblem> {
        let found = self
            .task_types
            .iter()
            .find(|kind| kind.is_for(EntityKind::Shot) && kind.name == cell);
        found
            .map(|kind| kind.id)
            .ok_or_else(|| RowProblem::about(column, format!("Task type not found for {}", excerpt(cell))))
    }
}

/// Task types that assets of a type go through, where the type names some.
pub(super) async fn workflows(work: &Work<'_>) -> Result<HashMap<Uuid, Vec<Uuid>>, Failure> {
    let mut found: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for row in database::rows(
        &**work,
        &Sql::new(
            "SELECT asset_type_id, task_type_id FROM task_type_asset_type_link WHERE asset_type_id IS NOT NULL AND task_type_id IS NOT NULL",
        ),
    )
    .await?
    {
        found
            .entry(row.try_get("", "asset_type_id")?)
            .or_default()
            .push(row.try_get("", "task_type_id")?);
    }
    Ok(found)
}

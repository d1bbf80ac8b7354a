//! The columns of a row about tasks: the status, a comment and the assignees of the task of each type.

use std::collections::{BTreeMap, HashMap, HashSet};

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::problem::{RowProblem, at_cell};
use super::production::Production;
use super::sheet::SheetRow;
use crate::comments::bulk::{self, NewComment};
use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::export::{ASSIGNATIONS, headings};
use crate::tasks::creation::{self, NewTask};
use crate::tasks::{assignment, statuses};
use crate::vocabulary::kinds::EntityKind;

/// Contents of a row about the task of one type.
#[derive(Debug)]
pub(super) struct TaskCells {
    pub(super) task_type_id: Uuid,
    /// Heading of the status, the name of the type.
    column: String,
    status: Option<Uuid>,
    comment: String,
    assignees: Vec<Uuid>,
}

/// Contents of a row about tasks, once all of it is known to be right. Types that it says nothing of are left out.
pub(super) fn read_task_cells(
    production: &Production,
    kind: EntityKind,
    line: &SheetRow<'_>,
) -> Result<Vec<TaskCells>, RowProblem> {
    let mut found = Vec::new();
    // Columns of the table itself and of metadata come before one of a task type that has their name.
    let own = headings(kind);
    let of = |heading: &str| line.behind(production.columns_named(&own, heading));
    for task_type in production.task_types.iter().filter(|task_type| task_type.is_for(kind)) {
        let name = task_type.name.as_str();
        let (comment, assignations) = (format!("{name} comment"), format!("{name} assignations"));
        let cells = TaskCells {
            task_type_id: task_type.id,
            column: name.to_owned(),
            status: of(name)
                .filled(name)
                .map(|cell| production.status(name, cell))
                .transpose()?,
            comment: of(&comment)
                .get(&comment)
                .filter(|text| !text.trim().is_empty())
                .unwrap_or_default()
                .to_owned(),
            assignees: of(&assignations)
                .filled(&assignations)
                .map(|cell| (assignations.as_str(), cell))
                .or_else(|| {
                    let cell = of(ASSIGNATIONS).filled_beside(ASSIGNATIONS, &of(name), name);
                    cell.map(|cell| (ASSIGNATIONS, cell))
                })
                .map(|(column, cell)| production.assignees(column, cell))
                .transpose()?
                .unwrap_or_default(),
        };
        if cells.status.is_some() || !cells.comment.is_empty() || !cells.assignees.is_empty() {
            found.push(cells);
        }
    }
    Ok(found)
}

/// A task, as far as rows look at it.
struct KnownTask {
    id: Uuid,
    status: Option<Uuid>,
    assignees: HashSet<Uuid>,
}

#[derive(FromQueryResult)]
struct StoredTask {
    id: Uuid,
    entity_id: Uuid,
    task_type_id: Uuid,
    task_status_id: Option<Uuid>,
}

/// The tasks of the entities of a kind, and what the rows want of them.
pub(super) struct TaskColumns {
    project_id: Uuid,
    /// The status that new tasks begin with.
    first_status: Uuid,
    known: HashMap<(Uuid, Uuid), KnownTask>,
    new: Vec<NewTask>,
    /// Tasks by the persons who get them.
    assigned: BTreeMap<Uuid, Vec<Uuid>>,
    comments: Vec<NewComment>,
    /// Line and column of each comment.
    cells: Vec<(u64, String)>,
}

impl TaskColumns {
    /// Reads the tasks of the entities of a kind.
    ///
    /// # Errors
    /// The database refuses.
    pub(super) async fn load(work: &mut Work<'_>, project_id: Uuid, kind: EntityKind) -> Result<Self, Failure> {
        let first_status = statuses::default_status(work, false).await?;
        let from = format!(
            "FROM task t JOIN entity e ON e.id = t.entity_id WHERE e.project_id = $1 AND {}",
            kind.condition("e.entity_type_id")
        );
        let text = format!(
            "SELECT t.id, t.entity_id, t.task_type_id, t.task_status_id {from} AND t.task_type_id IS NOT NULL ORDER BY t.created_at, t.id"
        );
        let stored = database::read_all::<StoredTask>(&**work, &Sql::with(text, [project_id.into()])).await?;
        let text =
            format!("SELECT l.task_id, l.person_id FROM task_person_link l WHERE l.task_id IN (SELECT t.id {from})");
        let mut assignees: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
        for row in database::rows(&**work, &Sql::with(text, [project_id.into()])).await? {
            assignees
                .entry(row.try_get("", "task_id")?)
                .or_default()
                .insert(row.try_get("", "person_id")?);
        }
        let mut known = HashMap::with_capacity(stored.len());
        for task in stored {
            // The oldest task of a type counts, as in exports.
            known
                .entry((task.entity_id, task.task_type_id))
                .or_insert_with(|| KnownTask {
                    id: task.id,
                    status: task.task_status_id,
                    assignees: assignees.remove(&task.id).unwrap_or_default(),
                });
        }
        Ok(Self {
            project_id,
            first_status,
            known,
            new: Vec::new(),
            assigned: BTreeMap::new(),
            comments: Vec::new(),
            cells: Vec::new(),
        })
    }

    /// The task of an entity, which is made when it is missing.
    pub(super) fn require(&mut self, work: &mut Work<'_>, entity_id: Uuid, task_type_id: Uuid) {
        let key = (entity_id, task_type_id);
        if !self.known.contains_key(&key) {
            let id = Uuid::new_v4();
            self.new.push(NewTask {
                id,
                entity_id,
                task_type_id,
            });
            self.known.insert(
                key,
                KnownTask {
                    id,
                    status: Some(self.first_status),
                    assignees: HashSet::new(),
                },
            );
            work.emit_in(self.project_id, "task:new", payload([("task_id", id)]));
        }
    }

    /// Refuses cells that would make a task outside of the workflow of an asset's type. A task that is there may go on.
    ///
    /// # Errors
    /// The first of them, by the name of its column.
    pub(super) fn require_workflow(
        &self,
        entity_id: Uuid,
        cells: &[TaskCells],
        (type_name, workflow): (&str, &[Uuid]),
    ) -> Result<(), RowProblem> {
        let outside = |cells: &&TaskCells| {
            !workflow.contains(&cells.task_type_id) && !self.known.contains_key(&(entity_id, cells.task_type_id))
        };
        match cells.iter().find(outside) {
            Some(TaskCells { column, .. }) => Err(RowProblem::about(
                column,
                format!("{column} is not in the workflow of {type_name}"),
            )),
            None => Ok(()),
        }
    }

    /// Takes over the cells of a row about the tasks of an entity.
    pub(super) fn take_over(&mut self, work: &mut Work<'_>, entity_id: Uuid, cells: Vec<TaskCells>, line: u64) {
        for TaskCells {
            task_type_id,
            column,
            status,
            comment,
            assignees,
        } in cells
        {
            self.require(work, entity_id, task_type_id);
            let Some(task) = self.known.get_mut(&(entity_id, task_type_id)) else {
                continue;
            };
            for person_id in assignees {
                if task.assignees.insert(person_id) {
                    self.assigned.entry(person_id).or_default().push(task.id);
                }
            }
            let moves = status.is_some_and(|status| task.status != Some(status));
            if moves || !comment.is_empty() {
                task.status = status.or(task.status);
                self.comments.push(NewComment {
                    task_id: task.id,
                    task_status_id: task.status,
                    text: comment,
                });
                self.cells.push((line, column));
            }
        }
    }

    /// Stores the new tasks, the assignments and the comments with all that follows from them.
    ///
    /// # Errors
    /// 400 with the line and the column of a comment that is refused.
    pub(super) async fn store(self, work: &mut Work<'_>, caller: &Caller) -> Result<(), Failure> {
        creation::insert(work, caller, self.project_id, self.first_status, &self.new).await?;
        for (person_id, tasks) in &self.assigned {
            assignment::add(work, caller, *person_id, self.project_id, tasks).await?;
        }
        let cells = self.cells;
        bulk::write(work, caller.person.id, self.comments)
            .await
            .map_err(|refusal| match refusal.at.and_then(|at| cells.get(at)) {
                Some((line, column)) => at_cell(refusal.failure, *line, column),
                None => refusal.failure,
            })
    }
}

//! Tables of entities of a built-in kind, which are known by their name below their parent.

use dailies_definitions::access::{Caller, ProjectManager};
use dailies_definitions::failure::Failure;
use uuid::Uuid;

use super::entities::{Matches, Stock};
use super::production::Production;
use super::task_columns::{TaskCells, TaskColumns};
use crate::events::Work;
use crate::vocabulary::kinds::{EntityKind, built_in_type};

/// Entities of one type by their names below their parents. Those that are missing are made.
#[derive(Debug)]
pub(super) struct ByParent {
    type_id: Uuid,
    found: Matches<(Option<Uuid>, String)>,
}

impl ByParent {
    /// The entities of a type.
    pub(super) fn of(stock: &Stock, type_id: Uuid) -> Self {
        let entities = stock.of_type(|id| id == type_id);
        Self {
            type_id,
            found: Matches::of(entities.map(|entity| ((entity.parent_id, entity.name.trim().to_owned()), entity.id))),
        }
    }

    /// The entity that the next row with this name means, where it is there.
    pub(super) fn known(&mut self, parent_id: Option<Uuid>, name: &str) -> Option<Uuid> {
        self.found.next(&(parent_id, name.to_owned()))
    }

    /// The entity that the next row with this name means, which is made when it is missing.
    pub(super) fn require(&mut self, stock: &mut Stock, parent_id: Option<Uuid>, name: &str) -> Uuid {
        let key = (parent_id, name.to_owned());
        self.found.next(&key).unwrap_or_else(|| {
            let id = stock.add(self.type_id, name, parent_id);
            self.found.add(key, id);
            id
        })
    }
}

/// A table of entities of one kind, with all that its rows may name.
pub(super) struct BuiltInTable {
    pub(super) production: Production,
    pub(super) stock: Stock,
    pub(super) by_parent: ByParent,
    /// True if rows change entities that are there already.
    pub(super) update: bool,
    kind: EntityKind,
    tasks: TaskColumns,
}

impl BuiltInTable {
    /// Reads all that the rows may name.
    ///
    /// # Errors
    /// 404 when there is no such production.
    pub(super) async fn load(
        work: &mut Work<'_>,
        access: &ProjectManager,
        kind: EntityKind,
        update: bool,
    ) -> Result<Self, Failure> {
        let production = Production::load(work, access.project_id(), kind.type_name(), None).await?;
        let type_id = built_in_type(&**work, kind).await?;
        let stock = Stock::load(work, access).await?;
        let by_parent = ByParent::of(&stock, type_id);
        let tasks = TaskColumns::load(work, production.id, kind).await?;
        Ok(Self {
            production,
            stock,
            by_parent,
            update,
            kind,
            tasks,
        })
    }

    /// Gives a new entity the tasks of its kind, and takes over the cells of its row about tasks.
    pub(super) fn settle_tasks(
        &mut self,
        work: &mut Work<'_>,
        id: Uuid,
        is_new: bool,
        cells: Vec<TaskCells>,
        line: u64,
    ) {
        let kind = self.kind;
        if is_new {
            for task_type in self
                .production
                .task_types
                .iter()
                .filter(|task_type| task_type.is_for(kind))
            {
                self.tasks.require(work, id, task_type.id);
            }
        }
        if is_new || self.update {
            self.tasks.take_over(work, id, cells, line);
        }
    }

    /// Stores what came of all rows.
    ///
    /// # Errors
    /// 400 with the line of a comment that is refused.
    pub(super) async fn store(self, work: &mut Work<'_>, caller: &Caller) -> Result<(), Failure> {
        self.stock.store(work).await?;
        self.tasks.store(work, caller).await
    }
}

//! Tables of edits.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, ProjectManager};
use dailies_definitions::failure::Failure;
use serde_json::json;
use uuid::Uuid;

use super::entities::{LONGEST_NAME, Matches, Stock};
use super::import::EntityImport;
use super::metadata;
use super::problem::RowProblem;
use super::production::Production;
use super::sheet::SheetRow;
use super::task_columns::{TaskColumns, read_task_cells};
use crate::events::{Payload, Work};
use crate::vocabulary::kinds::{EntityKind, built_in_type};

/// A table of edits.
pub(super) struct EditImport {
    production: Production,
    stock: Stock,
    tasks: TaskColumns,
    edit_type: Uuid,
    by_episode: Matches<(Option<Uuid>, String)>,
    update: bool,
}

#[async_trait]
impl EntityImport for EditImport {
    async fn load(work: &mut Work<'_>, access: &ProjectManager, update: bool) -> Result<Self, Failure> {
        let production = Production::load(work, access.project_id(), EntityKind::Edit.type_name(), None).await?;
        let edit_type = built_in_type(&**work, EntityKind::Edit).await?;
        let stock = Stock::load(work, access).await?;
        let by_episode = Matches::of(stock.of_type(|id| id == edit_type).map(|edit| ((edit.parent_id, edit.name.clone()), edit.id)));
        let tasks = TaskColumns::load(work, production.id, EntityKind::Edit).await?;
        Ok(Self { production, stock, tasks, edit_type, by_episode, update })
    }

    fn line(&mut self, work: &mut Work<'_>, line: &SheetRow<'_>) -> Result<Uuid, RowProblem> {
        let name = line.name("Name", LONGEST_NAME)?;
        let episode = line.filled("Episode");
        if episode.is_some() && !self.production.is_show {
            return Err(RowProblem("An episode column is present for a production that isn't a TV Show".into()));
        }
        let cells = read_task_cells(&self.production, EntityKind::Edit, line)?;
        let episode_id = episode.map(|name| self.stock.episode(work, "Episode", name)).transpose()?;
        let key = (episode_id, name.to_owned());
        let id = self.by_episode.next(&key).unwrap_or_else(|| {
            let id = self.stock.add(self.edit_type, name, episode_id);
            self.by_episode.add(key, id);
            id
        });
        let Some(entry) = self.stock.entry(id) else { return Ok(id) };
        let is_new = entry.is_new();
        let writes = is_new || self.update;
        let stored = entry.take_data();
        let mut data = stored.clone();
        metadata::apply(&mut data, &self.production.descriptors, &self.production.people, line, is_new)?;
        entry.put_data(if writes { data } else { stored });
        if writes {
            entry.describe(line);
        }
        let mut more = Payload::from_iter([("episode_id".to_owned(), json!(episode_id))]);
        if is_new {
            more.insert("parent_id".into(), json!(episode_id));
        }
        self.stock.emit_change(work, EntityKind::Edit, id, more);
        if is_new {
            for task_type in self.production.task_types.iter().filter(|task_type| task_type.is_for(EntityKind::Edit)) {
                self.tasks.require(work, id, task_type.id);
            }
        }
        if writes {
            self.tasks.take_over(work, id, cells, line.number);
        }
        Ok(id)
    }

    async fn store(self, work: &mut Work<'_>, caller: &Caller) -> Result<(), Failure> {
        self.stock.store(work).await?;
        self.tasks.store(work, caller).await
    }
}

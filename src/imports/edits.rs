//! Tables of edits.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, ProjectManager};
use dailies_definitions::failure::Failure;
use serde_json::json;
use uuid::Uuid;

use super::built_in::BuiltInTable;
use super::entities::LONGEST_NAME;
use super::import::EntityImport;
use super::metadata;
use super::problem::RowProblem;
use super::sheet::SheetRow;
use super::task_columns::read_task_cells;
use crate::events::{Payload, Work};
use crate::export::headings;
use crate::vocabulary::kinds::EntityKind;

/// A table of edits.
pub(super) struct EditImport(BuiltInTable);

#[async_trait]
impl EntityImport for EditImport {
    async fn load(work: &mut Work<'_>, access: &ProjectManager, update: bool) -> Result<Self, Failure> {
        BuiltInTable::load(work, access, EntityKind::Edit, update)
            .await
            .map(Self)
    }

    fn line(&mut self, work: &mut Work<'_>, line: &SheetRow<'_>) -> Result<Uuid, RowProblem> {
        let table = &mut self.0;
        let name = line.name("Name", LONGEST_NAME)?;
        let episode = line.filled("Episode");
        if episode.is_some() && !table.production.is_show {
            return Err(RowProblem(
                "An episode column is present for a production that isn't a TV Show".into(),
            ));
        }
        let cells = read_task_cells(&table.production, EntityKind::Edit, line)?;
        let episode_id = episode
            .map(|name| table.stock.episode(work, "Episode", name))
            .transpose()?;
        let id = table.by_parent.require(&mut table.stock, episode_id, name);
        let Some(entry) = table.stock.entry(id) else {
            return Ok(id);
        };
        let is_new = entry.is_new();
        let writes = is_new || table.update;
        let stored = entry.take_data();
        let mut data = stored.clone();
        metadata::apply(&mut data, &table.production, line, &headings(EntityKind::Edit), is_new)?;
        entry.put_data(if writes { data } else { stored });
        if writes {
            entry.describe(line);
        }
        let mut more = Payload::from_iter([("episode_id".to_owned(), json!(episode_id))]);
        if is_new {
            more.insert("parent_id".into(), json!(episode_id));
        }
        table.stock.emit_change(work, EntityKind::Edit, id, more);
        table.settle_tasks(work, id, is_new, cells, line.number);
        Ok(id)
    }

    async fn store(self, work: &mut Work<'_>, caller: &Caller) -> Result<(), Failure> {
        self.0.store(work, caller).await
    }
}

//! The way of a table whose rows are entities: all that it may name is read at once, then each row is worked out in memory,
//! and what comes of them is stored together.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, ProjectManager};
use dailies_definitions::failure::Failure;
use uuid::Uuid;

use super::entities::answer;
use super::problem::RowProblem;
use super::sheet::{Sheet, SheetRow};
use crate::app::App;
use crate::events::Work;

/// Table of entities of one kind.
#[async_trait]
pub(super) trait EntityImport: Sized + Send {
    /// Reads all that the rows may name.
    async fn load(work: &mut Work<'_>, access: &ProjectManager, update: bool) -> Result<Self, Failure>;

    /// Works out one row, and gives the id of its entity.
    fn line(&mut self, work: &mut Work<'_>, line: &SheetRow<'_>) -> Result<Uuid, RowProblem>;

    /// Stores what came of all rows.
    async fn store(self, work: &mut Work<'_>, caller: &Caller) -> Result<(), Failure>;
}

/// Imports a table of entities, and gives them as JSON. Rows of entities that are there change them only with `update`.
///
/// # Errors
/// 400 with the line that is wrong; nothing is stored then.
pub(super) async fn import<T: EntityImport>(
    app: &App,
    access: &ProjectManager,
    sheet: &Sheet,
    update: bool,
) -> Result<Vec<u8>, Failure> {
    if sheet.len() == 0 {
        return Ok(b"[]".to_vec());
    }
    let mut work = Work::begin(app, access.caller()).await?;
    let mut import = T::load(&mut work, access, update).await?;
    let mut ids = Vec::with_capacity(sheet.len());
    for line in sheet.lines() {
        ids.push(
            import
                .line(&mut work, &line)
                .map_err(|problem| problem.at(line.number))?,
        );
    }
    import.store(&mut work, access.caller()).await?;
    let text = answer(&work, &ids).await?;
    work.finish().await?;
    Ok(text)
}

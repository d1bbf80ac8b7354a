//! Records that clients could not bring along from ShotGrid, kept for a later look.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use sea_orm::Value as SqlValue;
use uuid::Uuid;

use super::Record;
use crate::app::App;
use crate::database::{self, Database, RecordWriter, Sql};
use crate::events::Work;

/// The kind of record that answers name.
const TYPE: &str = "DataImportError";

/// All that is kept, the oldest first.
///
/// # Errors
/// The database does not answer.
pub(in crate::sources) async fn list_errors<T>(database: &Database) -> Result<Json<T>, Failure> {
    let writer = RecordWriter::new(&entity::data_import_error::TABLE, "r", TYPE);
    let text = format!(
        "SELECT {} FROM data_import_error r WHERE r.source = 'shotgun' ORDER BY r.created_at, r.id",
        writer.columns()
    );
    Ok(writer.list(database, Sql::new(text)).await?)
}

/// One of them.
///
/// # Errors
/// 404 when there is none.
pub(in crate::sources) async fn read_error(database: &Database, id: Uuid) -> Result<Vec<u8>, Failure> {
    let found = database::json::record(database, &entity::data_import_error::TABLE, TYPE, id).await?;
    found.ok_or_else(Failure::not_found)
}

/// Keeps what was received.
///
/// # Errors
/// The database refuses.
pub(in crate::sources) async fn keep_error(app: &App, caller: &Caller, event: Record) -> Result<Vec<u8>, Failure> {
    let work = Work::begin(app, caller).await?;
    let (id, now) = (Uuid::new_v4(), database::now());
    // The word stands in the text, because PostgreSQL has a type of its own for it.
    let sql = Sql::with(
        "INSERT INTO data_import_error (id, event_data, source, created_at, updated_at) VALUES ($1, $2, 'shotgun', $3, $3)",
        [id.into(), SqlValue::Json(Some(Box::new(event.into()))), now.into()],
    );
    database::execute(&*work, &sql).await?;
    let kept = database::json::record(&*work, &entity::data_import_error::TABLE, TYPE, id).await?;
    work.finish().await?;
    kept.ok_or_else(Failure::not_found)
}

/// Forgets one of them.
///
/// # Errors
/// 404 when there is none.
pub(in crate::sources) async fn forget_error(app: &App, caller: &Caller, id: Uuid) -> Result<(), Failure> {
    let work = Work::begin(app, caller).await?;
    let sql = Sql::with("DELETE FROM data_import_error WHERE id = $1", [id.into()]);
    if database::execute(&*work, &sql).await? == 0 {
        return Err(Failure::not_found());
    }
    work.finish().await?;
    Ok(())
}

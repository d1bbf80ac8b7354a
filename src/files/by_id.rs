//! Files of either kind, by their ids.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::rules::RecordRule;
use dailies_definitions::schemas::AnyFile;
use uuid::Uuid;

use super::output_listings::OutputWriter;
use super::working::with_outputs;
use crate::access::records::{RecordSubject, require_record};
use crate::app::App;
use crate::database::{self, Sql};

/// The working file or output file with that id.
///
/// # Errors
/// 404 when there is neither, 403 for those who may not read what it belongs to.
pub(super) async fn get(app: &App, caller: &Caller, id: Uuid) -> Result<Json<AnyFile>, Failure> {
    let connection = &app.database;
    let sql = Sql::with(
        "SELECT 1 AS works, t.entity_id FROM working_file w LEFT JOIN task t ON t.id = w.task_id WHERE w.id = $1 \
         UNION ALL SELECT 0 AS works, o.entity_id FROM output_file o WHERE o.id = $1 ORDER BY works DESC",
        [id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    require_record(
        connection,
        caller,
        RecordRule::EntityReader,
        RecordSubject::Entity(row.try_get("", "entity_id")?),
    )
    .await?;
    let is_working = row.try_get::<i32>("", "works")? == 1;
    let text = if is_working {
        with_outputs(connection, id).await?
    } else {
        OutputWriter::new().one(connection, id).await?
    };
    Ok(Json::written(text))
}

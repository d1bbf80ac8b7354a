//! Working files of tasks and entities, listed.

use dailies_definitions::failure::Failure;
use dailies_definitions::files::ListEntityWorkingFilesQuery;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{WorkingFile, WorkingFilesByName};
use entity::facts::Kind;
use entity::working_file::TABLE;
use sea_orm::DbBackend;
use uuid::Uuid;

use crate::app::App;
use crate::database::dialect::json_ids;
use crate::database::{Outlet, RecordWriter, Sql, send_written, write_text};

const TYPE: &str = "WorkingFile";

/// A writer of working files `w` with the ids of the output files that were made from them.
pub(super) fn with_outputs_writer(backend: DbBackend) -> RecordWriter {
    let outputs = json_ids(backend, "o.id", "output_file o WHERE o.source_file_id = w.id");
    RecordWriter::new(&TABLE, "w", TYPE).with(&[(&outputs, "outputs", Kind::Json)])
}

/// The files of a task, the latest revision first.
pub(super) async fn of_task(app: &App, task_id: Uuid) -> Result<Json<Vec<WorkingFile>>, Failure> {
    let writer = RecordWriter::new(&TABLE, "w", TYPE);
    let sql = Sql::with(
        format!(
            "SELECT {} FROM working_file w WHERE w.task_id = $1 AND w.revision >= 0 ORDER BY w.revision DESC, w.created_at DESC, w.id",
            writer.columns()
        ),
        [task_id.into()],
    );
    Ok(writer.list(&app.database, sql).await?)
}

/// The files of an entity, the latest revision first.
pub(super) async fn of_entity(
    app: &App,
    entity_id: Uuid,
    query: &ListEntityWorkingFilesQuery,
) -> Result<Json<Vec<WorkingFile>>, Failure> {
    let writer = if query.relations {
        with_outputs_writer(app.database.backend())
    } else {
        RecordWriter::new(&TABLE, "w", TYPE)
    };
    let mut sql = Sql::with(
        format!(
            "SELECT {} FROM working_file w WHERE w.entity_id = $1 AND w.revision >= 0",
            writer.columns()
        ),
        [entity_id.into()],
    );
    if let Some(task_id) = query.task_id {
        sql.push(" AND w.task_id = ").bind(task_id);
    }
    if let Some(name) = query.name.as_deref().filter(|name| !name.is_empty()) {
        sql.push(" AND w.name = ").bind(name);
    }
    sql.push(" ORDER BY w.revision DESC, w.created_at DESC, w.id");
    Ok(writer.list(&app.database, sql).await?)
}

/// The file with the highest revision of each name, by the names.
pub(super) async fn last_of_task(app: &App, task_id: Uuid) -> Result<Json<WorkingFilesByName>, Failure> {
    let writer = RecordWriter::new(&TABLE, "w", TYPE);
    let sql = Sql::with(
        format!(
            "SELECT {}, w.name AS file_name FROM working_file w WHERE w.id IN (SELECT r.id FROM (SELECT f.id, \
             ROW_NUMBER() OVER (PARTITION BY f.name ORDER BY f.revision DESC, f.created_at DESC, f.id) AS place FROM working_file f \
             WHERE f.task_id = $1 AND f.name IS NOT NULL AND f.revision IS NOT NULL) r WHERE r.place = 1) ORDER BY w.name",
            writer.columns()
        ),
        [task_id.into()],
    );
    let database = app.database.clone();
    let sent = send_written(|mut outlet: Outlet| async move {
        outlet.out.push(b'{');
        let mut first = true;
        for row in database.rows(&sql).await? {
            if !std::mem::take(&mut first) {
                outlet.out.push(b',');
            }
            write_text(&mut outlet.out, &row.try_get::<String>("", "file_name")?);
            outlet.out.push(b':');
            writer.write(&mut outlet.out, &row)?;
            outlet.flush().await?;
        }
        outlet.out.push(b'}');
        Ok(outlet)
    });
    Ok(sent.await?.into())
}

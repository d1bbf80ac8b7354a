//! Lists of previews: of an entity, by task type, and of what is not ready.

use dailies_definitions::access::EntityReader;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::previews::ListRunningPreviewsQuery;
use dailies_definitions::schemas::{PreviewSummary, PreviewsByTaskType, RunningPreview};
use entity::facts::{Column, Kind};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::revisions::{self, PreviewChoice, PreviewForm, Which};
use super::rows::{PreviewWriter, columns};
use crate::access::previews::OfEntities;
use crate::app::App;
use crate::database::{Database, Field, RowWriter, Sql, stream_array, stream_objects, write_column, write_text};
use crate::vocabulary::entity_names::{ENTITY_COLUMNS, ENTITY_PARENTS, EntityNames};

/// Keys of a preview in few words.
const SUMMARY: [&str; 14] = [
    "id",
    "name",
    "original_name",
    "extension",
    "revision",
    "position",
    "file_size",
    "status",
    "validation_status",
    "task_id",
    "person_id",
    "created_at",
    "token_in",
    "token_out",
];

fn preview_columns(names: &[&str]) -> Vec<&'static Column> {
    names
        .iter()
        .filter_map(|name| entity::preview_file::TABLE.column(name))
        .collect()
}

fn select(columns: &[&'static Column]) -> String {
    columns
        .iter()
        .map(|column| format!("p.\"{}\"", column.name))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The previews of the tasks of an entity that lists show to the caller.
///
/// # Errors
/// The database does not answer.
pub(super) async fn of_entity(
    app: &App,
    access: &EntityReader,
    entity_id: Uuid,
) -> Result<Json<Vec<PreviewSummary>>, Failure> {
    let columns = preview_columns(&SUMMARY);
    let mut sql = Sql::with(
        format!(
            "SELECT {} FROM preview_file p JOIN task t ON t.id = p.task_id LEFT JOIN task_type k ON k.id = t.task_type_id WHERE t.entity_id = $1",
            select(&columns)
        ),
        [entity_id.into()],
    );
    OfEntities::within(access, access.project_id(), access.role()).restrict(&mut sql, &[]);
    sql.push(" ORDER BY k.name, p.revision DESC, p.position, p.created_at, p.id");
    let writer = RowWriter::new(columns.into_iter().map(Field::from));
    Ok(stream_objects(&app.database, sql, writer).await?.into())
}

/// Requires that an entity is of a kind, by the name of its type.
///
/// # Errors
/// 404 when the entity is not of that kind.
pub(super) async fn require_kind(database: &Database, entity_id: Uuid, kind: &str) -> Result<(), Failure> {
    let sql = Sql::with(
        "SELECT 1 FROM entity e JOIN entity_type k ON k.id = e.entity_type_id WHERE e.id = $1 AND k.name = $2",
        [entity_id.into(), kind.into()],
    );
    database.row(&sql).await?.map(|_| ()).ok_or_else(Failure::not_found)
}

/// The revisions of the tasks of an entity that lists show to the caller, by task type.
///
/// # Errors
/// The database does not answer.
pub(super) async fn by_task_type(
    app: &App,
    access: &EntityReader,
    entity_id: Uuid,
) -> Result<Json<PreviewsByTaskType>, Failure> {
    let listed = OfEntities::within(access, access.project_id(), access.role());
    let found = revisions::find(
        &app.database,
        Which::OfEntities(&[entity_id], &listed),
        PreviewForm::Listed,
        PreviewChoice::None,
    )
    .await?;
    Ok(Json::written(revisions::by_task_type(
        found.get(&entity_id).map_or(&[], Vec::as_slice),
    )))
}

/// Previews of open productions that are not ready.
///
/// # Errors
/// 400 for a cursor that is no preview.
pub(super) async fn running(app: &App, query: &ListRunningPreviewsQuery) -> Result<Json<Vec<RunningPreview>>, Failure> {
    let mut sql = Sql::new(format!(
        "SELECT {}, t.project_id, t.task_type_id, {ENTITY_COLUMNS} FROM preview_file p JOIN task t ON t.id = p.task_id \
         JOIN project pr ON pr.id = t.project_id JOIN project_status s ON s.id = pr.project_status_id \
         LEFT JOIN entity e ON e.id = t.entity_id {ENTITY_PARENTS} \
         WHERE p.status IN ('broken', 'missing', 'processing') AND s.name IN ('Active', 'open', 'Open')",
        columns()
    ));
    if let Some(cursor) = query.cursor_preview_file_id {
        let unknown =
            || Failure::parameter(format!("No preview file found with id: {cursor}")).naming("cursor_preview_file_id");
        let found = Sql::with("SELECT 1 FROM preview_file WHERE id = $1", [cursor.into()]);
        app.database.row(&found).await?.ok_or_else(unknown)?;
        // Among those of the same moment the id decides, so that none is left out.
        sql.push(" AND (p.created_at, p.id) < (SELECT c.created_at, c.id FROM preview_file c WHERE c.id = ")
            .bind(cursor)
            .push(")");
    }
    sql.push(" ORDER BY p.created_at DESC, p.id DESC");
    if let Some(limit) = query.limit {
        sql.push(" LIMIT ").bind(limit);
    }
    let writer = PreviewWriter::new();
    let sent = stream_array(&app.database, sql, move |out, row| {
        writer.write_open(out, row)?;
        out.extend_from_slice(b",\"project_id\":");
        write_column(out, row, "project_id", Kind::Uuid)?;
        out.extend_from_slice(b",\"task_type_id\":");
        write_column(out, row, "task_type_id", Kind::Uuid)?;
        out.extend_from_slice(b",\"full_entity_name\":");
        write_text(out, &EntityNames::from_query_result(row, "")?.full());
        out.push(b'}');
        Ok(())
    });
    Ok(sent.await?.into())
}

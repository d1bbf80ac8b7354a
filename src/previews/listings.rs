//! Lists of previews: of an entity, by task type, and of what is not ready.

use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::previews::ListRunningPreviewsQuery;
use dailies_definitions::schemas::{PreviewSummary, PreviewsByTaskType, RunningPreview};
use entity::facts::{Column, Kind};
use sea_orm::{DbErr, QueryResult};
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::rows::{PreviewWriter, columns};
use crate::app::App;
use crate::database::{Database, Field, RowWriter, Sql, stream_array, write_text, write_uuid, write_value};
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

/// Keys that the first preview of a revision and the others share.
const REVISION: [&str; 11] =
    ["id", "revision", "original_name", "extension", "width", "height", "duration", "status", "annotations", "created_at", "task_id"];

fn preview_columns(names: &[&str]) -> Vec<&'static Column> {
    names.iter().filter_map(|name| entity::preview_file::TABLE.column(name)).collect()
}

fn select(columns: &[&'static Column]) -> String {
    let names = columns.iter().map(|column| match column.name {
        "duration" => "COALESCE(p.duration, 0.0)".to_owned(),
        name => format!("p.\"{name}\""),
    });
    names.collect::<Vec<_>>().join(", ")
}

/// The previews of all tasks of an entity.
///
/// # Errors
/// The database does not answer.
pub(super) async fn of_entity(app: &App, entity_id: Uuid) -> Result<Json<Vec<PreviewSummary>>, Failure> {
    let columns = preview_columns(&SUMMARY);
    let sql = Sql::with(
        format!(
            "SELECT {} FROM preview_file p JOIN task t ON t.id = p.task_id LEFT JOIN task_type k ON k.id = t.task_type_id \
             WHERE t.entity_id = $1 ORDER BY k.name, p.revision DESC, p.position, p.created_at, p.id",
            select(&columns)
        ),
        [entity_id.into()],
    );
    let writer = RowWriter::new(columns.into_iter().map(Field::from));
    let sent = stream_array(&app.database, sql, move |out, row| {
        out.push(b'{');
        writer.write(out, row)?;
        out.push(b'}');
        Ok(())
    });
    Ok(sent.await?.into())
}

/// # Errors
/// 404 when the entity is not of that kind.
pub(super) async fn require_kind(database: &Database, entity_id: Uuid, kind: &str) -> Result<(), Failure> {
    let sql = Sql::with(
        "SELECT 1 FROM entity e JOIN entity_type k ON k.id = e.entity_type_id WHERE e.id = $1 AND k.name = $2",
        [entity_id.into(), kind.into()],
    );
    database.row(&sql).await?.map(|_| ()).ok_or_else(Failure::not_found)
}

/// The revisions of all tasks of an entity, by task type.
///
/// # Errors
/// The database does not answer.
pub(super) async fn by_task_type(app: &App, entity_id: Uuid) -> Result<Json<PreviewsByTaskType>, Failure> {
    let columns = preview_columns(&REVISION);
    let sql = Sql::with(
        format!(
            "SELECT {}, p.position, p.data, t.task_type_id, t.id, p.revision FROM preview_file p JOIN task t ON t.id = p.task_id \
             JOIN task_type k ON k.id = t.task_type_id WHERE t.entity_id = $1 \
             ORDER BY COALESCE(k.priority, 0) DESC, k.name, k.id, p.revision DESC, t.created_at, t.id, p.created_at, p.id",
            select(&columns)
        ),
        [entity_id.into()],
    );
    let mut tree = RevisionTree::new(&columns);
    for row in app.database.rows(&sql).await? {
        tree.add(&row)?;
    }
    Ok(Json::written(tree.finish()))
}

/// Writes `{task type: [{first of a revision, "previews": [the others]}]}` from rows in that order.
struct RevisionTree {
    out: Vec<u8>,
    writer: RowWriter,
    /// What the last row belonged to.
    open: Option<Place>,
    /// Whether the list of others is still empty.
    alone: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    task_type_id: Uuid,
    task_id: Uuid,
    revision: Option<i32>,
}

impl RevisionTree {
    fn new(columns: &[&'static Column]) -> Self {
        let writer = RowWriter::new(columns.iter().map(|column| Field::from(*column)));
        Self { out: b"{".to_vec(), writer, open: None, alone: true }
    }

    fn add(&mut self, row: &QueryResult) -> Result<(), DbErr> {
        let at = self.writer.width();
        let place =
            Place { task_type_id: row.try_get_by_index(at + 2)?, task_id: row.try_get_by_index(at + 3)?, revision: row.try_get_by_index(at + 4)? };
        if self.open == Some(place) {
            self.out.extend_from_slice(if std::mem::take(&mut self.alone) { b"{" } else { b",{" });
            self.write(row)?;
            self.out.extend_from_slice(b",\"position\":");
            write_value(&mut self.out, row, at, Kind::Integer)?;
            self.out.extend_from_slice(b",\"task_type_id\":");
            write_uuid(&mut self.out, place.task_type_id);
            self.out.push(b'}');
            return Ok(());
        }
        match self.open {
            Some(open) if open.task_type_id == place.task_type_id => self.out.extend_from_slice(b"]},"),
            open => {
                self.out.extend_from_slice(if open.is_some() { b"]}]," } else { b"" });
                write_uuid(&mut self.out, place.task_type_id);
                self.out.extend_from_slice(b":[");
            }
        }
        self.open = Some(place);
        self.alone = true;
        self.out.push(b'{');
        self.write(row)?;
        self.out.extend_from_slice(b",\"previews\":[");
        Ok(())
    }

    fn write(&mut self, row: &QueryResult) -> Result<(), DbErr> {
        self.writer.write(&mut self.out, row)?;
        let mut data = Vec::new();
        write_value(&mut data, row, self.writer.width() + 1, Kind::Json)?;
        let facts: Option<UploadFacts> = serde_json::from_slice(&data).unwrap_or_default();
        let facts = facts.unwrap_or_default();
        for (key, value) in [
            ("original_width", facts.original_width),
            ("original_height", facts.original_height),
            ("original_duration", facts.original_duration),
            ("original_file_size", facts.original_file_size),
        ] {
            let value = value.as_deref().map_or("null", RawValue::get);
            self.out.extend_from_slice(format!(",\"{key}\":{value}").as_bytes());
        }
        Ok(())
    }

    fn finish(mut self) -> Vec<u8> {
        self.out.extend_from_slice(if self.open.is_some() { b"]}]}" } else { b"}" });
        self.out
    }
}

/// What the free data of a preview tells of the movie that was sent.
#[derive(Default, Deserialize)]
#[serde(default)]
struct UploadFacts {
    original_width: Option<Box<RawValue>>,
    original_height: Option<Box<RawValue>>,
    original_duration: Option<Box<RawValue>>,
    original_file_size: Option<Box<RawValue>>,
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
        let unknown = || Failure::parameter(format!("No preview file found with id: {cursor}"));
        let found = Sql::with("SELECT 1 FROM preview_file WHERE id = $1", [cursor.into()]);
        app.database.row(&found).await?.ok_or_else(unknown)?;
        // Among those of the same moment the id decides, so that none is left out.
        sql.push(" AND (p.created_at, p.id) < (SELECT c.created_at, c.id FROM preview_file c WHERE c.id = ").bind(cursor).push(")");
    }
    sql.push(" ORDER BY p.created_at DESC, p.id DESC");
    if let Some(limit) = query.limit {
        sql.push(" LIMIT ").bind(limit);
    }
    let writer = PreviewWriter::new();
    let sent = stream_array(&app.database, sql, move |out, row| {
        let at = writer.width();
        writer.write_open(out, row)?;
        out.extend_from_slice(b",\"project_id\":");
        write_value(out, row, at, Kind::Uuid)?;
        out.extend_from_slice(b",\"task_type_id\":");
        write_value(out, row, at + 1, Kind::Uuid)?;
        out.extend_from_slice(b",\"full_entity_name\":");
        write_text(out, &EntityNames::read(row, at + 2)?.full());
        out.push(b'}');
        Ok(())
    });
    Ok(sent.await?.into())
}

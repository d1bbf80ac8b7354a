//! Output files and their kinds, listed.

use dailies_definitions::failure::Failure;
use dailies_definitions::files::OutputFileFilter;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{OutputFile, OutputType};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use uuid::Uuid;

use super::defaults::output_type;
use super::owner::Instance;
use crate::app::App;
use crate::database::{self, NestedWriter, RecordWriter, SelectList, Sql, stream_array};

/// Writes output files `o`, each with the working file `s` that it was made from.
#[derive(Debug)]
pub(super) struct OutputWriter {
    list: SelectList,
    record: RecordWriter,
    source: NestedWriter,
}

impl OutputWriter {
    pub(super) fn new() -> Self {
        let record = RecordWriter::new(&entity::output_file::TABLE, "o", "OutputFile");
        let mut list = SelectList::of_record(&record);
        let source = NestedWriter::new(
            "source_file",
            &entity::working_file::TABLE,
            "s",
            "WorkingFile",
            &mut list,
        );
        Self { list, record, source }
    }

    /// A query of output files up to its joins.
    fn select(&self) -> Sql {
        Sql::new(format!(
            "SELECT {} FROM output_file o LEFT JOIN working_file s ON s.id = o.source_file_id",
            self.list
        ))
    }

    fn write(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), DbErr> {
        self.record.write_open(out, row)?;
        self.source.write(out, row)?;
        out.push(b'}');
        Ok(())
    }

    /// One output file.
    ///
    /// # Errors
    /// 404 when it is not there.
    pub(super) async fn one(&self, connection: &impl ConnectionTrait, id: Uuid) -> Result<Vec<u8>, Failure> {
        let mut sql = self.select();
        sql.push(" WHERE o.id = ").bind(id);
        let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
        let mut out = Vec::with_capacity(1024);
        self.write(&mut out, &row)?;
        Ok(out)
    }

    async fn list(self, app: &App, sql: Sql) -> Result<Json<Vec<OutputFile>>, Failure> {
        Ok(stream_array(&app.database, sql, move |out, row| self.write(out, row))
            .await?
            .into())
    }
}

/// Adds the conditions of a filter on the files of a table, each with `AND` before it.
fn restrict(sql: &mut Sql, table: &str, filter: &OutputFileFilter) {
    let ids = [
        ("output_type_id", filter.output_type_id),
        ("task_type_id", filter.task_type_id),
        ("file_status_id", filter.file_status_id),
    ];
    for (column, id) in ids {
        if let Some(id) = id {
            sql.push(&format!(" AND {table}.{column} = ")).bind(id);
        }
    }
    for (column, text) in [("representation", &filter.representation), ("name", &filter.name)] {
        if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
            sql.push(&format!(" AND {table}.{column} = ")).bind(text);
        }
    }
}

/// Owner whose output files are listed.
#[derive(Clone, Copy, Debug)]
pub(super) enum OutputOwner {
    Entity(Uuid),
    /// An instance, wherever it is, or in one entity.
    Instance {
        id: Uuid,
        temporal_entity_id: Option<Uuid>,
    },
}

impl From<Instance> for OutputOwner {
    fn from(instance: Instance) -> Self {
        Self::Instance {
            id: instance.id,
            temporal_entity_id: Some(instance.temporal_entity_id),
        }
    }
}

impl OutputOwner {
    /// Adds the condition on the files of a table.
    fn restrict(self, sql: &mut Sql, table: &str) {
        match self {
            Self::Entity(id) => {
                sql.push(&format!("{table}.asset_instance_id IS NULL AND {table}.entity_id = "))
                    .bind(id);
            }
            Self::Instance { id, temporal_entity_id } => {
                sql.push(&format!("{table}.asset_instance_id = ")).bind(id);
                if let Some(id) = temporal_entity_id {
                    sql.push(&format!(" AND {table}.temporal_entity_id = ")).bind(id);
                }
            }
        }
    }
}

/// The files, the latest revision first.
pub(super) async fn list(
    app: &App,
    of: OutputOwner,
    filter: &OutputFileFilter,
) -> Result<Json<Vec<OutputFile>>, Failure> {
    let writer = OutputWriter::new();
    let mut sql = writer.select();
    sql.push(" WHERE ");
    of.restrict(&mut sql, "o");
    if matches!(of, OutputOwner::Entity(_)) {
        sql.push(" AND o.temporal_entity_id IS NULL");
    }
    sql.push(" AND o.revision >= 0");
    restrict(&mut sql, "o", filter);
    sql.push(" ORDER BY o.revision DESC, o.created_at DESC, o.id");
    writer.list(app, sql).await
}

/// The files of one kind of output, and of one representation where one is named, the latest revision first.
///
/// # Errors
/// 404 when there is no such kind of output.
pub(super) async fn of_type(
    app: &App,
    of: OutputOwner,
    output_type_id: Uuid,
    representation: Option<String>,
) -> Result<Json<Vec<OutputFile>>, Failure> {
    output_type(&app.database, output_type_id)
        .await?
        .ok_or_else(Failure::not_found)?;
    let writer = OutputWriter::new();
    let mut sql = writer.select();
    sql.push(" WHERE ");
    of.restrict(&mut sql, "o");
    sql.push(" AND o.output_type_id = ").bind(output_type_id);
    if let Some(representation) = representation {
        sql.push(" AND o.representation = ").bind(representation);
    }
    sql.push(" ORDER BY o.revision DESC, o.created_at DESC, o.id");
    writer.list(app, sql).await
}

/// The last files of each task type, kind of output, name and representation.
pub(super) async fn last(
    app: &App,
    of: OutputOwner,
    filter: &OutputFileFilter,
) -> Result<Json<Vec<OutputFile>>, Failure> {
    let writer = OutputWriter::new();
    let mut sql = writer.select();
    sql.push(
        " WHERE o.id IN (SELECT r.id FROM (SELECT f.id, f.revision, \
         MAX(f.revision) OVER (PARTITION BY f.task_type_id, f.output_type_id, f.name, f.representation) AS last FROM output_file f WHERE ",
    );
    of.restrict(&mut sql, "f");
    sql.push(" AND f.task_type_id IS NOT NULL AND f.output_type_id IS NOT NULL AND f.representation IS NOT NULL");
    restrict(&mut sql, "f", filter);
    sql.push(") r WHERE r.revision = r.last) ORDER BY o.name, o.representation, o.created_at, o.id");
    writer.list(app, sql).await
}

/// The files of all entities of a production, the last created first.
pub(super) async fn of_project(
    app: &App,
    project_id: Uuid,
    filter: &OutputFileFilter,
) -> Result<Json<Vec<OutputFile>>, Failure> {
    let writer = OutputWriter::new();
    let mut sql = writer.select();
    sql.push(" JOIN entity e ON e.id = o.entity_id WHERE o.asset_instance_id IS NULL AND o.temporal_entity_id IS NULL");
    sql.push(" AND o.revision >= 0 AND e.project_id = ").bind(project_id);
    restrict(&mut sql, "o", filter);
    sql.push(" ORDER BY o.created_at DESC, o.id");
    writer.list(app, sql).await
}

/// The kinds of output that there are files of, by name. Of an entity those of instances count, too.
pub(super) async fn types(app: &App, of: OutputOwner) -> Result<Json<Vec<OutputType>>, Failure> {
    let writer = RecordWriter::new(&entity::output_type::TABLE, "y", "OutputType");
    let mut sql = Sql::new(format!(
        "SELECT {} FROM output_type y WHERE y.id IN (SELECT o.output_type_id FROM output_file o WHERE ",
        writer.columns()
    ));
    match of {
        OutputOwner::Entity(id) => {
            sql.push("o.entity_id = ").bind(id);
        }
        of => of.restrict(&mut sql, "o"),
    }
    sql.push(") ORDER BY y.name, y.id");
    Ok(writer.list(&app.database, sql).await?)
}

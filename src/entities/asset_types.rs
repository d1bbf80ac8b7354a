//! Asset types, which are the entity types that are not built in.

use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use uuid::Uuid;

use super::criteria;
use crate::database::{self, Database, Field, Links, RowWriter, Sent, Sql, stream_array};
use crate::vocabulary::kinds::BUILT_IN_NAMES;

/// Asset types to list.
pub(super) struct AssetTypes {
    /// Conditions on the entity types `et`, each with `AND` before it.
    conditions: Sql,
    /// True if each one tells the task types that its assets go through.
    task_types: bool,
}

impl AssetTypes {
    /// All of them, or those that a query filters, with the task types that assets of the type go through.
    ///
    /// # Errors
    /// 400 for a filter that can't be read.
    pub(super) fn filtered(query: &Query) -> Result<Self, Failure> {
        let mut conditions = Sql::default();
        criteria::add_columns(&mut conditions, "et", &entity::entity_type::TABLE, query, &[])?;
        if let Some(project_id) = query.id("project_id")? {
            conditions
                .push(" AND et.id IN (SELECT entity_type_id FROM entity WHERE project_id = ")
                .bind(project_id)
                .push(")");
        }
        Ok(Self {
            conditions,
            task_types: true,
        })
    }

    /// Those of the assets of a production.
    pub(super) fn of_project(project_id: Uuid) -> Self {
        let text = " AND et.id IN (SELECT entity_type_id FROM entity WHERE project_id = $1)";
        Self {
            conditions: Sql::with(text, [project_id.into()]),
            task_types: false,
        }
    }

    /// Those of the assets that are cast in a shot.
    pub(super) fn cast_in(shot_id: Uuid) -> Self {
        let text = " AND et.id IN (SELECT a.entity_type_id FROM entity_link l JOIN entity a ON a.id = l.entity_out_id WHERE l.entity_in_id = $1)";
        Self {
            conditions: Sql::with(text, [shot_id.into()]),
            task_types: false,
        }
    }

    /// Sends the list, ordered by name.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn send(self, database: &Database) -> Result<Sent, Failure> {
        let task_types = if self.task_types {
            Some(Links::load(database, &Sql::new(TASK_TYPES)).await?)
        } else {
            None
        };
        let writer = TypeWriter::new(task_types);
        let mut sql = self.conditions.before(&writer.select());
        sql.push(" ORDER BY et.name");
        Ok(stream_array(database, sql, move |out, row| writer.write(out, row)).await?)
    }
}

/// One asset type as a JSON object.
///
/// # Errors
/// 404 when there is no asset type with that id.
pub(super) async fn read_one(database: &Database, id: Uuid) -> Result<Vec<u8>, Failure> {
    let task_types = Sql::with(format!("{TASK_TYPES} WHERE asset_type_id = $1"), [id.into()]);
    let writer = TypeWriter::new(Some(Links::load(database, &task_types).await?));
    let sql = Sql::with(" AND et.id = $1", [id.into()]).before(&writer.select());
    let row = database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = Vec::new();
    writer.write(&mut out, &row)?;
    Ok(out)
}

const TASK_TYPES: &str = "SELECT asset_type_id AS owner, task_type_id AS item FROM task_type_asset_type_link";

struct TypeWriter {
    rows: RowWriter,
    task_types: Option<Links>,
}

impl TypeWriter {
    fn new(task_types: Option<Links>) -> Self {
        Self {
            rows: RowWriter::new(entity::entity_type::TABLE.columns.iter().map(Field::from)),
            task_types,
        }
    }

    fn select(&self) -> String {
        let names: Vec<String> = entity::entity_type::TABLE
            .columns
            .iter()
            .map(|column| format!("et.\"{}\"", column.name))
            .collect();
        format!(
            "SELECT {} FROM entity_type et WHERE et.name NOT IN {BUILT_IN_NAMES}",
            names.join(", ")
        )
    }

    fn write(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), DbErr> {
        out.push(b'{');
        self.rows.write(out, row)?;
        if let Some(task_types) = &self.task_types {
            out.extend_from_slice(b",\"task_types\":");
            task_types.write(out, row.try_get("", "id")?);
        }
        out.extend_from_slice(b",\"type\":\"AssetType\"}");
        Ok(())
    }
}

/// Requires that an asset type is there.
///
/// # Errors
/// 404 when there is no asset type with that id.
pub async fn require_asset_type(connection: &impl ConnectionTrait, id: Uuid) -> Result<(), Failure> {
    let sql = Sql::with(
        format!("SELECT 1 FROM entity_type WHERE id = $1 AND name NOT IN {BUILT_IN_NAMES}"),
        [id.into()],
    );
    database::row(connection, &sql)
        .await?
        .map(|_| ())
        .ok_or_else(Failure::not_found)
}

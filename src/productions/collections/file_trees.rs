//! File trees that productions and their templates are given.

use dailies_definitions::failure::Failure;
use entity::facts::Table;
use sea_orm::ConnectionTrait;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::database::{self, Sql};
use crate::file_trees;

/// Checks the file tree that a body gives a record. One that the record has already stays as it is, whatever it holds.
///
/// # Errors
/// 400 naming what is wrong.
pub(super) async fn check_file_tree(
    connection: &impl ConnectionTrait,
    table: &Table,
    id: Option<Uuid>,
    body: &Map<String, Value>,
) -> Result<(), Failure> {
    let problems = body.get("file_tree").map(file_trees::check).unwrap_or_default();
    if problems.is_empty() {
        return Ok(());
    }
    let sql = Sql::with(
        format!("SELECT file_tree FROM {} WHERE id = $1", table.name),
        [id.into()],
    );
    let kept = database::row(connection, &sql)
        .await?
        .map(|row| row.try_get::<Option<Value>>("", "file_tree"))
        .transpose()?
        .flatten();
    if kept.as_ref() == body.get("file_tree") {
        Ok(())
    } else {
        Err(Failure::fields(&problems))
    }
}

//! Rows that belong to one production, here and in what the other instance is asked for.

use entity::belonging::Belonging;
use entity::facts::Table;
use sea_orm::DbErr;
use uuid::Uuid;

use crate::database::{self, Database, Sql};

/// Ids that one request names: an address has room for so many.
const IDS: usize = 50;

/// The condition that a row belongs to the production `$1`, or true for what belongs to the studio.
pub(super) fn belongs(table: &str) -> String {
    match Belonging::of(table) {
        Belonging::Itself => "id = $1".to_owned(),
        Belonging::Studio => "$1 = $1".to_owned(),
        Belonging::By(columns) => {
            let conditions: Vec<String> = columns.iter().map(|column| by(table, column)).collect();
            format!("({})", conditions.join(" OR "))
        }
    }
}

fn by(table: &str, column: &str) -> String {
    let target = target(table, column);
    if target == "project" {
        format!("{column} = $1")
    } else {
        format!("{column} IN (SELECT id FROM {target} WHERE {})", belongs(target))
    }
}

/// The table that a column leads to.
fn target(table: &str, column: &str) -> &'static str {
    Table::find(table)
        .and_then(|table| table.column(column))
        .and_then(|column| column.targets().first().copied())
        .unwrap_or_default()
}

/// Number of rows here, of one production or of all.
///
/// # Errors
/// The database does not answer.
pub(super) async fn count(database: &Database, table: &str, production: Option<Uuid>) -> Result<u64, DbErr> {
    let sql = match production {
        Some(id) => Sql::with(
            format!("SELECT COUNT(*) FROM \"{table}\" WHERE {}", belongs(table)),
            [id.into()],
        ),
        None => Sql::new(format!("SELECT COUNT(*) FROM \"{table}\"")),
    };
    let count: i64 = database::read_value(database, &sql).await?.unwrap_or_default();
    Ok(count.unsigned_abs())
}

/// The filters that ask the other instance for the rows of a table, each to be asked by itself. The rows that they name are
/// here already.
///
/// # Errors
/// The database does not answer.
pub(super) async fn filters(
    database: &Database,
    table: &str,
    production: Option<Uuid>,
) -> Result<Vec<Option<(String, String)>>, DbErr> {
    let Some(id) = production else { return Ok(vec![None]) };
    let columns = match Belonging::of(table) {
        Belonging::Itself => return Ok(vec![Some(("id".to_owned(), id.to_string()))]),
        Belonging::Studio => return Ok(vec![None]),
        Belonging::By(columns) => columns,
    };
    let mut filters = Vec::new();
    for column in columns {
        let target = target(table, column);
        if target == "project" {
            // A column that names the production is the shortest way to it.
            return Ok(vec![Some(((*column).to_owned(), id.to_string()))]);
        }
        let sql = Sql::with(
            format!("SELECT id FROM {target} WHERE {} ORDER BY id", belongs(target)),
            [id.into()],
        );
        let ids: Vec<Uuid> = database::read_values(database, &sql).await?;
        for ids in ids.chunks(IDS) {
            filters.push(Some(((*column).to_owned(), serde_json::json!(ids).to_string())));
        }
    }
    Ok(filters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_what_they_belong_to() {
        assert_eq!(belongs("project"), "id = $1");
        assert_eq!(belongs("milestone"), "(project_id = $1)");
        assert_eq!(
            belongs("budget_entry"),
            "(budget_id IN (SELECT id FROM budget WHERE (project_id = $1)))"
        );
        for table in entity::TABLES {
            assert!(!belongs(table.name).contains("FROM  "), "{}", table.name);
        }
    }
}

//! No row refers to two productions: asked of the whole database, from the entities alone.

use dailies::database::{Database, Sql};
use entity::TABLES;
use entity::belonging::Belonging;
use entity::facts::{Column, Table};
use uuid::Uuid;

use harness::rows::{execute, number};

/// SQL expression of the production that a row of a table belongs to, where the table has this name.
fn production(table: &Table, name: &str) -> Option<String> {
    match Belonging::of(table.name) {
        Belonging::Studio => None,
        Belonging::Itself => Some(format!("{name}.id")),
        Belonging::By(columns) => {
            let ways = columns.iter().filter_map(|column| beyond(table.column(column)?, name));
            Some(format!("COALESCE(NULL, {})", ways.collect::<Vec<_>>().join(", ")))
        }
    }
}

/// SQL expression of the production of what a column means; none where that belongs to the studio.
fn beyond(column: &Column, name: &str) -> Option<String> {
    let target = Table::find(column.targets().first()?).expect("a table");
    let inner = format!("{name}x");
    let found = production(target, &inner)?;
    Some(format!(
        "(SELECT {found} FROM \"{}\" {inner} WHERE {inner}.id = {name}.\"{}\")",
        target.name, column.name
    ))
}

/// The rows that refer to two productions, by table and column; what is shared does not count.
fn queries() -> Vec<(String, &'static Table, Sql)> {
    let mut found = Vec::new();
    for table in TABLES.iter().copied() {
        let Some(own) = production(table, "r") else { continue };
        for column in &table.columns {
            let Some(other) = beyond(column, "r") else { continue };
            let mut condition = format!("{own} <> {other}");
            if column.targets().first() == Some(&"entity") {
                condition.push_str(&format!(
                    " AND NOT EXISTS (SELECT 1 FROM entity s WHERE s.id = r.\"{}\" AND s.is_shared)",
                    column.name
                ));
            }
            found.push((
                format!("{}.{}", table.name, column.name),
                table,
                Sql::new(format!("FROM \"{}\" r WHERE {condition}", table.name)),
            ));
        }
    }
    found
}

/// The production that a row belongs to.
pub async fn production_of(database: &Database, table: &Table, id: Uuid) -> Option<Uuid> {
    let expression = production(table, "r")?;
    let sql = Sql::with(
        format!(
            "SELECT {expression} AS project_id FROM \"{}\" r WHERE r.id = $1",
            table.name
        ),
        [id.into()],
    );
    database
        .row(&sql)
        .await
        .expect("an answer")
        .and_then(|row| row.try_get("", "project_id").expect("an id"))
}

/// The columns that hold rows of other productions, with how many do.
pub async fn torn(database: &Database) -> Vec<String> {
    let mut problems = Vec::new();
    for (place, _, rows) in queries() {
        let count = number(database, &rows.before("SELECT COUNT(*) ")).await;
        if count > 0 {
            problems.push(format!("{count} row(s) of {place} refer to two productions"));
        }
    }
    problems
}

/// Removes the rows that refer to two productions, so that later calls are not blamed for them.
pub async fn mend(database: &Database) {
    for (_, table, rows) in queries()
        .into_iter()
        .filter(|(_, table, _)| table.column("id").is_some())
    {
        let ids = rows.before("SELECT r.id ");
        let text = format!("DELETE FROM \"{}\" WHERE id IN ({})", table.name, ids.text());
        // A row that others refer to stays, and is found again.
        let _ = execute(database, &Sql::new(text)).await;
    }
}

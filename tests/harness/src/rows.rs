//! Writes rows past the server, each call in a transaction of its own, and counts them.

use dailies::database::{self, Database, Sql, Transaction};
use entity::facts::Table;
use sea_orm::{DbErr, Value};
use uuid::Uuid;

type Row = Vec<(&'static str, Value)>;

/// Writes in a transaction, which is stored when that succeeds.
macro_rules! in_transaction {
    ($database:expr, |$transaction:ident| $write:expr) => {{
        let store = || async {
            let $transaction = Transaction::current()?;
            let written = $write.await;
            if written.is_ok() {
                $transaction.finish();
            }
            written
        };
        $database.transact(store).await
    }};
}

/// Inserts a row, and gives its id.
pub async fn insert(database: &Database, table: &'static Table, row: Row) -> Result<Uuid, DbErr> {
    in_transaction!(database, |transaction| database::insert(
        &transaction,
        table,
        row.clone()
    ))
}

/// Inserts a metadata column for texts, with its name and its field, and gives its id.
pub async fn insert_column(
    database: &Database,
    project: Uuid,
    kind: &str,
    (name, field): (&str, &str),
    for_client: bool,
) -> Result<Uuid, DbErr> {
    let column = vec![
        ("project_id", project.into()),
        ("entity_type", kind.into()),
        ("name", name.into()),
        ("field_name", field.into()),
        ("data_type", "string".into()),
        ("for_client", for_client.into()),
    ];
    insert(database, &entity::metadata_descriptor::TABLE, column).await
}

/// Leaves a metadata column to a department.
pub async fn leave_column_to(database: &Database, column: Uuid, department: Uuid) -> Result<(), DbErr> {
    let link = vec![
        ("metadata_descriptor_id", column.into()),
        ("department_id", department.into()),
    ];
    insert_many(
        database,
        &entity::department_metadata_descriptor_link::TABLE,
        vec![link],
    )
    .await
}

/// Inserts rows.
pub async fn insert_many(database: &Database, table: &'static Table, rows: Vec<Row>) -> Result<(), DbErr> {
    in_transaction!(database, |transaction| database::insert_many(
        &transaction,
        table,
        rows.clone()
    ))
}

/// Inserts rows, without those that are there already.
pub async fn insert_ignoring_duplicates(
    database: &Database,
    table: &'static Table,
    rows: Vec<Row>,
) -> Result<(), DbErr> {
    in_transaction!(database, |transaction| database::insert_ignoring_duplicates(
        &transaction,
        table,
        rows.clone()
    ))
    .map(drop)
}

/// Changes columns of a row, and says whether it is there.
pub async fn update(database: &Database, table: &'static Table, id: Uuid, values: Row) -> Result<bool, DbErr> {
    in_transaction!(database, |transaction| database::update(
        &transaction,
        table,
        id,
        values.clone()
    ))
}

/// Runs a statement, and gives the number of rows that it changed.
pub async fn execute(database: &Database, sql: &Sql) -> Result<u64, DbErr> {
    database.change(sql).await
}

/// The number that a query answers, such as a count.
pub async fn number(database: &Database, sql: &Sql) -> i64 {
    let found = database::read_value(database, sql).await;
    found.expect("an answer").expect("a number")
}

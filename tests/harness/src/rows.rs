//! Writes rows past the server, each call in a transaction of its own.

use dailies::database::{self, Database, Sql, Transaction};
use entity::facts::Table;
use sea_orm::{DbErr, Value};
use uuid::Uuid;

type Row = Vec<(&'static str, Value)>;

pub async fn insert(database: &Database, table: &'static Table, row: Row) -> Result<Uuid, DbErr> {
    let store = || async {
        let transaction = Transaction::current()?;
        let id = database::insert(&transaction, table, row.clone()).await?;
        transaction.finish();
        Ok(id)
    };
    database.transact(store).await
}

pub async fn insert_many(database: &Database, table: &'static Table, rows: Vec<Row>) -> Result<(), DbErr> {
    let store = || async {
        let transaction = Transaction::current()?;
        database::insert_many(&transaction, table, rows.clone()).await?;
        transaction.finish();
        Ok(())
    };
    database.transact(store).await
}

pub async fn insert_ignoring_duplicates(
    database: &Database,
    table: &'static Table,
    rows: Vec<Row>,
) -> Result<(), DbErr> {
    let store = || async {
        let transaction = Transaction::current()?;
        database::insert_ignoring_duplicates(&transaction, table, rows.clone()).await?;
        transaction.finish();
        Ok(())
    };
    database.transact(store).await
}

pub async fn update(database: &Database, table: &'static Table, id: Uuid, values: Row) -> Result<bool, DbErr> {
    let store = || async {
        let transaction = Transaction::current()?;
        let found = database::update(&transaction, table, id, values.clone()).await?;
        transaction.finish();
        Ok(found)
    };
    database.transact(store).await
}

pub async fn execute(database: &Database, sql: &Sql) -> Result<u64, DbErr> {
    database.change(sql).await
}

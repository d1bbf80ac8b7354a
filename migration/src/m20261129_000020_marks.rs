//! Marks of change.

use sea_orm_migration::prelude::*;

use crate::marks::{FIRST, install};
use crate::unsupported;

/// Makes the table `dailies_mark`, and the triggers that write it.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261129_000020_marks"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => include_str!("schema/marks_postgres.sql"),
            sea_orm::DbBackend::Sqlite => include_str!("schema/marks_sqlite.sql"),
            other => return Err(unsupported(other)),
        };
        let connection = manager.get_connection();
        connection.execute_unprepared(table).await?;
        install(connection, FIRST).await
    }
}

//! Additions of Dailies to the reference schema: its own tables, and indexes for its listings.

use sea_orm_migration::prelude::*;

use crate::unsupported;

/// Makes the tables and indexes whose names start with `dailies_`.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261121_000002_dailies_additions"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => include_str!("schema/additions_postgres.sql"),
            sea_orm::DbBackend::Sqlite => include_str!("schema/additions_sqlite.sql"),
            other => return Err(unsupported(other)),
        };
        let connection = manager.get_connection();
        connection.execute_unprepared(tables).await?;
        connection
            .execute_unprepared(include_str!("schema/additions_indexes.sql"))
            .await?;
        Ok(())
    }
}

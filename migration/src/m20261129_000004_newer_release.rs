//! Additions of release 1.0.97 of the reference system to its schema.

use sea_orm_migration::prelude::*;

use crate::unsupported;

/// Adds the columns and tables that are not there. A database that was taken over may have some of them, which stay as they
/// are.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261129_000004_newer_release"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => include_str!("schema/newer_release_postgres.sql"),
            sea_orm::DbBackend::Sqlite => include_str!("schema/newer_release_sqlite.sql"),
            other => return Err(unsupported(other)),
        };
        let connection = manager.get_connection();
        connection.execute_unprepared(tables).await?;
        connection
            .execute_unprepared(include_str!("schema/newer_release.sql"))
            .await?;
        Ok(())
    }
}

//! The schema of the reference system, on an empty database.

use sea_orm_migration::prelude::*;

use crate::unsupported;

/// Makes all tables of the reference schema.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        crate::BASELINE
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => include_str!("schema/postgres.sql"),
            sea_orm::DbBackend::Sqlite => include_str!("schema/sqlite.sql"),
            other => return Err(unsupported(other)),
        };
        manager.get_connection().execute_unprepared(sql).await?;
        Ok(())
    }
}

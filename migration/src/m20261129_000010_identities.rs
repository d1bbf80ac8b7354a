//! Identities of persons at identity providers.

use sea_orm_migration::prelude::*;

use crate::unsupported;

/// Makes the table `dailies_identity`.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261129_000010_identities"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => include_str!("schema/identities_postgres.sql"),
            sea_orm::DbBackend::Sqlite => include_str!("schema/identities_sqlite.sql"),
            other => return Err(unsupported(other)),
        };
        manager.get_connection().execute_unprepared(table).await?;
        Ok(())
    }
}

//! The schema of the reference system, on an empty database.

use sea_orm_migration::prelude::*;

use crate::reference;

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
        let sql = reference()?.statements(manager.get_database_backend())?;
        manager.get_connection().execute_unprepared(&sql).await?;
        Ok(())
    }
}

//! Indexes in the order of the pages that clients ask for.

use sea_orm_migration::prelude::*;

/// Makes the indexes whose names start with `dailies_ix_` and end with `_page`, besides those that are there.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261128_000003_page_indexes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("schema/page_indexes.sql"))
            .await?;
        Ok(())
    }
}

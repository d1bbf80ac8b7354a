//! The revision that the reference system records of its schema.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

/// The revision whose schema is taken over.
pub const REVISION: &str = "b7d419c25e08";

/// Reads which revision a PostgreSQL database says that it has. `None` where nothing is recorded.
///
/// # Errors
/// When the database cannot be read or is not PostgreSQL.
pub async fn revision(db: &impl ConnectionTrait) -> Result<Option<String>, DbErr> {
    let ask = |sql: &str| Statement::from_string(DbBackend::Postgres, sql);
    let table = db.query_one_raw(ask("SELECT to_regclass('alembic_version') IS NOT NULL")).await?;
    if !table.map(|row| row.try_get_by_index::<bool>(0)).transpose()?.unwrap_or_default() {
        return Ok(None);
    }
    let row = db.query_one_raw(ask("SELECT version_num::text FROM alembic_version LIMIT 1")).await?;
    row.map(|row| row.try_get_by_index(0)).transpose()
}

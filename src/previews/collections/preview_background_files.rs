//! Backgrounds of 3D previews. Their files have routes of their own.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use entity::facts::Table;
use sea_orm::Value as SqlValue;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::crud::{Changes, Record, Resource};
use crate::database::{self, Sql};
use crate::events::Work;
use crate::previews::removal::remove_background_files;

/// The collection `/data/preview-background-files`.
pub struct PreviewBackgroundFiles;

#[async_trait]
impl Resource for PreviewBackgroundFiles {
    fn table(&self) -> &'static Table {
        &entity::preview_background_file::TABLE
    }

    fn type_name(&self) -> &'static str {
        "PreviewBackgroundFile"
    }

    async fn check(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        let Some(name) = body.get("name").and_then(Value::as_str) else {
            return Ok(());
        };
        let itself = record.map_or(Uuid::nil(), |record| record.id);
        let sql = Sql::with(
            "SELECT 1 FROM preview_background_file WHERE name = $1 AND id <> $2",
            [name.replace('\0', "").into(), itself.into()],
        );
        if database::row(&**work, &sql).await?.is_some() {
            return Err(Failure::parameter(
                "A preview background file with similar name already exists",
            ));
        }
        Ok(())
    }

    /// At most one background is the default.
    async fn before_write(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        changes: &mut Changes,
    ) -> Result<(), Failure> {
        if changes.get("is_default") == Some(&SqlValue::Bool(Some(true))) {
            let itself = record.map_or(Uuid::nil(), |record| record.id);
            let sql = Sql::with(
                "UPDATE preview_background_file SET is_default = $1, updated_at = $2 WHERE is_default = $3 AND id <> $4",
                [false.into(), database::now().into(), true.into(), itself.into()],
            );
            database::execute(&**work, &sql).await?;
        }
        Ok(())
    }

    async fn remove(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: &Record,
        _query: &Query,
    ) -> Result<(), Failure> {
        self.remove_row(work, record).await?;
        let id = record.id;
        work.afterwards(move |app| Box::pin(remove_background_files(app, id)));
        self.emit_change(work, "delete", id, record).await
    }
}

//! Previews as they are stored. The files themselves have routes of their own.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use dailies_definitions::rules::RecordRule;
use entity::facts::Table;
use sea_orm::Value as SqlValue;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::access::Reach;
use crate::access::previews::{VisiblePreviews, require_shown};
use crate::access::records::{RecordSubject, require_record};
use crate::access::references::production_of;
use crate::app::App;
use crate::crud::rules::keep_of_project;
use crate::crud::{AskedUpdate, Changes, Record, Relation, Resource};
use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::previews::processing;

/// The collection `/data/preview-files`.
pub struct PreviewFiles;

static RELATIONS: [Relation; 1] = [Relation::links(
    "comments",
    &entity::comment_preview_link::TABLE,
    "preview_file",
    "comment",
)];

#[async_trait]
impl Resource for PreviewFiles {
    fn table(&self) -> &'static Table {
        &entity::preview_file::TABLE
    }

    fn type_name(&self) -> &'static str {
        "PreviewFile"
    }

    fn relations(&self) -> &'static [Relation] {
        &RELATIONS
    }

    /// Columns that an update leaves alone: other operations say where a preview belongs, and one of its own draws on
    /// it.
    fn protected(&self) -> &'static [&'static str] {
        &["annotations", "comments", "person_id", "task_id"]
    }

    /// The production, which is that of the task.
    fn special_filter(
        &self,
        sql: &mut Sql,
        _caller: &Caller,
        _query: &Query,
        key: &str,
        value: &str,
    ) -> Result<bool, Failure> {
        keep_of_project(sql, (key, value), ("task_id", "task"))
    }

    async fn visible(&self, app: &App, caller: &Caller, sql: &mut Sql) -> Result<(), Failure> {
        VisiblePreviews::new(Reach::open_teams(&app.database, caller).await?).restrict(sql, "t");
        Ok(())
    }

    fn subject(&self, record: &Record) -> RecordSubject {
        RecordSubject::Task(record.id_of("task_id"))
    }

    async fn may_read(&self, app: &App, caller: &Caller, rule: RecordRule, record: &Record) -> Result<(), Failure> {
        require_record(&app.database, caller, rule, self.subject(record)).await?;
        require_shown(
            &app.database,
            caller,
            record.id_of("task_id"),
            record.text("validation_status"),
        )
        .await
    }

    /// Rule about decisions on a preview, which are for those who lead the task.
    async fn may_update(&self, work: &Work<'_>, caller: &Caller, update: &AskedUpdate<'_>) -> Result<(), Failure> {
        let AskedUpdate { rule, record, body } = *update;
        let decides = body
            .get("validation_status")
            .is_some_and(|status| Some(status) != record.values.get("validation_status"));
        require_record(
            &**work,
            caller,
            if decides { RecordRule::TaskSupervisor } else { rule },
            self.subject(record),
        )
        .await
    }

    /// A revision that changes takes the other pictures of the same revision along.
    async fn before_write(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        changes: &mut Changes,
    ) -> Result<(), Failure> {
        let Some(record) = record else { return Ok(()) };
        let old = record.values.get("revision").and_then(Value::as_i64);
        let Some(SqlValue::Int(Some(new))) = changes.get("revision").cloned() else {
            return Ok(());
        };
        if old == Some(new.into()) || record.values.get("position").and_then(Value::as_i64) != Some(1) {
            return Ok(());
        }
        let task_id = record.id_of("task_id");
        let taken = Sql::with(
            "SELECT 1 FROM preview_file WHERE task_id = $1 AND revision = $2 AND position = 1 AND id <> $3",
            [task_id.into(), new.into(), record.id.into()],
        );
        if database::row(&**work, &taken).await?.is_some() {
            let message = format!(
                "Revision {new} already exists for this task. Choose a different revision number, or omit it to let the revision auto-increment."
            );
            return Err(Failure::refused(message));
        }
        let follow = Sql::with(
            "UPDATE preview_file SET revision = $1 WHERE task_id = $2 AND revision = $3 AND id <> $4",
            [new.into(), task_id.into(), old.into(), record.id.into()],
        );
        database::execute(&**work, &follow).await?;
        Ok(())
    }

    /// Tells the new status along, and that the preview is still being worked on.
    async fn emit_change(
        &self,
        work: &mut Work<'_>,
        what: &'static str,
        id: Uuid,
        record: &Record,
    ) -> Result<(), Failure> {
        let project_id = production_of(&**work, self.table(), id, &record.values).await?;
        let status = processing::status(&**work, id).await?;
        let mut about = payload([("preview_file_id", id)]);
        if what == "update" && (status.as_deref() != record.text("status") || status.as_deref() == Some("processing")) {
            about.insert("status".into(), json!(status));
        }
        work.emit_in(project_id, format!("preview-file:{what}"), about);
        Ok(())
    }

    async fn remove(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: &Record,
        query: &Query,
    ) -> Result<(), Failure> {
        let force = query.flag("force")?.unwrap_or_default();
        let project_id = production_of(&**work, self.table(), record.id, &record.values).await?;
        crate::previews::removal::remove_preview(work, project_id, record.id, force).await
    }
}

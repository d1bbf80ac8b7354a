//! A preview as the rules of access see it, and who may do what with it.

use chrono::NaiveDateTime;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::access::previews::preview_viewer;
use crate::access::tasks::{self, TaskRule};
use crate::app::App;
use crate::database::{self, Sql};

/// A preview with the facts of its task that decide about it. What reviewers drew is left out: it can be large.
#[derive(Clone, Debug)]
pub struct PreviewSubject {
    pub id: Uuid,
    pub extension: String,
    pub original_name: Option<String>,
    /// True if its file has not come yet, or is still being worked on.
    pub is_processing: bool,
    pub revision: Option<i32>,
    pub position: Option<i32>,
    /// Of the stored file, in bytes.
    pub file_size: i64,
    pub updated_at: Option<NaiveDateTime>,
    pub task_id: Uuid,
    pub project_id: Option<Uuid>,
    pub entity_id: Option<Uuid>,
    /// True if it is the main preview of an entity that is shared between productions.
    pub shown_everywhere: bool,
}

impl PreviewSubject {
    /// The preview with that id.
    ///
    /// # Errors
    /// 404 when there is none, or when it belongs to no task.
    pub async fn find(connection: &impl ConnectionTrait, id: Uuid) -> Result<Self, Failure> {
        let sql = Sql::with(
            "SELECT p.extension, p.original_name, p.status, p.revision, p.position, p.file_size, p.updated_at, t.id AS task_id, t.project_id, \
             t.entity_id, e.is_shared, e.preview_file_id AS main \
             FROM preview_file p JOIN task t ON t.id = p.task_id LEFT JOIN entity e ON e.id = t.entity_id WHERE p.id = $1",
            [id.into()],
        );
        let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
        let shared = row.try_get::<Option<bool>>("", "is_shared")?.unwrap_or_default();
        let main: Option<Uuid> = row.try_get("", "main")?;
        Ok(Self {
            id,
            extension: row.try_get::<Option<String>>("", "extension")?.unwrap_or_default(),
            original_name: row.try_get("", "original_name")?,
            is_processing: row.try_get::<Option<String>>("", "status")?.as_deref() == Some("processing"),
            revision: row.try_get("", "revision")?,
            position: row.try_get("", "position")?,
            file_size: row.try_get::<Option<i64>>("", "file_size")?.unwrap_or_default(),
            updated_at: row.try_get("", "updated_at")?,
            task_id: row.try_get("", "task_id")?,
            project_id: row.try_get("", "project_id")?,
            entity_id: row.try_get("", "entity_id")?,
            shown_everywhere: shared && main == Some(id),
        })
    }

    /// True if its file has been sent.
    #[must_use]
    pub fn has_file(&self) -> bool {
        self.original_name.as_deref().is_some_and(|name| !name.is_empty())
    }

    /// Lets the caller in by a rule about the task of the preview.
    ///
    /// # Errors
    /// 403 when a rule about the task does not allow it.
    pub(super) async fn require(&self, app: &App, caller: &Caller, rule: &TaskRule) -> Result<(), Failure> {
        tasks::require(&app.database, caller, self.task_id, rule)
            .await
            .map(|_| ())
    }

    /// Lets those in who read the task of the preview.
    ///
    /// # Errors
    /// 403 for those who may not read the task.
    pub(super) async fn require_reader(&self, app: &App, caller: &Caller) -> Result<(), Failure> {
        self.require(app, caller, &tasks::READ).await
    }

    /// Lets those in who put previews of the task forward.
    ///
    /// # Errors
    /// 403 for those who may not add previews to the task.
    pub(super) async fn require_actor(&self, app: &App, caller: &Caller) -> Result<(), Failure> {
        self.require(app, caller, &tasks::ACT).await
    }

    /// Lets those in who see the pictures of the preview.
    ///
    /// # Errors
    /// 403 for those who may neither read the task nor see the pictures of shared entities.
    pub(super) async fn require_viewer(&self, app: &App, caller: &Caller) -> Result<(), Failure> {
        preview_viewer(
            &app.database,
            caller,
            self.task_id,
            self.project_id.filter(|_| self.shown_everywhere),
        )
        .await
    }
}

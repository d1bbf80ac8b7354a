//! Handlers of the tag *Imports*.

use async_trait::async_trait;
use dailies_definitions::access::{Admin, Caller, ProjectManager};
use dailies_definitions::failure::Failure;
use dailies_definitions::imports::{ImportAssetsQuery, ImportEditsQuery, ImportPersonsQuery, ImportShotsQuery, Imports};
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{Entity, Person};
use dailies_definitions::submission::Submission;
use poem::http::StatusCode;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::estimations::{self, Subject};
use super::sheet::Sheet;
use super::{assets, casting, edits, persons, shots};
use crate::app::SharedApp;
use crate::events::transact;
use crate::studio::organisation;

/// Imports tables into the database.
pub struct ImportsHandlers(pub SharedApp);

/// Bytes that a table may have: it is read into memory as a whole.
const LARGEST: u64 = 32 * 1024 * 1024;

/// The answer of imports that give no records.
type Nulls = Json<Vec<Option<Map<String, Value>>>>;

/// The table of a form.
async fn sheet(form: &Submission) -> Result<Sheet, Failure> {
    let missing = || Failure::refused("The browser (or proxy) sent a request that this server could not understand.");
    let file = form.file("file").ok_or_else(missing)?;
    if file.size > LARGEST {
        return Err(Failure::plain(StatusCode::BAD_REQUEST, format!("The table has more than {LARGEST} bytes.")));
    }
    Sheet::read(&tokio::fs::read(&file.path).await?)
}

impl ImportsHandlers {
    async fn estimations(&self, caller: &Caller, subject: Subject<'_>, form: &Submission) -> Result<Nulls, Failure> {
        let app = &*self.0;
        estimations::require(app, caller, subject).await?;
        let sheet = sheet(form).await?;
        let hours_by_day = organisation(app).await?.hours_by_day;
        Ok(Json::written(transact(app, || estimations::import(app, caller, subject, hours_by_day, &sheet)).await?))
    }
}

#[async_trait]
impl Imports for ImportsHandlers {
    async fn import_persons(&self, access: Admin, query: ImportPersonsQuery, body: Submission) -> Result<Json<Vec<Person>>, Failure> {
        let sheet = sheet(&body).await?;
        Ok(Json::written(transact(&self.0, || persons::import(&self.0, &access, &sheet, query.update)).await?))
    }

    async fn import_assets(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        query: ImportAssetsQuery,
        body: Submission,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        let sheet = sheet(&body).await?;
        Ok(Json::written(transact(&self.0, || assets::import(&self.0, &access, &sheet, query.update)).await?))
    }

    async fn import_shots(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        query: ImportShotsQuery,
        body: Submission,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        let sheet = sheet(&body).await?;
        Ok(Json::written(transact(&self.0, || shots::import(&self.0, &access, &sheet, query.update)).await?))
    }

    async fn import_edits(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        query: ImportEditsQuery,
        body: Submission,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        let sheet = sheet(&body).await?;
        Ok(Json::written(transact(&self.0, || edits::import(&self.0, &access, &sheet, query.update)).await?))
    }

    async fn import_casting(&self, access: ProjectManager, _project_id: Uuid, body: Submission) -> Result<Nulls, Failure> {
        let sheet = sheet(&body).await?;
        Ok(Json::written(transact(&self.0, || casting::import(&self.0, &access, &sheet)).await?))
    }

    async fn import_estimations(&self, access: Caller, project_id: Uuid, task_type_id: Uuid, body: Submission) -> Result<Nulls, Failure> {
        self.estimations(&access, Subject { project_id, task_type_id, episode: None }, &body).await
    }

    async fn import_episode_estimations(
        &self,
        access: Caller,
        project_id: Uuid,
        episode_id: String,
        task_type_id: Uuid,
        body: Submission,
    ) -> Result<Nulls, Failure> {
        self.estimations(&access, Subject { project_id, task_type_id, episode: Some(&episode_id) }, &body).await
    }
}

//! Handlers of the tag *Imports*.

use async_trait::async_trait;
use dailies_definitions::access::{Admin, Caller, ProjectManager};
use dailies_definitions::failure::Failure;
use dailies_definitions::imports::{
    ImportAssetsQuery, ImportEditsQuery, ImportEpisodeTimelineQuery, ImportPersonsQuery, ImportShotsQuery,
    ImportTimelineQuery, Imports,
};
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{Entity, Person, TimelineImport};
use dailies_definitions::submission::{Submission, UploadedFile};
use poem::http::StatusCode;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::assets::AssetImport;
use super::edits::EditImport;
use super::estimations::{self, EstimationSubject, Unit};
use super::import::{EntityImport, import};
use super::sheet::Sheet;
use super::shots::ShotImport;
use super::timelines::{self, Convention, Format, TimelinePlace};
use super::{casting, persons};
use crate::app::SharedApp;
use crate::events::transact;
use crate::studio::organisation;

/// Imports tables into the database.
pub struct ImportsHandlers(pub SharedApp);

/// Bytes that a table may have: it is read into memory as a whole.
const LARGEST_TABLE: u64 = 32 * 1024 * 1024;

/// The answer of imports that give no records.
type Nulls = Json<Vec<Option<Map<String, Value>>>>;

/// The file of a form.
fn file(form: &Submission) -> Result<&UploadedFile, Failure> {
    let missing = || {
        Failure::refused("The browser (or proxy) sent a request that this server could not understand.").naming("file")
    };
    let file = form.file("file").ok_or_else(missing)?;
    if file.size > LARGEST_TABLE {
        return Err(Failure::plain(
            StatusCode::BAD_REQUEST,
            format!("The file has more than {LARGEST_TABLE} bytes."),
        )
        .naming("file"));
    }
    Ok(file)
}

/// The table of a form.
async fn sheet(form: &Submission) -> Result<Sheet, Failure> {
    Sheet::read(&tokio::fs::read(&file(form)?.path).await?)
}

/// Pattern by which clips are named where nobody says, in productions without and with episodes.
const NAMING: [&str; 2] = [
    "${project_name}_${sequence_name}-${shot_name}",
    "${project_name}_${episode_name}-${sequence_name}-${shot_name}",
];

/// Options for a timeline beside its file: in the query, or else in the form.
struct TimelineOptions<'a> {
    episode_id: Option<Uuid>,
    naming_convention: Option<&'a str>,
    match_case: Option<&'a str>,
}

impl TimelineOptions<'_> {
    /// True if the letter case of names counts.
    fn match_case(&self, form: &Submission) -> Result<bool, Failure> {
        match self
            .match_case
            .or_else(|| form.text("match_case"))
            .map(str::to_ascii_lowercase)
            .as_deref()
        {
            None | Some("true" | "1" | "on") => Ok(true),
            Some("false" | "0") => Ok(false),
            Some(_) => Err(Failure::parameter("Wrong value for parameter match_case.")),
        }
    }
}

impl ImportsHandlers {
    async fn table<T: EntityImport>(
        &self,
        access: &ProjectManager,
        form: &Submission,
        update: bool,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        let sheet = sheet(form).await?;
        Ok(Json::written(
            transact(&self.0, || import::<T>(&self.0, access, &sheet, update)).await?,
        ))
    }

    async fn timeline(
        &self,
        access: &ProjectManager,
        options: TimelineOptions<'_>,
        form: &Submission,
    ) -> Result<Json<TimelineImport>, Failure> {
        let app = &*self.0;
        let match_case = options.match_case(form)?;
        let file = file(form)?;
        let format = Format::of(&file.name).map_err(|wrong| Failure::parameter(wrong).naming("file"))?;
        let [usual, of_episode] = NAMING;
        let naming = options
            .naming_convention
            .or_else(|| form.text("naming_convention"))
            .filter(|text| !text.is_empty());
        let naming = naming.unwrap_or(if options.episode_id.is_some() {
            of_episode
        } else {
            usual
        });
        let convention = Convention::read(naming, match_case)
            .map_err(|wrong| Failure::refused(wrong).naming("naming_convention"))?;
        let content = tokio::fs::read(&file.path).await?;
        let place = TimelinePlace {
            episode_id: options.episode_id,
            format,
            content: &content,
            convention: &convention,
        };
        Ok(Json::written(
            transact(app, || timelines::import(app, access, place)).await?,
        ))
    }

    async fn estimations(
        &self,
        caller: &Caller,
        subject: EstimationSubject<'_>,
        form: &Submission,
    ) -> Result<Nulls, Failure> {
        let app = &*self.0;
        estimations::require(app, caller, subject).await?;
        let sheet = sheet(form).await?;
        let organisation = organisation(app).await?;
        let unit = Unit {
            in_hours: organisation.format_duration_in_hours.unwrap_or_default(),
            hours_by_day: organisation.hours_by_day,
        };
        Ok(Json::written(
            transact(app, || estimations::import(app, caller, subject, unit, &sheet)).await?,
        ))
    }
}

#[async_trait]
impl Imports for ImportsHandlers {
    async fn import_persons(
        &self,
        access: Admin,
        query: ImportPersonsQuery,
        body: Submission,
    ) -> Result<Json<Vec<Person>>, Failure> {
        let sheet = sheet(&body).await?;
        Ok(Json::written(
            transact(&self.0, || persons::import(&self.0, &access, &sheet, query.update)).await?,
        ))
    }

    async fn import_assets(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        query: ImportAssetsQuery,
        body: Submission,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        self.table::<AssetImport>(&access, &body, query.update).await
    }

    async fn import_shots(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        query: ImportShotsQuery,
        body: Submission,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        self.table::<ShotImport>(&access, &body, query.update).await
    }

    async fn import_edits(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        query: ImportEditsQuery,
        body: Submission,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        self.table::<EditImport>(&access, &body, query.update).await
    }

    async fn import_casting(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: Submission,
    ) -> Result<Nulls, Failure> {
        let sheet = sheet(&body).await?;
        Ok(Json::written(
            transact(&self.0, || casting::import(&self.0, &access, &sheet)).await?,
        ))
    }

    async fn import_estimations(
        &self,
        access: Caller,
        project_id: Uuid,
        task_type_id: Uuid,
        body: Submission,
    ) -> Result<Nulls, Failure> {
        self.estimations(
            &access,
            EstimationSubject {
                project_id,
                task_type_id,
                episode: None,
            },
            &body,
        )
        .await
    }

    async fn import_episode_estimations(
        &self,
        access: Caller,
        project_id: Uuid,
        episode_id: String,
        task_type_id: Uuid,
        body: Submission,
    ) -> Result<Nulls, Failure> {
        self.estimations(
            &access,
            EstimationSubject {
                project_id,
                task_type_id,
                episode: Some(&episode_id),
            },
            &body,
        )
        .await
    }

    async fn import_timeline(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        query: ImportTimelineQuery,
        body: Submission,
    ) -> Result<Json<TimelineImport>, Failure> {
        let (naming_convention, match_case) = (query.naming_convention.as_deref(), query.match_case.as_deref());
        self.timeline(
            &access,
            TimelineOptions {
                episode_id: None,
                naming_convention,
                match_case,
            },
            &body,
        )
        .await
    }

    async fn import_episode_timeline(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        episode_id: Uuid,
        query: ImportEpisodeTimelineQuery,
        body: Submission,
    ) -> Result<Json<TimelineImport>, Failure> {
        let (naming_convention, match_case) = (query.naming_convention.as_deref(), query.match_case.as_deref());
        self.timeline(
            &access,
            TimelineOptions {
                episode_id: Some(episode_id),
                naming_convention,
                match_case,
            },
            &body,
        )
        .await
    }
}

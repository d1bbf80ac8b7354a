//! The job that builds the movie of a playlist: it reads what is to be shown, has it joined, and tells what came of it.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use entity::playlist::Entry;
use sea_orm::FromQueryResult;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::assembly::{self, Assembly, Making, MovieTarget};
use super::builds::movie_key;
use super::clips::{self, Clip};
use super::letter::MovieLetter;
use crate::app::{App, SharedApp};
use crate::background::{JobError, Lane};
use crate::config::Settings;
use crate::database::{self, Sql};
use crate::events::{Work, payload, transact};
use crate::jobs::{self, Job};
use crate::pictures::SHOWN_AS_PICTURES;
use crate::previews::encoding_progress::{self, ProgressNews};
use crate::previews::keys;
use crate::programs::ProgramError;
use crate::storage::FileKey;

/// A movie that is to be built.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MovieBuild {
    pub(super) build_id: Uuid,
    /// Person who asked for it.
    pub(super) author_id: Uuid,
    /// True if all movies are encoded again.
    pub(super) full: bool,
    /// Seconds that a picture is shown for, where pictures are shown.
    pub(super) still: Option<f64>,
}

/// Message about a build that failed.
const FAILURE: &str = "The movie could not be built: the log of the server tells why.";

/// Parts of a build.
#[derive(FromQueryResult)]
struct BuildPlan {
    playlist_id: Uuid,
    project_id: Option<Uuid>,
    shots: Option<Value>,
    resolution: Option<String>,
    fps: Option<String>,
}

#[derive(FromQueryResult)]
struct PlaylistPreview {
    id: Uuid,
    entity_id: Option<Uuid>,
    extension: Option<String>,
}

#[async_trait]
impl Job for MovieBuild {
    const KIND: &'static str = "playlist-movie";
    const LANE: Lane = Lane::Media;
    const ATTEMPTS: i32 = 3;

    fn patience(settings: &Settings) -> Duration {
        Duration::from_secs(settings.jobs.job_queue_timeout)
    }

    async fn run(&self, app: &SharedApp, _id: Uuid) -> Result<(), JobError> {
        let sql = Sql::with(
            "SELECT y.id AS playlist_id, y.project_id, y.shots, p.resolution, p.fps FROM build_job b JOIN playlist y ON y.id = b.playlist_id \
             LEFT JOIN project p ON p.id = y.project_id WHERE b.id = $1 AND b.status = 'running'",
            [self.build_id.into()],
        );
        // Somebody has deleted it, or it was done and only the job was left behind.
        let Some(plan) = database::read_one::<BuildPlan>(&app.database, &sql).await? else {
            return Ok(());
        };
        let folder = tempfile::tempdir()?;
        let clips = self.fetch(app, &plan, folder.path()).await?;
        let movie = self.join(app, &plan, &clips, folder.path()).await.map_err(of_job)?;
        app.storage.put_file(&movie_key(self.build_id), &movie.path).await?;
        let kept = transact(app, || self.end(app, "succeeded", movie.remark))
            .await
            .map_err(JobError::of)?;
        if !kept {
            app.storage.delete(&movie_key(self.build_id)).await?;
        }
        Ok(())
    }

    async fn given_up(&self, app: &SharedApp) -> Result<(), JobError> {
        transact(app, || self.end(app, "failed", Some(FAILURE)))
            .await
            .map(|_| ())
            .map_err(JobError::of)
    }
}

/// A movie that can't be read stays so; what else went wrong may pass.
fn of_job(error: ProgramError) -> JobError {
    match error {
        ProgramError::Io(error) => error.into(),
        error => JobError::never(error),
    }
}

impl MovieBuild {
    /// Joins the clips into a movie in a folder, and tells of it on the way.
    async fn join(&self, app: &App, plan: &BuildPlan, clips: &[Clip], folder: &Path) -> Result<Assembly, ProgramError> {
        let known = clips::look(app, clips).await?;
        let target = MovieTarget::read(plan.resolution.as_deref(), plan.fps.as_deref());
        let news = ProgressNews {
            event: "build-job:progress",
            project_id: plan.project_id,
            facts: payload([("build_job_id", self.build_id), ("playlist_id", plan.playlist_id)]),
        };
        encoding_progress::tell_while(app, &news, clips::length(&known), |encoded| async move {
            let making = Making {
                full: self.full,
                // The rest of the job needs some time, too.
                patience: Self::patience(&app.settings).mul_f64(0.9),
                encoded: &*encoded,
            };
            assembly::assemble(app, (clips, &known), &target, making, folder).await
        })
        .await
    }

    /// Copies what is to be shown into a folder, each file once, and gives the clips in their order.
    async fn fetch(&self, app: &App, plan: &BuildPlan, folder: &Path) -> Result<Vec<Clip>, JobError> {
        let entries = Entry::all(plan.shots.as_ref());
        let ids: Vec<Uuid> = entries.iter().filter_map(|entry| entry.preview_file_id).collect();
        let mut sql = Sql::new(
            "SELECT p.id, t.entity_id, p.extension FROM preview_file p JOIN task t ON t.id = p.task_id WHERE p.id",
        );
        sql.among(&ids);
        let previews = database::read_all::<PlaylistPreview>(&app.database, &sql).await?;
        let previews: HashMap<Uuid, PlaylistPreview> =
            previews.into_iter().map(|preview| (preview.id, preview)).collect();
        let mut fetched: HashMap<Uuid, Option<Clip>> = HashMap::new();
        let mut clips = Vec::new();
        for entry in entries {
            let Some(preview) = entry.preview_file_id.and_then(|id| previews.get(&id)) else {
                continue;
            };
            if preview.entity_id != entry.entity_id {
                continue;
            }
            let clip = match fetched.get(&preview.id) {
                Some(clip) => clip.clone(),
                None => {
                    let clip = self.fetch_one(app, preview, folder).await?;
                    fetched.insert(preview.id, clip.clone());
                    clip
                }
            };
            clips.extend(clip);
        }
        if clips.is_empty() {
            Err(JobError::never("the files of the playlist are missing"))
        } else {
            Ok(clips)
        }
    }

    async fn fetch_one(&self, app: &App, preview: &PlaylistPreview, folder: &Path) -> Result<Option<Clip>, JobError> {
        let id = preview.id;
        let (keys, still): (Vec<FileKey>, _) = match (preview.extension.as_deref(), self.still) {
            (Some("mp4"), _) => (keys::movie(id).to_vec(), None),
            (Some(extension), Some(still)) if SHOWN_AS_PICTURES.contains(&extension) => {
                (vec![keys::picture("original", id)], Some(still))
            }
            _ => return Ok(None),
        };
        let path = folder.join(id.to_string());
        for key in keys {
            if app.storage.download(&key, &path).await? {
                return Ok(Some(Clip { path, still }));
            }
        }
        tracing::warn!(preview = %id, "a preview is left out of a movie: its file is missing");
        Ok(None)
    }

    /// Enters the end of the build, and tells of it; says no when the build was deleted meanwhile.
    async fn end(
        &self,
        app: &App,
        status: &'static str,
        message: Option<&'static str>,
    ) -> Result<bool, dailies_definitions::failure::Failure> {
        let mut work = Work::begin_as(app, None).await?;
        let sql = Sql::with(
            "SELECT b.playlist_id, y.project_id FROM build_job b JOIN playlist y ON y.id = b.playlist_id WHERE b.id = $1 AND b.status = 'running'",
            [self.build_id.into()],
        );
        let Some(row) = database::row(&*work, &sql).await? else {
            work.finish().await?;
            return Ok(false);
        };
        let playlist_id: Uuid = row.try_get("", "playlist_id")?;
        let project_id: Option<Uuid> = row.try_get("", "project_id")?;
        let values = vec![
            ("status", status.into()),
            ("message", message.into()),
            ("ended_at", database::now().into()),
        ];
        database::update(&*work, &entity::build_job::TABLE, self.build_id, values).await?;
        let mut told = payload([("build_job_id", self.build_id), ("playlist_id", playlist_id)]);
        told.insert("status".into(), json!(status));
        told.insert("message".into(), json!(message));
        work.emit_in(project_id, "build-job:update", told);
        if status == "succeeded" && app.mailer.is_enabled() {
            jobs::enqueue(
                &mut work,
                &[MovieLetter {
                    build_id: self.build_id,
                    person_id: self.author_id,
                }],
            )
            .await?;
        }
        work.finish().await?;
        Ok(true)
    }
}

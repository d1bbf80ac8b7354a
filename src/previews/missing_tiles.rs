//! Tiles of movies that lack them, as those of older servers may: they are made in the background once somebody asks for them.

use std::time::Duration;

use async_trait::async_trait;
use dailies_definitions::failure::Failure;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::extraction::{is_movie, make_tiles};
use super::keys;
use super::subject::PreviewSubject;
use crate::app::{App, SharedApp};
use crate::background::{JobError, Lane};
use crate::config::Settings;
use crate::events::{Work, transact};
use crate::jobs::{self, Job};

/// Time after which tiles that could not be made are tried again, when somebody asks for them.
const PAUSE: Duration = Duration::from_secs(3600);
/// Time that making them may take: a movie comes from the store, and is decoded as a whole.
const PATIENCE: Duration = Duration::from_secs(1800);

/// Job that makes the tiles of a movie.
#[derive(Debug, Serialize, Deserialize)]
pub struct MissingTiles {
    preview_id: Uuid,
}

/// Has the tiles of a movie made that somebody asked for in vain, once in an hour. What is no movie, or is still being worked
/// on, gets none.
///
/// # Errors
/// The database does not answer.
pub(super) async fn order(app: &App, preview_id: Uuid) -> Result<(), Failure> {
    let preview = match PreviewSubject::find(&app.database, preview_id).await {
        Err(Failure::Answer { .. }) => return Ok(()),
        found => found?,
    };
    let key = format!("missing-tiles:{preview_id}");
    if !is_movie(&preview) || preview.is_processing || app.store.get(&key).await?.is_some() {
        return Ok(());
    }
    app.store.put(&key, "", PAUSE).await?;
    transact(app, || async move {
        let mut work = Work::begin_as(app, None).await?;
        jobs::enqueue(&mut work, &[MissingTiles { preview_id }]).await?;
        work.finish().await?;
        Ok(())
    })
    .await
}

#[async_trait]
impl Job for MissingTiles {
    const KIND: &'static str = "missing-tiles";
    const LANE: Lane = Lane::Media;
    const ATTEMPTS: i32 = 2;

    fn patience(_settings: &Settings) -> Duration {
        PATIENCE
    }

    async fn run(&self, app: &SharedApp, _id: Uuid) -> Result<(), JobError> {
        let preview = PreviewSubject::find(&app.database, self.preview_id)
            .await
            .map_err(JobError::of)?;
        if app.storage.exists(&keys::picture("tiles", preview.id)).await? {
            return Ok(());
        }
        make_tiles(app, &preview).await.map(drop).map_err(JobError::of)
    }
}

//! The e-mail to whoever asked for the movie of a playlist.

use async_trait::async_trait;
use sea_orm::FromQueryResult;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::SharedApp;
use crate::background::{JobError, Lane};
use crate::database::{self, Sql};
use crate::jobs::Job;
use crate::mail::{Letter, LetterOrigin, Recipient};
use crate::studio::send_letter;
use crate::vocabulary::persons::full_name;

/// Tells a person that the movie of a build is there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MovieLetter {
    pub(super) build_id: Uuid,
    pub(super) person_id: Uuid,
}

#[derive(FromQueryResult)]
struct LetterFacts {
    playlist_id: Uuid,
    playlist: String,
    email: Option<String>,
    first_name: String,
    last_name: String,
    timezone: Option<String>,
}

#[async_trait]
impl Job for MovieLetter {
    const KIND: &'static str = "playlist-movie-email";
    const LANE: Lane = Lane::Letters;
    /// About 17 hours.
    const ATTEMPTS: i32 = 22;

    async fn run(&self, app: &SharedApp, id: Uuid) -> Result<(), JobError> {
        let sql = Sql::with(
            "SELECT y.id AS playlist_id, y.name AS playlist, a.email, a.first_name, a.last_name, a.timezone FROM build_job b \
             JOIN playlist y ON y.id = b.playlist_id JOIN person a ON a.id = $2 WHERE b.id = $1 AND a.active = $3 AND a.is_bot = $4",
            [self.build_id.into(), self.person_id.into(), true.into(), false.into()],
        );
        let Some(told) = database::read_one::<LetterFacts>(&app.database, &sql).await? else {
            return Ok(());
        };
        let Some(address) = told.email.filter(|email| !email.is_empty()) else {
            return Ok(());
        };
        let link = format!(
            "{}/api/data/playlists/{}/jobs/{}/build/mp4",
            app.settings.public_address(),
            told.playlist_id,
            self.build_id
        );
        let recipient = Recipient {
            address,
            full_name: full_name(&told.first_name, &told.last_name),
            first_name: told.first_name,
            timezone: told.timezone,
        };
        let origin = LetterOrigin {
            moment: database::now(),
            address: None,
        };
        let letter = Letter::MovieBuilt {
            playlist: told.playlist,
            link,
        };
        send_letter(app, id, &letter, &recipient, origin).await
    }
}

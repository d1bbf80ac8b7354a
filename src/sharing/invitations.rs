//! Links that are sent by e-mail.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use chrono::NaiveDateTime;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{PlaylistInvitation, PlaylistInvited};
use lettre::Address;
use poem::http::StatusCode;
use sea_orm::FromQueryResult;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::access::playlists::require_manager;
use crate::app::{App, SharedApp};
use crate::background::{JobError, Lane};
use crate::database::{self, Sql};
use crate::events::Work;
use crate::jobs::{self, Job};
use crate::mail::{Letter, LetterOrigin, PlaylistShared, Recipient};
use crate::studio::send_letter;
use crate::vocabulary::persons::full_name;

/// An e-mail with a link that is to be sent. It names the link, and does not hold its secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ShareInvitation {
    link_id: Uuid,
    author_id: Uuid,
    to: String,
    first_name: String,
    full_name: String,
    timezone: Option<String>,
    message: String,
    moment: NaiveDateTime,
}

#[derive(FromQueryResult)]
struct Person {
    id: Uuid,
    email: Option<String>,
    first_name: String,
    last_name: String,
    timezone: Option<String>,
}

#[derive(FromQueryResult)]
struct LinkId {
    id: Uuid,
}

/// Sends a link to addresses and persons.
///
/// # Errors
/// 404 for an unknown playlist and for a link that is revoked or of another one, 403 for those who don't manage the
/// production, 400 for what is no address.
pub(super) async fn invite(
    app: &App,
    caller: &Caller,
    playlist_id: Uuid,
    token: &str,
    body: PlaylistInvitation,
) -> Result<Json<PlaylistInvited>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    require_manager(&*work, caller, playlist_id).await?;
    let sql = Sql::with(
        "SELECT id FROM playlist_share_link WHERE token = $1 AND playlist_id = $2 AND is_active = $3",
        [token.into(), playlist_id.into(), true.into()],
    );
    let LinkId { id: link_id } = database::read_one(&*work, &sql).await?.ok_or_else(Failure::not_found)?;
    let mut invited = Vec::new();
    for email in body.emails.unwrap_or_default() {
        invited.push((address(&email)?, None));
    }
    for person in persons(&work, &body.person_ids.unwrap_or_default()).await? {
        if let Some(Ok(email)) = person.email.as_deref().map(address) {
            invited.push((email, Some(person)));
        }
    }
    let mut known = HashSet::new();
    invited.retain(|(email, _)| known.insert(email.to_lowercase()));
    let message = body.message.unwrap_or_default();
    let letters: Vec<ShareInvitation> = invited
        .iter()
        .map(|(to, person)| {
            let text = |get: fn(&Person) -> String| person.as_ref().map(get).unwrap_or_default();
            ShareInvitation {
                link_id,
                author_id: caller.person.id,
                to: to.clone(),
                first_name: text(|person| person.first_name.clone()),
                full_name: text(|person| full_name(&person.first_name, &person.last_name)),
                timezone: person.as_ref().and_then(|person| person.timezone.clone()),
                message: message.clone(),
                moment: database::now(),
            }
        })
        .collect();
    if app.mailer.is_enabled() {
        jobs::enqueue(&mut work, &letters).await?;
    }
    work.finish().await?;
    Ok(Json::of(&PlaylistInvited {
        sent: letters.into_iter().map(|letter| letter.to).collect(),
    })?)
}

/// The address with its domain in small letters.
fn address(text: &str) -> Result<String, Failure> {
    let wrong = |reason: &str| Failure::answer(StatusCode::BAD_REQUEST, json!({"error": reason})).naming("emails");
    let (user, domain) = text
        .rsplit_once('@')
        .ok_or_else(|| wrong("An email address must have an @-sign."))?;
    if !domain.contains('.') || text.parse::<Address>().is_err() {
        return Err(wrong("The email address is not valid."));
    }
    Ok(format!("{user}@{}", domain.to_lowercase()))
}

/// The persons in the order of their ids; unknown ones are left out.
async fn persons(work: &Work<'_>, ids: &[Uuid]) -> Result<Vec<Person>, Failure> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new("SELECT id, email, first_name, last_name, timezone FROM person WHERE is_bot = ");
    sql.bind(false)
        .push(" AND is_guest = ")
        .bind(false)
        .push(" AND id")
        .among(ids);
    let found = database::read_all::<Person>(&**work, &sql).await?;
    let mut found: HashMap<Uuid, Person> = found.into_iter().map(|person| (person.id, person)).collect();
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

#[derive(FromQueryResult)]
struct InvitationFacts {
    token: String,
    playlist: String,
    production: String,
    first_name: String,
    last_name: String,
}

#[async_trait]
impl Job for ShareInvitation {
    const KIND: &'static str = "share-invitation";
    const LANE: Lane = Lane::Letters;
    /// About 17 hours.
    const ATTEMPTS: i32 = 22;

    /// Nothing is sent of a link that was revoked meanwhile.
    async fn run(&self, app: &SharedApp, id: Uuid) -> Result<(), JobError> {
        let sql = Sql::with(
            "SELECT l.token, y.name AS playlist, p.name AS production, a.first_name, a.last_name FROM playlist_share_link l \
             JOIN playlist y ON y.id = l.playlist_id JOIN project p ON p.id = y.project_id JOIN person a ON a.id = $2 \
             WHERE l.id = $1 AND l.is_active = $3",
            [self.link_id.into(), self.author_id.into(), true.into()],
        );
        let Some(told) = database::read_one::<InvitationFacts>(&app.database, &sql).await? else {
            return Ok(());
        };
        let letter = Letter::PlaylistShared(PlaylistShared {
            author: full_name(&told.first_name, &told.last_name),
            playlist: told.playlist,
            production: told.production,
            link: format!("{}/playlists/shared/{}", app.settings.public_address(), told.token),
            text: self.message.clone(),
        });
        let recipient = Recipient {
            address: self.to.clone(),
            first_name: self.first_name.clone(),
            full_name: self.full_name.clone(),
            timezone: self.timezone.clone(),
        };
        let origin = LetterOrigin {
            moment: self.moment,
            address: None,
        };
        send_letter(app, id, &letter, &recipient, origin).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked() {
        assert_eq!(address("Ada@Example.COM").ok().as_deref(), Some("Ada@example.com"));
        for wrong in [
            "not-an-email",
            " ada@example.com",
            "ada@",
            "ada@localhost",
            "@example.com",
        ] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}

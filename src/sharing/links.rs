//! The links of a playlist, for those who manage its production.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeDelta};
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{PlaylistShareLink, PlaylistShareLinkAdd};
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use crate::access::playlists::require_manager;
use crate::app::App;
use crate::database::{self, RecordWriter, Sql, stream_array};
use crate::events::{Work, transact};

/// A writer of links `l`, which tells of a password only that there is one.
fn writer() -> RecordWriter {
    let has_password = ("(l.password IS NOT NULL)", "has_password", Kind::Bool);
    RecordWriter::of(
        &entity::playlist_share_link::TABLE,
        "l",
        "PlaylistShareLink",
        |column| column != "password",
    )
    .with(&[has_password])
}

async fn answer(connection: &impl ConnectionTrait, id: Uuid) -> Result<Vec<u8>, Failure> {
    let writer = writer();
    let sql = Sql::with(
        format!("SELECT {} FROM playlist_share_link l WHERE l.id = $1", writer.columns()),
        [id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = Vec::with_capacity(512);
    writer.write(&mut out, &row)?;
    Ok(out)
}

/// The links of a playlist that are not revoked.
///
/// # Errors
/// 404 for an unknown playlist, 403 for those who don't manage its production.
pub(super) async fn list(
    app: &App,
    caller: &Caller,
    playlist_id: Uuid,
) -> Result<Json<Vec<PlaylistShareLink>>, Failure> {
    require_manager(&app.database, caller, playlist_id).await?;
    let writer = writer();
    let sql = Sql::with(
        format!(
            "SELECT {} FROM playlist_share_link l WHERE l.playlist_id = $1 AND l.is_active = $2 ORDER BY l.created_at DESC, l.id",
            writer.columns()
        ),
        [playlist_id.into(), true.into()],
    );
    Ok(stream_array(&app.database, sql, move |out, row| writer.write(out, row))
        .await?
        .into())
}

/// Makes a link.
///
/// # Errors
/// 404 for an unknown playlist, 403 for those who don't manage its production, 400 for a day that is none.
pub(super) async fn create(
    app: &App,
    caller: &Caller,
    playlist_id: Uuid,
    body: PlaylistShareLinkAdd,
) -> Result<Json<PlaylistShareLink>, Failure> {
    require_manager(&app.database, caller, playlist_id).await?;
    let given = body.expiration_date.filter(|text| !text.is_empty());
    let days = Days::new(app.settings.share_link_days.into());
    let usual = || {
        if days == Days::new(0) {
            None
        } else {
            database::now().checked_add_days(days)
        }
    };
    let expires = given.map(|text| expiration(&text)).transpose()?.or_else(usual);
    let password = match body.password.filter(|password| !password.is_empty()) {
        Some(password) => Some(String::from_utf8(app.passwords.hash(&password).await?)?),
        None => None,
    };
    let store = || async {
        let work = Work::begin(app, caller).await?;
        require_manager(&*work, caller, playlist_id).await?;
        let values = vec![
            ("token", Uuid::new_v4().to_string().into()),
            ("playlist_id", playlist_id.into()),
            ("created_by", caller.person.id.into()),
            ("expiration_date", expires.into()),
            ("is_active", true.into()),
            ("can_comment", body.can_comment.unwrap_or(true).into()),
            ("password", password.clone().into()),
        ];
        let id = database::insert(&*work, &entity::playlist_share_link::TABLE, values).await?;
        let text = answer(&*work, id).await?;
        work.finish().await?;
        Ok(Json::written(text))
    };
    transact(app, store).await
}

/// The last moment of a link: the end of a day, or a moment, in UTC.
fn expiration(text: &str) -> Result<NaiveDateTime, Failure> {
    let wrong = || Failure::parameter(format!("{text} is not a valid ISO 8601 date")).naming("expiration_date");
    let trimmed = text.trim();
    if let Ok(day) = NaiveDate::parse_from_str(trimmed, "%Y-%m-%d") {
        let next = day
            .succ_opt()
            .and_then(|day| day.and_hms_opt(0, 0, 0))
            .ok_or_else(wrong)?;
        return Ok(next - TimeDelta::microseconds(1)).and_then(|moment| within(moment).ok_or_else(wrong));
    }
    let text = trimmed.replacen(' ', "T", 1);
    let zoned = ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z"]
        .iter()
        .find_map(|format| DateTime::parse_from_str(&text, format).ok());
    let bare = text.trim_end_matches(['Z', 'z']);
    let plain = || {
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(bare, format).ok())
    };
    zoned
        .map(|moment| moment.naive_utc())
        .or_else(plain)
        .and_then(within)
        .ok_or_else(wrong)
}

/// The moment, unless it lies in years that not every client can read.
fn within(moment: NaiveDateTime) -> Option<NaiveDateTime> {
    (1970..=9998)
        .contains(&chrono::Datelike::year(&moment))
        .then_some(moment)
}

#[derive(FromQueryResult)]
struct Id {
    id: Uuid,
}

/// Revokes a link.
///
/// # Errors
/// 404 for an unknown playlist and for a link of another one, 403 for those who don't manage the production.
pub(super) async fn revoke(
    app: &App,
    caller: &Caller,
    playlist_id: Uuid,
    token: &str,
) -> Result<Json<PlaylistShareLink>, Failure> {
    let work = Work::begin(app, caller).await?;
    require_manager(&*work, caller, playlist_id).await?;
    let sql = Sql::with(
        "SELECT id FROM playlist_share_link WHERE token = $1 AND playlist_id = $2",
        [token.into(), playlist_id.into()],
    );
    let Id { id } = database::read_one(&*work, &sql).await?.ok_or_else(Failure::not_found)?;
    database::update(
        &*work,
        &entity::playlist_share_link::TABLE,
        id,
        vec![("is_active", false.into())],
    )
    .await?;
    let text = answer(&*work, id).await?;
    work.finish().await?;
    Ok(Json::written(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_lasts_to_its_end_and_zones_count() {
        let told = |text: &str| {
            expiration(text)
                .map(|moment| moment.format("%Y-%m-%dT%H:%M:%S%.6f").to_string())
                .ok()
        };
        assert_eq!(told("2026-03-02").as_deref(), Some("2026-03-02T23:59:59.999999"));
        assert_eq!(
            told("2026-03-02T10:00:00").as_deref(),
            Some("2026-03-02T10:00:00.000000")
        );
        assert_eq!(told("2026-03-02 10:00").as_deref(), Some("2026-03-02T10:00:00.000000"));
        assert_eq!(
            told("2026-03-02T10:00:00Z").as_deref(),
            Some("2026-03-02T10:00:00.000000")
        );
        assert_eq!(
            told("2026-03-02T01:00:00.5+02:00").as_deref(),
            Some("2026-03-01T23:00:00.500000")
        );
        for wrong in [
            "",
            "tomorrow",
            "2026-02-30",
            "2026-03-02T25:00:00",
            "0001-01-01",
            "9999-12-31",
        ] {
            assert_eq!(told(wrong), None, "{wrong}");
        }
    }
}

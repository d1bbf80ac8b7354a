//! Shared playlists: who holds a link, who is a guest of it, and what guests see.

mod shown;

use chrono::NaiveDateTime;
use dailies_definitions::access::{Role, ShareVisitor};
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use poem::Request;
use poem::http::HeaderMap;
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::Value;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::data_mask::Metadata;
use crate::app::App;
use crate::credentials::request_tokens::cookie_value;
use crate::database::{self, Database, Sql};
use crate::peers;

pub use self::shown::SharedRecords;

/// The header that brings the password of a link.
const PASSWORD_HEADER: &str = "x-share-password";
/// The header that brings the secret of a guest.
const SECRET_HEADER: &str = "x-guest-secret";

/// Role of guests where roles are asked for.
pub const GUEST: Role = Role::Client;

/// Name of the cookie that stands for the password of a link.
#[must_use]
pub fn pass_cookie(link_id: Uuid) -> String {
    format!("share_pass_{}", link_id.simple())
}

/// Name of the cookie that tells which guest of a link somebody is.
#[must_use]
pub fn guest_cookie(link_id: Uuid) -> String {
    format!("share_guest_{}", link_id.simple())
}

#[derive(FromQueryResult)]
struct SharedLink {
    id: Uuid,
    playlist_id: Uuid,
    project_id: Option<Uuid>,
    password: Option<String>,
    expiration_date: Option<NaiveDateTime>,
    can_comment: bool,
}

/// `share-link`: whoever holds a link that is good, and its password.
///
/// # Errors
/// 404 whatever is wrong with the link or the password, 429 for those who guess.
pub(super) async fn visitor(app: &App, request: &Request, token: &str) -> Result<ShareVisitor, Failure> {
    let sql = Sql::with(
        "SELECT l.id, l.playlist_id, y.project_id, l.password, l.expiration_date, l.can_comment FROM playlist_share_link l \
         JOIN playlist y ON y.id = l.playlist_id WHERE l.token = $1 AND l.is_active = $2",
        [token.into(), true.into()],
    );
    let link = database::read_one::<SharedLink>(&app.database, &sql)
        .await?
        .ok_or_else(Failure::not_found)?;
    if link.expiration_date.is_some_and(|end| database::now() > end) {
        return Err(Failure::not_found());
    }
    let pass = match &link.password {
        Some(hash) => prove(app, request, link.id, hash).await?,
        None => None,
    };
    Ok(ShareVisitor {
        link_id: link.id,
        playlist_id: link.playlist_id,
        project_id: link.project_id.ok_or_else(Failure::not_found)?,
        can_comment: link.can_comment,
        pass,
    })
}

/// Asks for the password of a link. Gives what stands for it from now on, when it was the password that came.
async fn prove(app: &App, request: &Request, link_id: Uuid, hash: &str) -> Result<Option<String>, Failure> {
    let headers = request.headers();
    let pass = app.tokens.digest("share-pass", &format!("{link_id}\0{hash}"))?;
    if cookie_value(headers, &pass_cookie(link_id)).is_some_and(|sent| same(sent, &pass)) {
        return Ok(None);
    }
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let given = header(headers, PASSWORD_HEADER)
        .or_else(|| query.get("password"))
        .filter(|text| !text.is_empty());
    let given = given.ok_or_else(Failure::not_found)?;
    let peer = request.remote_addr().as_socket_addr().map(std::net::SocketAddr::ip);
    let guess = app
        .guesses
        .begin(link_id, peers::address(headers, peer, &app.settings.trusted_proxies))
        .await?;
    // Hashing takes long, and needs no connection.
    Database::release().await;
    if !app.passwords.verify(given, Some(hash.as_bytes())).await? {
        return Err(Failure::not_found());
    }
    guess.was_right().await?;
    Ok(Some(pass))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// The secret of a guest: whoever has it is the guest.
///
/// # Errors
/// The secret can't be made.
pub fn guest_secret(app: &App, guest_id: Uuid) -> Result<String, Failure> {
    Ok(app.tokens.digest("share-guest", &guest_id.to_string())?)
}

/// The guest that the cookie of a link names, if the secret in it is right.
///
/// # Errors
/// The database does not answer.
pub async fn guest_of_cookie(
    app: &App,
    connection: &impl ConnectionTrait,
    visitor: &ShareVisitor,
    headers: &HeaderMap,
) -> Result<Option<Uuid>, Failure> {
    let name = guest_cookie(visitor.link_id);
    let named = cookie_value(headers, &name).and_then(|value| Uuid::parse_str(value.split_once('.')?.0).ok());
    match named {
        Some(id) if is_guest(app, connection, visitor, headers, id).await? => Ok(Some(id)),
        _ => Ok(None),
    }
}

#[derive(FromQueryResult)]
struct Data {
    data: Option<Value>,
}

/// True if the request comes from a guest of the link: it brings the guest's secret.
///
/// # Errors
/// The database does not answer.
pub async fn is_guest(
    app: &App,
    connection: &impl ConnectionTrait,
    visitor: &ShareVisitor,
    headers: &HeaderMap,
    id: Uuid,
) -> Result<bool, Failure> {
    let secret = guest_secret(app, id)?;
    let name = guest_cookie(visitor.link_id);
    let in_cookie = cookie_value(headers, &name)
        .and_then(|value| value.split_once('.'))
        .map(|(_, secret)| secret);
    if !header(headers, SECRET_HEADER)
        .or(in_cookie)
        .is_some_and(|sent| same(sent, &secret))
    {
        return Ok(false);
    }
    let sql = Sql::with(
        "SELECT data FROM person WHERE id = $1 AND is_guest = $2 AND active = $2",
        [id.into(), true.into()],
    );
    let found = database::read_one::<Data>(connection, &sql)
        .await?
        .and_then(|row| row.data)
        .unwrap_or_default();
    Ok(found["share_link_id"].as_str() == Some(&visitor.link_id.to_string()))
}

/// Keys of a preview that are about the studio, and not about what is shown.
const INTERNAL: [&str; 8] = [
    "data",
    "path",
    "shotgun_id",
    "source",
    "source_file_id",
    "uploaded_movie_name",
    "uploaded_movie_url",
    "url",
];

/// The record of a preview as JSON, without what guests are not told.
#[must_use]
pub fn without_internal(text: &[u8]) -> Vec<u8> {
    let mut record = Metadata::read(text);
    record.replace(|key| INTERNAL.contains(&key).then_some("null"));
    let mut out = Vec::with_capacity(text.len());
    record.write(&mut out);
    out
}

/// Adds the condition that a guest sees a comment `c` by the author `a`, with `AND` before it: those meant for clients, and
/// those of guests. Where clients are kept apart, those of other guests are hidden, too.
pub fn keep_seen(sql: &mut Sql, clients_isolated: bool, guest_id: Option<Uuid>) {
    sql.push(" AND (c.for_client = ").bind(true);
    match (clients_isolated, guest_id) {
        (false, _) => {
            sql.push(" OR a.is_guest = ").bind(true);
        }
        (true, Some(id)) => {
            sql.push(" OR c.person_id = ").bind(id);
        }
        (true, None) => {}
    }
    sql.push(")");
}

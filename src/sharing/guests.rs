//! Guests: persons who came by a link, and can't sign in.

use dailies_definitions::access::ShareVisitor;
use dailies_definitions::call::request_headers;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use dailies_definitions::schemas::GuestAdd;
use entity::facts::Kind;
use poem::Response;
use poem::http::{StatusCode, header};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;
use uuid::Uuid;

use super::cookies;
use crate::access::shares::{GUEST, guest_of_cookie, guest_secret, is_guest};
use crate::app::App;
use crate::auth::caller_address;
use crate::database::json::{TEXT, write_key};
use crate::database::{self, RecordWriter, Sql};
use crate::events::{Work, payload};

/// Columns of a person that are told to the guest.
const PERSON_COLUMNS_FOR_GUESTS: [&str; 10] = [
    "id",
    "first_name",
    "last_name",
    "email",
    "role",
    "has_avatar",
    "is_guest",
    "active",
    "created_at",
    "updated_at",
];

/// 403: the request does not come from a guest of the link.
pub(super) fn not_part() -> Failure {
    refused(StatusCode::FORBIDDEN, "Guest not part of this shared playlist").naming("guest_id")
}

/// A refusal in the form that clients of guests know.
pub(super) fn refused(status: StatusCode, reason: &str) -> Failure {
    Failure::answer(status, json!({"error": reason}))
}

/// Lets a guest of the link in, who brings their secret.
///
/// # Errors
/// 403 unless the request brings the secret of a guest of the link.
pub(super) async fn require(
    app: &App,
    connection: &impl ConnectionTrait,
    visitor: &ShareVisitor,
    guest_id: Uuid,
) -> Result<(), Failure> {
    let headers = request_headers().unwrap_or_default();
    if is_guest(app, connection, visitor, &headers, guest_id).await? {
        Ok(())
    } else {
        Err(not_part())
    }
}

/// The guest who asks: the one that is named, if the secret comes along, or else the one of the cookie.
///
/// # Errors
/// The database does not answer.
pub(super) async fn who_asks(app: &App, visitor: &ShareVisitor, named: Option<Uuid>) -> Result<Option<Uuid>, Failure> {
    let headers = request_headers().unwrap_or_default();
    let connection = &app.database;
    match named {
        Some(id) => Ok(is_guest(app, connection, visitor, &headers, id).await?.then_some(id)),
        None => guest_of_cookie(app, connection, visitor, &headers).await,
    }
}

#[derive(FromQueryResult)]
struct GuestNames {
    first_name: String,
    last_name: String,
}

/// Answers the guest that the caller is already, or a new one.
///
/// # Errors
/// 429 for those who make too many.
pub(super) async fn create(app: &App, visitor: &ShareVisitor, body: GuestAdd) -> Result<Media, Failure> {
    let first_name = Some(body.first_name.unwrap_or_default().trim().to_owned()).filter(|name| !name.is_empty());
    let names = GuestNames {
        first_name: first_name.unwrap_or_else(|| "Guest".into()),
        last_name: body.last_name.unwrap_or_default().trim().to_owned(),
    };
    let mut work = Work::begin_as(app, None).await?;
    let known = known(&work, visitor, body.guest_id, &names).await?;
    let (id, status) = match known {
        Some(id) => (id, StatusCode::OK),
        None => (add(&mut work, visitor, &names).await?, StatusCode::CREATED),
    };
    let secret = guest_secret(app, id)?;
    let text = answer(&*work, id, &secret).await?;
    work.finish().await?;
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json");
    for cookie in [cookies::pass(app, visitor), cookies::guest(app, visitor, id, &secret)]
        .into_iter()
        .flatten()
    {
        response = response.header(header::SET_COOKIE, cookie);
    }
    Ok(Media::new(response.body(text)))
}

/// The guest that the caller proves to be: the one that is named, or one with the same names.
async fn known(
    work: &Work<'_>,
    visitor: &ShareVisitor,
    named: Option<Uuid>,
    names: &GuestNames,
) -> Result<Option<Uuid>, Failure> {
    let headers = request_headers().unwrap_or_default();
    if let Some(id) = named
        && is_guest(work.app(), &**work, visitor, &headers, id).await?
    {
        return Ok(Some(id));
    }
    let Some(id) = guest_of_cookie(work.app(), &**work, visitor, &headers).await? else {
        return Ok(None);
    };
    let sql = Sql::with("SELECT first_name, last_name FROM person WHERE id = $1", [id.into()]);
    let stored = database::read_one::<GuestNames>(&**work, &sql).await?;
    Ok(stored
        .filter(|stored| stored.first_name == names.first_name && stored.last_name == names.last_name)
        .map(|_| id))
}

async fn add(work: &mut Work<'_>, visitor: &ShareVisitor, names: &GuestNames) -> Result<Uuid, Failure> {
    work.app()
        .guesses
        .admit_guest(visitor.link_id, caller_address(work.app()))
        .await?;
    let number = Uuid::new_v4().simple().to_string();
    let values = vec![
        ("first_name", names.first_name.clone().into()),
        ("last_name", names.last_name.clone().into()),
        ("email", format!("guest-{}@guest.kitsu", &number[..8]).into()),
        ("role", GUEST.code().into()),
        ("is_guest", true.into()),
        ("active", true.into()),
        ("data", json!({"share_link_id": visitor.link_id}).into()),
    ];
    let id = database::insert(&**work, &entity::person::TABLE, values).await?;
    work.emit_of_studio(&entity::person::TABLE, "person:new", payload([("person_id", id)]));
    Ok(id)
}

/// The guest as JSON, with the secret.
async fn answer(connection: &impl ConnectionTrait, id: Uuid, secret: &str) -> Result<Vec<u8>, Failure> {
    let writer = RecordWriter::of(&entity::person::TABLE, "r", "Person", |column| {
        PERSON_COLUMNS_FOR_GUESTS.contains(&column)
    })
    .with(&[
        ("TRIM(r.first_name || ' ' || r.last_name)", "full_name", TEXT),
        ("r.data", "data", Kind::Json),
    ]);
    let sql = Sql::with(
        format!("SELECT {} FROM person r WHERE r.id = $1", writer.columns()),
        [id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = Vec::with_capacity(512);
    writer.write_open(&mut out, &row)?;
    write_key(&mut out, "departments", Some(b"[]"));
    write_key(&mut out, "guest_secret", Some(json!(secret).to_string().as_bytes()));
    out.push(b'}');
    Ok(out)
}

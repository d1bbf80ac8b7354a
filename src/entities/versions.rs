//! The versions of a shot or an edit: what its name and metadata were over time.

use chrono::NaiveDateTime;
use dailies_definitions::access::{Caller, EntityReader};
use dailies_definitions::failure::Failure;
use entity::facts::Kind;
use sea_orm::{FromQueryResult, Value as SqlValue};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::rows::find_entity;
use crate::access::data_mask::Metadata;
use crate::access::entities::Scope;
use crate::app::App;
use crate::crud::Record;
use crate::database::{self, Sql, now, write_column};
use crate::events::Work;
use crate::vocabulary::kinds::EntityKind;

/// Changes of one person that follow each other faster belong to one version.
const SECONDS_BETWEEN: i64 = 60;
/// A version is changed no longer after this.
const SECONDS_OF_VERSION: i64 = 300;

/// The last version of something.
#[derive(FromQueryResult)]
struct Latest {
    id: Uuid,
    name: String,
    person_id: Option<Uuid>,
    created_at: Option<NaiveDateTime>,
    updated_at: Option<NaiveDateTime>,
}

impl Latest {
    /// True if a change by somebody of something with that name belongs to it. A name that was given since has to be kept in a
    /// version of its own.
    fn takes(&self, person_id: Uuid, name: &str, now: NaiveDateTime) -> bool {
        let within = |moment: Option<NaiveDateTime>, seconds: i64| {
            moment.is_some_and(|moment| (now - moment).num_seconds() <= seconds)
        };
        self.person_id == Some(person_id)
            && self.name == name
            && within(self.updated_at, SECONDS_BETWEEN)
            && within(self.created_at, SECONDS_OF_VERSION)
    }
}

/// Keeps a version of a shot whose name, first or last frame changes: the name that it had, and the metadata that it gets.
/// Changes of one person within a minute after another belong to its version, for five minutes at most, unless the name
/// changed in between. `before` is the row as it was, `body` what it is changed by.
///
/// # Errors
/// The database refuses.
pub async fn keep(work: &Work<'_>, caller: &Caller, before: &Record, body: &Map<String, Value>) -> Result<(), Failure> {
    if !changes_identity(&before.values, body) {
        return Ok(());
    }
    let data = body
        .get("data")
        .filter(|data| data.is_object())
        .or_else(|| before.values.get("data"))
        .cloned()
        .unwrap_or_default();
    let data = ("data", SqlValue::Json((!data.is_null()).then(|| Box::new(data))));
    let name = before.text("name").unwrap_or_default();
    let sql = Sql::with(
        "SELECT id, name, person_id, created_at, updated_at FROM entity_version WHERE entity_id = $1 ORDER BY created_at DESC, id LIMIT 1",
        [before.id.into()],
    );
    let latest = database::read_one::<Latest>(&**work, &sql).await?;
    if let Some(latest) = latest.filter(|latest| latest.takes(caller.person.id, name, now())) {
        database::update(&**work, &entity::entity_version::TABLE, latest.id, vec![data]).await?;
        return Ok(());
    }
    let values = vec![
        ("name", name.into()),
        data,
        ("entity_id", before.id.into()),
        ("person_id", caller.person.id.into()),
    ];
    database::insert(&**work, &entity::entity_version::TABLE, values).await?;
    Ok(())
}

/// True if a change touches what versions are kept for.
fn changes_identity(before: &Map<String, Value>, body: &Map<String, Value>) -> bool {
    let differs =
        |new: Option<&Value>, old: Option<&Value>| new.is_some_and(|new| *new != *old.unwrap_or(&Value::Null));
    let field = |row: &Map<String, Value>, name: &str| row.get("data").and_then(|data| data.get(name)).cloned();
    differs(body.get("name"), before.get("name"))
        || ["frame_in", "frame_out"]
            .iter()
            .any(|name| differs(field(body, name).as_ref(), field(before, name).as_ref()))
}

/// The versions of a shot or an edit as a JSON list, newest first.
///
/// # Errors
/// 404 when the entity is of another kind.
pub(super) async fn list(app: &App, access: &EntityReader, id: Uuid, kind: EntityKind) -> Result<Vec<u8>, Failure> {
    const FIELDS: [(&str, Kind); 6] = [
        ("id", Kind::Uuid),
        ("name", Kind::Text { max: None }),
        ("entity_id", Kind::Uuid),
        ("person_id", Kind::Uuid),
        ("created_at", Kind::DateTime),
        ("updated_at", Kind::DateTime),
    ];
    let database = &app.database;
    find_entity(database, id, kind).await?;
    let scope = Scope::project(access.caller(), access.project_id(), access.role());
    let masks = scope.masks(database, kind).await?;
    let sql = Sql::with(
        "SELECT data, id, name, entity_id, person_id, created_at, updated_at FROM entity_version WHERE entity_id = $1 ORDER BY created_at DESC, id",
        [id.into()],
    );
    let mut out = vec![b'['];
    for (at, row) in database.rows(&sql).await?.iter().enumerate() {
        out.extend_from_slice(if at > 0 { b",{\"data\":" } else { b"{\"data\":" });
        let mut data = Vec::new();
        write_column(&mut data, row, "data", Kind::Json)?;
        if masks.is_empty() {
            out.extend_from_slice(&data);
        } else {
            let mut metadata = Metadata::read(&data);
            metadata.hide(masks.of_project(access.project_id()));
            metadata.write(&mut out);
        }
        for (key, kind) in FIELDS {
            out.extend_from_slice(format!(",\"{key}\":").as_bytes());
            write_column(&mut out, row, key, kind)?;
        }
        out.extend_from_slice(format!(",\"type\":\"{}Version\"}}", kind.type_name()).as_bytes());
    }
    out.push(b']');
    Ok(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quick_changes_belong_together() {
        let moment =
            |seconds: i64| chrono::DateTime::from_timestamp(1_000_000 + seconds, 0).map(|moment| moment.naive_utc());
        let author = Uuid::from_u128(1);
        let takes = |person: Uuid, name: &str, changed: i64, seconds: i64| {
            let (created_at, updated_at) = (moment(0), moment(changed));
            let latest = Latest {
                id: Uuid::nil(),
                name: "SH010".into(),
                person_id: Some(author),
                created_at,
                updated_at,
            };
            latest.takes(person, name, moment(seconds).expect("a moment"))
        };
        assert!(takes(author, "SH010", 0, 60) && takes(author, "SH010", 250, 300));
        assert!(!takes(author, "SH010", 0, 61), "too long ago");
        assert!(!takes(author, "SH010", 299, 301), "for too long");
        assert!(!takes(author, "SH020", 0, 1), "the name changed since");
        assert!(!takes(Uuid::from_u128(2), "SH010", 0, 1), "somebody else");
    }

    #[test]
    fn versions_are_for_names_and_frames() {
        let before = json!({"name": "SH010", "data": {"frame_in": 1, "fps": 24}});
        let changes = |body: Value| {
            changes_identity(
                before.as_object().expect("an object"),
                body.as_object().expect("an object"),
            )
        };
        assert!(changes(json!({"name": "SH020"})));
        assert!(changes(json!({"data": {"frame_in": 2}})));
        assert!(changes(json!({"data": {"frame_out": 9}})));
        assert!(!changes(json!({"name": "SH010", "description": "x"})));
        assert!(!changes(json!({"data": {"fps": 25}})));
    }
}

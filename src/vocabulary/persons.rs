//! Persons as answers show them: the short record beside what somebody did, and the row as those see it who may see all
//! of it, every column but the secrets.

use std::collections::HashMap;
use std::sync::LazyLock;

use dailies_definitions::failure::Failure;
use entity::arrays::JsonArray;
use entity::facts::{Column, Kind};
use entity::person;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use uuid::Uuid;

use crate::database::json::TEXT;
use crate::database::{self, BATCH, Database, Field, RowWriter, Sql, write_column, write_text, write_uuid};

/// Facts about a person: keys, expressions over the person `a`, and what they hold.
pub const SHORT_PERSON: [(&str, &str, Kind); 6] = [
    ("id", "a.id", Kind::Uuid),
    ("first_name", "a.first_name", TEXT),
    ("last_name", "a.last_name", TEXT),
    ("full_name", "TRIM(a.first_name || ' ' || a.last_name)", TEXT),
    ("has_avatar", "a.has_avatar", Kind::Bool),
    ("role", "a.role", TEXT),
];

/// Whole name of a person: the `full_name` of [`SHORT_PERSON`] where the names are at hand.
#[must_use]
pub fn full_name(first: &str, last: &str) -> String {
    format!("{first} {last}").trim().to_owned()
}

/// Columns that no answer ever shows: secrets, and the state of second factors and sign-ins.
pub const HIDDEN_COLUMNS: [&str; 12] = [
    "password",
    "login_failed_attemps",
    "last_login_failed",
    "totp_secret",
    "email_otp_secret",
    "fido_credentials",
    "otp_recovery_codes",
    "jti",
    "oidc_issuer",
    "oidc_subject",
    "saml_issuer",
    "saml_subject",
];

/// The column that holds what a day of the person's work costs.
pub const SALARY: &str = "daily_salary";
/// Value in its place for those who don't see salaries.
pub const NO_SALARY: &str = "CAST(NULL AS integer)";

/// Parts of a row beside its columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PersonRowOptions {
    /// Ids of the departments that the person belongs to.
    pub departments: bool,
    /// Names of the person's security keys.
    pub fido_devices: bool,
}

/// Columns that stand behind `full_name`, as in every row.
const LAST_COLUMNS: [(&str, Kind); 3] = [
    ("id", Kind::Uuid),
    ("created_at", Kind::DateTime),
    ("updated_at", Kind::DateTime),
];

static FIRST_COLUMNS: LazyLock<Vec<&Column>> = LazyLock::new(|| {
    let shown = |column: &&Column| {
        !HIDDEN_COLUMNS.contains(&column.name) && LAST_COLUMNS.iter().all(|(name, _)| *name != column.name)
    };
    person::TABLE.columns.iter().filter(shown).collect()
});

static WRITER: LazyLock<RowWriter> =
    LazyLock::new(|| RowWriter::new(FIRST_COLUMNS.iter().map(|column| Field::from(*column))));

/// The row of a person as a JSON object, or nothing when there is no such person. It is for the person, and for
/// administrators.
///
/// # Errors
/// The database does not answer.
pub async fn person_row(database: &Database, id: Uuid, options: PersonRowOptions) -> Result<Option<Vec<u8>>, DbErr> {
    let Some(row) = database
        .row(&Sql::with(format!("{} WHERE id = $1", select()), [id.into()]))
        .await?
    else {
        return Ok(None);
    };
    let mut out = write_open(&row)?;
    if options.departments {
        out.extend_from_slice(b",\"departments\":");
        list(&mut out, departments(database, id).await?, write_uuid);
    }
    if options.fido_devices {
        let keys = row
            .try_get::<Option<JsonArray>>("", "fido_credentials")?
            .unwrap_or_default();
        out.extend_from_slice(b",\"fido_devices\":");
        list(&mut out, keys.0, |out, key| {
            write_text(out, key["device_name"].as_str().unwrap_or_default())
        });
    }
    out.push(b'}');
    Ok(Some(out))
}

/// The rows of persons as JSON objects by their ids, without options.
///
/// # Errors
/// The database does not answer.
pub async fn person_rows(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<u8>>, DbErr> {
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        let mut sql = Sql::new(format!("{} WHERE id", select()));
        sql.among(ids);
        for row in database::rows(connection, &sql).await? {
            let mut out = write_open(&row)?;
            out.push(b'}');
            found.insert(row.try_get("", "id")?, out);
        }
    }
    Ok(found)
}

/// Selects what rows show.
fn select() -> String {
    let names: Vec<&str> = FIRST_COLUMNS
        .iter()
        .map(|column| column.name)
        .chain(LAST_COLUMNS.map(|(name, _)| name))
        .collect();
    format!("SELECT {}, fido_credentials FROM person", names.join(", "))
}

/// The object of a row without its closing brace.
fn write_open(row: &QueryResult) -> Result<Vec<u8>, DbErr> {
    let mut out = Vec::with_capacity(2048);
    out.push(b'{');
    WRITER.write(&mut out, row)?;
    let (first, last): (String, String) = (row.try_get("", "first_name")?, row.try_get("", "last_name")?);
    out.extend_from_slice(b",\"full_name\":");
    write_text(&mut out, &full_name(&first, &last));
    for (name, kind) in LAST_COLUMNS {
        out.extend_from_slice(format!(",\"{name}\":").as_bytes());
        write_column(&mut out, row, name, kind)?;
    }
    out.extend_from_slice(b",\"type\":\"Person\"");
    Ok(out)
}

/// A person that has to be there.
///
/// # Errors
/// 404 for nobody.
pub async fn require_person(connection: &impl ConnectionTrait, id: Uuid) -> Result<(), Failure> {
    let sql = Sql::with("SELECT 1 FROM person WHERE id = $1", [id.into()]);
    database::row(connection, &sql)
        .await?
        .map(|_| ())
        .ok_or_else(Failure::not_found)
}

/// A person that has to be there, and no bot.
///
/// # Errors
/// 404 for nobody, 403 for a bot.
pub async fn require_human(connection: &impl ConnectionTrait, id: Uuid) -> Result<(), Failure> {
    let sql = Sql::with("SELECT is_bot FROM person WHERE id = $1", [id.into()]);
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    if row.try_get::<bool>("", "is_bot")? {
        Err(Failure::forbidden())
    } else {
        Ok(())
    }
}

async fn departments(database: &Database, id: Uuid) -> Result<Vec<Uuid>, DbErr> {
    let sql = Sql::with(
        "SELECT department_id FROM department_link WHERE person_id = $1 ORDER BY department_id",
        [id.into()],
    );
    database::read_values(database, &sql).await
}

fn list<T>(out: &mut Vec<u8>, items: Vec<T>, write: impl Fn(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

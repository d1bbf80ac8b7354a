//! A person as those see it who may see all of it: every column but the secrets.

use std::sync::LazyLock;

use dailies_definitions::access::Caller;
use entity::arrays::JsonArray;
use entity::facts::{Column, Kind};
use entity::person;
use sea_orm::DbErr;
use uuid::Uuid;

use crate::access::persons::sees_salaries;
use crate::app::App;
use crate::database::{Field, RecordWriter, RowWriter, Sql, write_text, write_uuid, write_value};

/// Columns that no answer ever shows.
const HIDDEN_COLUMNS: [&str; 8] =
    ["password", "login_failed_attemps", "last_login_failed", "totp_secret", "email_otp_secret", "fido_credentials", "otp_recovery_codes", "jti"];

/// The column that holds what a day of the person's work costs.
pub const SALARY: &str = "daily_salary";
/// What those get in its place who don't see salaries.
pub const NO_SALARY: &str = "CAST(NULL AS integer)";

/// Whole records of persons, whom the query calls `alias`, as the caller may see them.
#[must_use]
pub fn whole_record(caller: &Caller, alias: &str) -> RecordWriter {
    let shown = person::TABLE.columns.iter().filter(|column| !HIDDEN_COLUMNS.contains(&column.name));
    let value = |column: &Column| {
        if column.name == SALARY && !sees_salaries(caller) { NO_SALARY.to_owned() } else { format!("{alias}.\"{}\"", column.name) }
    };
    RecordWriter::select(shown.map(|column| (value(column), Field::from(column))), Some("Person"))
}

/// What a row carries beside its columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PersonRowOptions {
    /// Ids of the departments that the person belongs to.
    pub departments: bool,
    /// Names of the person's security keys.
    pub fido_devices: bool,
}

/// Columns that stand behind `full_name`, as in every row.
const LAST_COLUMNS: [(&str, Kind); 3] = [("id", Kind::Uuid), ("created_at", Kind::DateTime), ("updated_at", Kind::DateTime)];

static FIRST_COLUMNS: LazyLock<Vec<&Column>> = LazyLock::new(|| {
    let shown = |column: &&Column| !HIDDEN_COLUMNS.contains(&column.name) && LAST_COLUMNS.iter().all(|(name, _)| *name != column.name);
    person::TABLE.columns.iter().filter(shown).collect()
});

static WRITER: LazyLock<RowWriter> = LazyLock::new(|| RowWriter::new(FIRST_COLUMNS.iter().map(|column| Field::from(*column))));

/// The row of a person as a JSON object, or nothing when there is no such person. It is for the person, and for
/// administrators.
///
/// # Errors
/// The database does not answer.
pub async fn person_row(app: &App, id: Uuid, options: PersonRowOptions) -> Result<Option<Vec<u8>>, DbErr> {
    let names: Vec<&str> = FIRST_COLUMNS.iter().map(|column| column.name).chain(LAST_COLUMNS.map(|(name, _)| name)).collect();
    let text = format!("SELECT {}, fido_credentials FROM person WHERE id = $1", names.join(", "));
    let Some(row) = app.database.row(&Sql::with(text, [id.into()])).await? else {
        return Ok(None);
    };
    let mut out = Vec::with_capacity(2048);
    out.push(b'{');
    WRITER.write(&mut out, &row)?;
    let (first, last): (String, String) = (row.try_get("", "first_name")?, row.try_get("", "last_name")?);
    out.extend_from_slice(b",\"full_name\":");
    write_text(&mut out, format!("{first} {last}").trim());
    for (at, (name, kind)) in LAST_COLUMNS.into_iter().enumerate() {
        out.extend_from_slice(format!(",\"{name}\":").as_bytes());
        write_value(&mut out, &row, WRITER.width() + at, kind)?;
    }
    out.extend_from_slice(b",\"type\":\"Person\"");
    if options.departments {
        out.extend_from_slice(b",\"departments\":");
        list(&mut out, departments(app, id).await?, write_uuid);
    }
    if options.fido_devices {
        let keys = row.try_get_by_index::<Option<JsonArray>>(names.len())?.unwrap_or_default();
        out.extend_from_slice(b",\"fido_devices\":");
        list(&mut out, keys.0, |out, key| write_text(out, key["device_name"].as_str().unwrap_or_default()));
    }
    out.push(b'}');
    Ok(Some(out))
}

async fn departments(app: &App, id: Uuid) -> Result<Vec<Uuid>, DbErr> {
    let sql = Sql::with("SELECT department_id FROM department_link WHERE person_id = $1 ORDER BY department_id", [id.into()]);
    app.database.rows(&sql).await?.iter().map(|row| row.try_get_by_index(0)).collect()
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

//! Presence of persons: sign-ins on workstations, and the lists that follow from them.

use std::collections::{HashMap, HashSet};

use chrono::{Datelike, Days, NaiveDateTime};
use dailies_definitions::access::{Caller, SelfOrAdmin};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, Media};
use dailies_definitions::rules::RecordRule;
use dailies_definitions::schemas::UserDesktopLogin;
use poem::Response;
use poem::http::header;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::access::records::{RecordSubject, require_record};
use crate::app::App;
use crate::database::{self, RecordWriter, Sql};
use crate::events::Work;
use crate::tasks::presence::refresh;
use crate::vocabulary::period;
use crate::vocabulary::persons::require_person;

fn logs() -> RecordWriter {
    RecordWriter::new(&entity::desktop_login_log::TABLE, "l", "DesktopLoginLog")
}

/// The sign-ins of a person, for the person and for whoever manages the studio.
pub(super) async fn logins(
    app: &App,
    caller: &Caller,
    person_id: Uuid,
) -> Result<Json<Vec<UserDesktopLogin>>, Failure> {
    require_record(
        &app.database,
        caller,
        RecordRule::PersonViewer,
        RecordSubject::Person(Some(person_id)),
    )
    .await?;
    require_person(&app.database, person_id).await?;
    let text = format!(
        "SELECT {} FROM desktop_login_log l WHERE l.person_id = $1 ORDER BY l.date DESC, l.id",
        logs().columns()
    );
    Ok(logs().list(&app.database, Sql::with(text, [person_id.into()])).await?)
}

/// Notes a sign-in, now unless a moment is given.
pub(super) async fn add_login(
    app: &App,
    access: &SelfOrAdmin,
    date: Option<NaiveDateTime>,
) -> Result<Json<UserDesktopLogin>, Failure> {
    let person_id = access.person_id();
    let mut work = Work::begin(app, access).await?;
    require_person(&*work, person_id).await?;
    let values = vec![
        ("person_id", person_id.into()),
        ("date", date.unwrap_or_else(database::now).into()),
    ];
    let id = database::insert(&*work, &entity::desktop_login_log::TABLE, values).await?;
    refresh(&mut work, person_id).await?;
    work.finish().await?;
    let text = format!("SELECT {} FROM desktop_login_log l WHERE l.id = $1", logs().columns());
    let row = app
        .database
        .row(&Sql::with(text, [id.into()]))
        .await?
        .ok_or_else(Failure::not_found)?;
    let mut out = Vec::new();
    logs().write(&mut out, &row)?;
    Ok(Json::written(out))
}

/// A sign-in of a person at a workstation.
#[derive(FromQueryResult)]
struct Login {
    person_id: Uuid,
    date: NaiveDateTime,
}

/// A person whose days stand on one line of the table.
#[derive(FromQueryResult)]
struct ListedPerson {
    id: Uuid,
    full_name: String,
}

/// The table of who was there on which day of a month.
pub(super) async fn table(app: &App, month: &str) -> Result<Media, Failure> {
    let month = period::written_month("month_date", month)?;
    let (first, last) = month;
    let sql = Sql::with(
        "SELECT l.person_id, l.date FROM desktop_login_log l WHERE l.date >= $1 AND l.date < $2",
        [
            first.and_time(Default::default()).into(),
            (last + Days::new(1)).and_time(Default::default()).into(),
        ],
    );
    let mut present: HashMap<Uuid, HashSet<u32>> = HashMap::new();
    for login in database::read_all::<Login>(&app.database, &sql).await? {
        present.entry(login.person_id).or_default().insert(login.date.day());
    }
    let sql = Sql::new(
        "SELECT p.id, TRIM(p.first_name || ' ' || p.last_name) AS full_name FROM person p WHERE p.active = true AND p.is_guest = false AND p.preview_project_id IS NULL \
         ORDER BY p.first_name, p.last_name, p.id",
    );
    let mut table = csv::WriterBuilder::new()
        .delimiter(b';')
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let days = 1..=period::length(month);
    table.write_record(
        [first.year().to_string()]
            .into_iter()
            .chain(days.clone().map(|day| day.to_string())),
    )?;
    for ListedPerson { id, full_name } in database::read_all(&app.database, &sql).await? {
        let days_there = present.remove(&id).unwrap_or_default();
        let marks = days.clone().map(|day| {
            if days_there.contains(&day) {
                "X".to_owned()
            } else {
                String::new()
            }
        });
        table.write_record([harmless(full_name)].into_iter().chain(marks))?;
    }
    let response = Response::builder()
        .header(header::CONTENT_TYPE, "text/csv")
        .header(header::CONTENT_DISPOSITION, "attachment; filename=kitsu_export.csv")
        .body(table.into_inner()?);
    Ok(Media::new(response))
}

/// A spreadsheet must not take a name for a formula.
fn harmless(name: String) -> String {
    if name.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{name}")
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn names_are_no_formulas() {
        assert_eq!(harmless("=1+1".into()), "'=1+1");
        assert_eq!(harmless("Ada Lovelace".into()), "Ada Lovelace");
    }
}

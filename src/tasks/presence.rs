//! The last day on which persons were there, as their time and their sign-ins tell.

use chrono::{NaiveDate, NaiveDateTime};
use dailies_definitions::failure::Failure;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::database::{self, Sql};
use crate::events::{Work, payload};

#[derive(FromQueryResult)]
struct Days {
    id: Uuid,
    last_presence: Option<NaiveDate>,
    worked: Option<NaiveDate>,
    signed_in: Option<NaiveDateTime>,
}

/// Works the last presence of a person out anew, which is the latest day with a sign-in or with time spent, and tells that
/// the person changed when it is another one.
///
/// # Errors
/// The database refuses.
pub async fn refresh(work: &mut Work<'_>, person_id: Uuid) -> Result<(), Failure> {
    refresh_all(work, &[person_id]).await
}

/// As [`refresh`], for many.
///
/// # Errors
/// The database refuses.
pub async fn refresh_all(work: &mut Work<'_>, persons: &[Uuid]) -> Result<(), Failure> {
    let mut sql = Sql::new(
        "SELECT p.id, p.last_presence, (SELECT s.date FROM time_spent s WHERE s.person_id = p.id ORDER BY s.date DESC LIMIT 1) AS worked, \
         (SELECT l.date FROM desktop_login_log l WHERE l.person_id = p.id ORDER BY l.date DESC LIMIT 1) AS signed_in \
         FROM person p WHERE p.id",
    );
    sql.among(persons).push(" ORDER BY p.id");
    let last = |days: &Days| days.worked.max(days.signed_in.map(|moment| moment.date()));
    let found = database::read_all::<Days>(&**work, &sql).await?;
    let others: Vec<(Uuid, Option<NaiveDate>)> = found
        .iter()
        .filter(|days| last(days) != days.last_presence)
        .map(|days| (days.id, last(days)))
        .collect();
    let rows = others
        .iter()
        .map(|(id, day)| (*id, vec![("last_presence", (*day).into())]))
        .collect();
    database::update_many(&**work, &entity::person::TABLE, rows).await?;
    for (person_id, _) in others {
        work.emit_of_studio(
            &entity::person::TABLE,
            "person:update",
            payload([("person_id", person_id)]),
        );
        work.person_changed(person_id);
    }
    Ok(())
}

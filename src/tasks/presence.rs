//! The last day on which persons were there, as their time and their sign-ins tell.

use chrono::{NaiveDate, NaiveDateTime};
use dailies_definitions::failure::Failure;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::database::{self, Sql};
use crate::events::{Work, payload};

#[derive(FromQueryResult)]
struct Days {
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
    let sql = Sql::with(
        "SELECT p.last_presence, (SELECT s.date FROM time_spent s WHERE s.person_id = p.id ORDER BY s.date DESC LIMIT 1) AS worked, \
         (SELECT l.date FROM desktop_login_log l WHERE l.person_id = p.id ORDER BY l.date DESC LIMIT 1) AS signed_in \
         FROM person p WHERE p.id = $1",
        [person_id.into()],
    );
    let Some(days) = database::read_one::<Days>(&**work, &sql).await? else { return Ok(()) };
    let last = days.worked.max(days.signed_in.map(|moment| moment.date()));
    if last == days.last_presence {
        return Ok(());
    }
    database::update(&**work, &entity::person::TABLE, person_id, vec![("last_presence", last.into())]).await?;
    work.emit_of_studio(&entity::person::TABLE, "person:update", payload([("person_id", person_id)]));
    work.person_changed(person_id);
    Ok(())
}

//! The days on which persons do not work.

use dailies_definitions::access::{Caller, SelfOrAdmin};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{DayOff, UserDayOff};

use chrono::NaiveDate;

use crate::app::App;
use crate::database::{RecordWriter, Sql};
use crate::vocabulary::period::Period;
use crate::vocabulary::persons::require_human;

fn days_off() -> RecordWriter {
    RecordWriter::new(&entity::day_off::TABLE, "o", "DayOff")
}

fn select() -> Sql {
    Sql::new(format!("SELECT {} FROM day_off o WHERE 1 = 1", days_off().columns()))
}

fn add_period(sql: &mut Sql, (first, last): Period) {
    sql.push(" AND o.end_date >= ").bind(first).push(" AND o.date <= ").bind(last);
}

/// Days off of a person, of a period if one is given.
pub(super) async fn of_person(app: &App, access: &SelfOrAdmin, period: Option<Period>) -> Result<Json<Vec<DayOff>>, Failure> {
    require_human(app.database.read(), access.person_id()).await?;
    let mut sql = select();
    sql.push(" AND o.person_id = ").bind(access.person_id());
    if let Some(period) = period {
        add_period(&mut sql, period);
    }
    sql.push(" ORDER BY o.date, o.id");
    Ok(days_off().list(&app.database, sql).await?)
}

/// The days off of a person that a day lies in, or an empty object.
pub(super) async fn around(app: &App, access: &SelfOrAdmin, day: NaiveDate) -> Result<Json<UserDayOff>, Failure> {
    require_human(app.database.read(), access.person_id()).await?;
    let mut sql = select();
    sql.push(" AND o.person_id = ").bind(access.person_id());
    add_period(&mut sql, (day, day));
    sql.push(" ORDER BY o.date, o.id LIMIT 1");
    let mut out = Vec::new();
    match app.database.row(&sql).await? {
        Some(row) => days_off().write(&mut out, &row)?,
        None => out.extend_from_slice(b"{}"),
    }
    Ok(Json::written(out))
}

/// Days off of everybody for administrators, the caller's own ones for others.
pub(super) async fn of_studio(app: &App, caller: &Caller, period: Period) -> Result<Json<Vec<DayOff>>, Failure> {
    let mut sql = select();
    if !caller.is_admin() {
        sql.push(" AND o.person_id = ").bind(caller.person.id);
    }
    add_period(&mut sql, period);
    sql.push(" ORDER BY o.date, o.id");
    Ok(days_off().list(&app.database, sql).await?)
}

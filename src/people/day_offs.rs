//! The days on which persons do not work.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{DayOff, UserDayOff};
use entity::facts::Kind;
use sea_orm::QueryResult;
use uuid::Uuid;

use chrono::NaiveDate;

use crate::access::absences::{Absences, absence_reader};
use crate::app::App;
use crate::database::json::write_key;
use crate::database::{RecordWriter, Sql, write_column};
use crate::vocabulary::period::Period;
use crate::vocabulary::persons::require_human;

/// Writes days off, with the reason where the reader is told.
struct Writer {
    record: RecordWriter,
}

impl Writer {
    fn new() -> Self {
        Self {
            record: RecordWriter::of(&entity::day_off::TABLE, "o", "DayOff", |column| column != "description"),
        }
    }

    /// The days off that somebody reads.
    fn select(&self, absences: &Absences) -> Sql {
        let mut sql = Sql::default();
        let with_reason = absences.with_reason(&mut sql, "o.person_id");
        sql.push(&format!(
            "SELECT {}, o.description, {with_reason} AS with_reason FROM day_off o WHERE 1 = 1",
            self.record.columns()
        ));
        absences.restrict(&mut sql, "o.person_id");
        sql
    }

    fn write(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), Failure> {
        self.record.write_open(out, row)?;
        if row.try_get::<bool>("", "with_reason")? {
            let mut reason = Vec::new();
            write_column(&mut reason, row, "description", Kind::Text { max: None })?;
            write_key(out, "description", Some(&reason));
        }
        out.push(b'}');
        Ok(())
    }

    async fn list(&self, app: &App, sql: &Sql) -> Result<Json<Vec<DayOff>>, Failure> {
        let mut out = b"[".to_vec();
        for row in app.database.rows(sql).await? {
            if out.len() > 1 {
                out.push(b',');
            }
            self.write(&mut out, &row)?;
        }
        out.push(b']');
        Ok(Json::written(out))
    }
}

fn add_period(sql: &mut Sql, (first, last): Period) {
    sql.push(" AND o.end_date >= ")
        .bind(first)
        .push(" AND o.date <= ")
        .bind(last);
}

/// Days off of a person that somebody reads.
///
/// # Errors
/// 404 for nobody, 403 for a bot, and for those who don't read them.
async fn absences_of(app: &App, caller: &Caller, person_id: Uuid) -> Result<Absences, Failure> {
    let absences = absence_reader(&app.database, caller, person_id).await;
    // Only those who may read the days off of all are told that a person does not exist.
    if caller.is_admin() || absences.is_ok() {
        require_human(&app.database, person_id).await?;
    }
    absences
}

/// Days off of a person, of a period if one is given.
pub(super) async fn of_person(
    app: &App,
    caller: &Caller,
    person_id: Uuid,
    period: Option<Period>,
) -> Result<Json<Vec<DayOff>>, Failure> {
    let absences = absences_of(app, caller, person_id).await?;
    let writer = Writer::new();
    let mut sql = writer.select(&absences);
    sql.push(" AND o.person_id = ").bind(person_id);
    if let Some(period) = period {
        add_period(&mut sql, period);
    }
    sql.push(" ORDER BY o.date, o.id");
    writer.list(app, &sql).await
}

/// The days off of a person that a day lies in, or an empty object.
pub(super) async fn around(
    app: &App,
    caller: &Caller,
    person_id: Uuid,
    day: NaiveDate,
) -> Result<Json<UserDayOff>, Failure> {
    let absences = absences_of(app, caller, person_id).await?;
    let writer = Writer::new();
    let mut sql = writer.select(&absences);
    sql.push(" AND o.person_id = ").bind(person_id);
    add_period(&mut sql, (day, day));
    sql.push(" ORDER BY o.date, o.id LIMIT 1");
    let mut out = Vec::new();
    match app.database.row(&sql).await? {
        Some(row) => writer.write(&mut out, &row)?,
        None => out.extend_from_slice(b"{}"),
    }
    Ok(Json::written(out))
}

/// Days off of everybody whose the caller reads.
pub(super) async fn of_studio(app: &App, caller: &Caller, period: Period) -> Result<Json<Vec<DayOff>>, Failure> {
    let absences = Absences::of(&app.database, caller).await?;
    let writer = Writer::new();
    let mut sql = writer.select(&absences);
    add_period(&mut sql, period);
    sql.push(" ORDER BY o.date, o.id");
    writer.list(app, &sql).await
}

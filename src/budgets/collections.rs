//! Salaries of the studio by department, position and seniority: every combination has its row.

use std::collections::HashSet;

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use entity::facts::Table;
use sea_orm::{ConnectionTrait, Value as SqlValue};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::app::App;
use crate::crud::rules::round;
use crate::crud::{Changes, Record, Resource};
use crate::database::{self, Sql};
use crate::events::{Work, transact};

/// The collection `/data/salary-scales`.
pub struct SalaryScales;

const POSITIONS: [&str; 3] = ["supervisor", "lead", "artist"];
const SENIORITIES: [&str; 3] = ["senior", "mid", "junior"];

/// Department, position and seniority.
type SalaryPlace = (Uuid, String, String);

/// The combinations that have no row.
async fn missing(connection: &impl ConnectionTrait) -> Result<Vec<SalaryPlace>, Failure> {
    let text = "SELECT d.id, s.position, s.seniority FROM department d LEFT JOIN salary_scale s ON s.department_id = d.id ORDER BY d.created_at, d.id";
    let mut departments: Vec<Uuid> = Vec::new();
    let mut there: HashSet<SalaryPlace> = HashSet::new();
    for row in database::rows(connection, &Sql::new(text)).await? {
        let department = row.try_get("", "id")?;
        if departments.last() != Some(&department) {
            departments.push(department);
        }
        if let (Some(position), Some(seniority)) = (row.try_get("", "position")?, row.try_get("", "seniority")?) {
            there.insert((department, position, seniority));
        }
    }
    let seats = POSITIONS
        .iter()
        .flat_map(|position| SENIORITIES.map(|seniority| (*position, seniority)));
    let seats: Vec<(&str, &str)> = seats.collect();
    let all = departments.into_iter().flat_map(|department| {
        seats
            .iter()
            .map(move |(p, s)| (department, (*p).to_owned(), (*s).to_owned()))
    });
    Ok(all.filter(|place| !there.contains(place)).collect())
}

#[async_trait]
impl Resource for SalaryScales {
    fn table(&self) -> &'static Table {
        &entity::salary_scale::TABLE
    }

    fn type_name(&self) -> &'static str {
        "SalaryScale"
    }

    fn protected(&self) -> &'static [&'static str] {
        &["department_id"]
    }

    /// Adds what is missing. A transaction is only started when something is.
    async fn before_list(&self, app: &App, caller: &Caller) -> Result<(), Failure> {
        if missing(&app.database).await?.is_empty() {
            return Ok(());
        }
        transact(app, || complete(app, caller)).await
    }

    async fn check(
        &self,
        _work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        // A salary is kept without its cents.
        round(body, "salary");
        if record.is_none() {
            Err(Failure::parameter("Salary scales cannot be created"))
        } else {
            Ok(())
        }
    }

    /// A row can't take the place of another one.
    async fn before_write(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        changes: &mut Changes,
    ) -> Result<(), Failure> {
        let Some(record) = record.filter(|_| changes.get("position").is_some() || changes.get("seniority").is_some())
        else {
            return Ok(());
        };
        let before = |column: &str| SqlValue::from(record.text(column).map(str::to_owned));
        let now = |column: &str| changes.get(column).cloned().unwrap_or_else(|| before(column));
        if ["position", "seniority"]
            .iter()
            .all(|column| now(column) == before(column))
        {
            return Ok(());
        }
        let sql = Sql::with(
            "SELECT 1 FROM salary_scale WHERE department_id = $1 AND position = $2 AND seniority = $3 AND id <> $4",
            [
                record.id_of("department_id").into(),
                now("position"),
                now("seniority"),
                record.id.into(),
            ],
        );
        if database::row(&**work, &sql).await?.is_some() {
            return Err(Failure::record(
                "A record with the same unique values already exists: department_id, position, seniority",
            ));
        }
        Ok(())
    }
}

/// Adds the scales that are missing.
async fn complete(app: &App, caller: &Caller) -> Result<(), Failure> {
    let work = Work::begin(app, caller).await?;
    let rows = missing(&*work)
        .await?
        .into_iter()
        .map(|(department, position, seniority)| {
            vec![
                ("department_id", department.into()),
                ("position", position.into()),
                ("seniority", seniority.into()),
            ]
        });
    let rows: Vec<Vec<(&'static str, SqlValue)>> = rows.collect();
    if !rows.is_empty() {
        database::insert_many(&*work, &entity::salary_scale::TABLE, rows).await?;
    }
    Ok(work.finish().await?)
}

//! The time that was spent on a production, by department, person and month.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::BudgetTimeSpents;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::app::App;
use crate::database::{self, Sql};

/// Minutes by month, with their sum as `total`.
type Months = BTreeMap<String, f64>;

/// Figures of a department: its `total`, and its persons.
#[derive(Default, serde::Serialize)]
struct Department {
    total: f64,
    #[serde(flatten)]
    persons: BTreeMap<Uuid, Months>,
}

/// The minutes that one person spent on the tasks of one department on one day.
#[derive(FromQueryResult)]
struct DaySpent {
    department_id: Uuid,
    person_id: Uuid,
    date: NaiveDate,
    minutes: f64,
}

/// The minutes that were spent on a production, by department, person and month of the day for which they were noted.
pub(super) async fn by_department(app: &App, project_id: Uuid) -> Result<Json<BudgetTimeSpents>, Failure> {
    let known = Sql::with("SELECT 1 FROM project WHERE id = $1", [project_id.into()]);
    app.database.row(&known).await?.ok_or_else(Failure::not_found)?;
    let sql = Sql::with(
        "SELECT k.department_id, s.person_id, s.date, SUM(s.duration) AS minutes FROM time_spent s JOIN task t ON t.id = s.task_id \
         JOIN task_type k ON k.id = t.task_type_id WHERE t.project_id = $1 AND k.department_id IS NOT NULL AND s.person_id IS NOT NULL \
         GROUP BY k.department_id, s.person_id, s.date",
        [project_id.into()],
    );
    let mut departments: BTreeMap<Uuid, Department> = BTreeMap::new();
    for spent in database::read_all::<DaySpent>(&app.database, &sql).await? {
        let department = departments.entry(spent.department_id).or_default();
        department.total += spent.minutes;
        let months = department.persons.entry(spent.person_id).or_default();
        for key in ["total".to_owned(), spent.date.format("%Y-%m").to_string()] {
            *months.entry(key).or_default() += spent.minutes;
        }
    }
    Ok(Json::written(serde_json::to_vec(&departments)?))
}

//! The entries of a budget: who is planned for how long, and at which salary.

use dailies_definitions::access::ProjectManager;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{BudgetEntry, ProjectBudgetEntry, ProjectBudgetEntryAdd, ProjectBudgetEntryChange};
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, Value as SqlValue};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::budget;
use crate::access::references::{self, RowChange};
use crate::app::App;
use crate::database::json::{TEXT, record};
use crate::database::{self, Field, RowWriter, Sql, stream_objects};
use crate::events::{Work, payload};

/// 404 unless the entry is one of the budget, and the budget one of the production.
async fn require(
    connection: &impl ConnectionTrait,
    project_id: Uuid,
    budget_id: Uuid,
    entry_id: Uuid,
) -> Result<(), Failure> {
    let sql = Sql::with(
        "SELECT 1 FROM budget_entry e JOIN budget b ON b.id = e.budget_id WHERE e.id = $1 AND b.id = $2 AND b.project_id = $3",
        [entry_id.into(), budget_id.into(), project_id.into()],
    );
    database::row(connection, &sql)
        .await?
        .map(|_| ())
        .ok_or_else(Failure::not_found)
}

/// 400 naming the field for a department or a person who is not there.
async fn require_references(
    work: &Work<'_>,
    access: &ProjectManager,
    id: Option<Uuid>,
    columns: &[(&'static str, SqlValue)],
) -> Result<(), Failure> {
    let row = RowChange {
        table: &entity::budget_entry::TABLE,
        id,
        stored: &Map::new(),
        columns,
        relations: &[],
    };
    references::require(&**work, access, &row).await
}

/// The entries of a budget, the first created first.
pub(super) async fn list(
    app: &App,
    access: &ProjectManager,
    budget_id: Uuid,
) -> Result<Json<Vec<ProjectBudgetEntry>>, Failure> {
    budget::require(&app.database, access.project_id(), budget_id).await?;
    let writer = RowWriter::new([
        Field::new("id", Kind::Uuid),
        Field::new("budget_id", Kind::Uuid),
        Field::new("department_id", Kind::Uuid),
        Field::new("person_id", Kind::Uuid),
        Field::new("start_date", Kind::Date),
        Field::new("months_duration", Kind::Integer),
        Field::new("daily_salary", Kind::Float),
        Field::new("position", TEXT),
        Field::new("seniority", TEXT),
        Field::new("exceptions", Kind::Json),
    ]);
    let sql = Sql::with(
        "SELECT id, budget_id, department_id, person_id, start_date, months_duration, daily_salary, position, seniority, exceptions \
         FROM budget_entry WHERE budget_id = $1 ORDER BY created_at, id",
        [budget_id.into()],
    );
    Ok(stream_objects(&app.database, sql, writer).await?.into())
}

/// Adds an entry without exceptions.
pub(super) async fn create(
    app: &App,
    access: &ProjectManager,
    budget_id: Uuid,
    body: ProjectBudgetEntryAdd,
) -> Result<Json<BudgetEntry>, Failure> {
    let mut work = Work::begin(app, access).await?;
    budget::require(&*work, access.project_id(), budget_id).await?;
    let values = vec![
        ("budget_id", budget_id.into()),
        ("department_id", body.department_id.into()),
        ("person_id", body.person_id.into()),
        ("start_date", body.start_date.into()),
        ("months_duration", body.months_duration.into()),
        ("daily_salary", body.daily_salary.into()),
        ("position", body.position.into()),
        ("seniority", body.seniority.into()),
        ("exceptions", SqlValue::Json(Some(Box::new(Value::Object(Map::new()))))),
    ];
    require_references(&work, access, None, &values).await?;
    let id = database::insert(&*work, &entity::budget_entry::TABLE, values).await?;
    emit_entry(&mut work, access, "budget-entry:create", budget_id, id);
    work.finish().await?;
    answer(app, id).await
}

/// One entry.
pub(super) async fn get(
    app: &App,
    access: &ProjectManager,
    budget_id: Uuid,
    entry_id: Uuid,
) -> Result<Json<BudgetEntry>, Failure> {
    require(&app.database, access.project_id(), budget_id, entry_id).await?;
    answer(app, entry_id).await
}

/// Replaces an entry as a whole.
pub(super) async fn update(
    app: &App,
    access: &ProjectManager,
    budget_id: Uuid,
    entry_id: Uuid,
    body: ProjectBudgetEntryChange,
) -> Result<Json<BudgetEntry>, Failure> {
    let exceptions = exceptions(body.exceptions.unwrap_or_default())?;
    let mut work = Work::begin(app, access).await?;
    require(&*work, access.project_id(), budget_id, entry_id).await?;
    let values = vec![
        ("department_id", body.department_id.into()),
        ("person_id", body.person_id.into()),
        ("start_date", body.start_date.into()),
        ("months_duration", body.months_duration.into()),
        ("daily_salary", body.daily_salary.into()),
        ("position", body.position.into()),
        ("seniority", body.seniority.into()),
        ("exceptions", SqlValue::Json(Some(Box::new(exceptions)))),
    ];
    require_references(&work, access, Some(entry_id), &values).await?;
    if database::update_differing(&*work, &entity::budget_entry::TABLE, entry_id, values).await? {
        emit_entry(&mut work, access, "budget-entry:update", budget_id, entry_id);
    }
    work.finish().await?;
    answer(app, entry_id).await
}

/// Costs of single months as they are kept: whole numbers above 0.
fn exceptions(given: Map<String, Value>) -> Result<Value, Failure> {
    let mut kept = Map::new();
    for (month, value) in given {
        let number = match &value {
            Value::Null => continue,
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.filter(|number: &f64| number.abs() < 1e15 && !month.contains('\0'));
        let number =
            number.ok_or_else(|| Failure::field(format!("exceptions.{month}"), "Input should be a valid number"))?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "fractions are meant to go, and the rest fits"
        )]
        let number = number.trunc() as i64;
        if number > 0 {
            kept.insert(month, number.into());
        }
    }
    Ok(kept.into())
}

/// Deletes an entry.
pub(super) async fn delete(
    app: &App,
    access: &ProjectManager,
    budget_id: Uuid,
    entry_id: Uuid,
) -> Result<NoContent, Failure> {
    let mut work = Work::begin(app, access).await?;
    require(&*work, access.project_id(), budget_id, entry_id).await?;
    database::execute(
        &*work,
        &Sql::with("DELETE FROM budget_entry WHERE id = $1", [entry_id.into()]),
    )
    .await?;
    emit_entry(&mut work, access, "budget-entry:delete", budget_id, entry_id);
    work.finish().await?;
    Ok(NoContent)
}

fn emit_entry(work: &mut Work<'_>, access: &ProjectManager, event: &'static str, budget_id: Uuid, entry_id: Uuid) {
    work.emit_in(
        access.project_id(),
        event,
        payload([("budget_id", budget_id), ("budget_entry_id", entry_id)]),
    );
}

async fn answer(app: &App, entry_id: Uuid) -> Result<Json<BudgetEntry>, Failure> {
    let record = record(&app.database, &entity::budget_entry::TABLE, "BudgetEntry", entry_id).await?;
    Ok(Json::written(record.ok_or_else(Failure::not_found)?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kept(given: Value) -> Option<Value> {
        let Value::Object(given) = given else { return None };
        exceptions(given).ok()
    }

    #[test]
    fn exceptions_are_whole_numbers_above_zero() {
        let given = json!({"2024-01": "5", "2024-02": 0, "2024-03": null, "2024-04": 2.9, "2024-05": -3});
        assert_eq!(kept(given), Some(json!({"2024-01": 5, "2024-04": 2})));
        assert_eq!(kept(json!({})), Some(json!({})));
        for wrong in [
            json!({"2024-01": "much"}),
            json!({"2024-01": [1]}),
            json!({"2024-01": 1e300}),
            json!({"2024-01": "NaN"}),
        ] {
            assert_eq!(kept(wrong), None);
        }
    }
}

//! The budgets of one production.

use dailies_definitions::access::ProjectManager;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{Budget, ProjectBudget, ProjectBudgetAdd, ProjectBudgetChange};
use entity::facts::Kind;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::app::App;
use crate::database::json::{TEXT, record};
use crate::database::{self, Field, RowWriter, Sql, stream_objects};
use crate::events::{Work, payload};

/// 404 unless the budget is one of the production: what another one costs is nobody's business here.
///
/// # Errors
/// 404, or the database does not answer.
pub(super) async fn require(
    connection: &impl ConnectionTrait,
    project_id: Uuid,
    budget_id: Uuid,
) -> Result<(), Failure> {
    let sql = Sql::with(
        "SELECT 1 FROM budget WHERE id = $1 AND project_id = $2",
        [budget_id.into(), project_id.into()],
    );
    database::row(connection, &sql)
        .await?
        .map(|_| ())
        .ok_or_else(Failure::not_found)
}

/// The budgets of the production, the first revision first.
pub(super) async fn list(app: &App, access: &ProjectManager) -> Result<Json<Vec<ProjectBudget>>, Failure> {
    let writer = RowWriter::new([
        Field::new("id", Kind::Uuid),
        Field::new("project_id", Kind::Uuid),
        Field::new("revision", Kind::Integer),
        Field::new("name", TEXT),
        Field::new("currency", TEXT),
    ]);
    let sql = Sql::with(
        "SELECT id, project_id, revision, name, currency FROM budget WHERE project_id = $1 ORDER BY revision, created_at, id",
        [access.project_id().into()],
    );
    Ok(stream_objects(&app.database, sql, writer).await?.into())
}

/// Adds the next revision.
pub(super) async fn create(
    app: &App,
    access: &ProjectManager,
    body: ProjectBudgetAdd,
) -> Result<Json<Budget>, Failure> {
    let project_id = access.project_id();
    let mut work = Work::begin(app, access).await?;
    let sql = Sql::with("SELECT id FROM project WHERE id = $1", [project_id.into()]);
    database::row(&*work, &sql).await?.ok_or_else(Failure::not_found)?;
    let sql = Sql::with(
        "SELECT MAX(revision) FROM budget WHERE project_id = $1",
        [project_id.into()],
    );
    let last: Option<i32> = database::read_value(&*work, &sql).await?.flatten();
    let values = vec![
        ("project_id", project_id.into()),
        ("revision", last.unwrap_or_default().saturating_add(1).into()),
        ("name", body.name.into()),
        ("currency", body.currency.into()),
    ];
    let id = database::insert(&*work, &entity::budget::TABLE, values).await?;
    work.emit_in(project_id, "budget:create", payload([("budget_id", id)]));
    work.finish().await?;
    answer(app, id).await
}

/// One budget.
pub(super) async fn get(app: &App, access: &ProjectManager, budget_id: Uuid) -> Result<Json<Budget>, Failure> {
    require(&app.database, access.project_id(), budget_id).await?;
    answer(app, budget_id).await
}

/// Changes what the body gives.
pub(super) async fn update(
    app: &App,
    access: &ProjectManager,
    budget_id: Uuid,
    body: ProjectBudgetChange,
) -> Result<Json<Budget>, Failure> {
    let mut work = Work::begin(app, access).await?;
    require(&*work, access.project_id(), budget_id).await?;
    let mut values = Vec::new();
    values.extend(body.name.map(|name| ("name", name.into())));
    values.extend(body.currency.map(|currency| ("currency", currency.into())));
    if database::update_differing(&*work, &entity::budget::TABLE, budget_id, values).await? {
        work.emit_in(
            access.project_id(),
            "budget:update",
            payload([("budget_id", budget_id)]),
        );
    }
    work.finish().await?;
    answer(app, budget_id).await
}

/// Deletes a budget with its entries.
pub(super) async fn delete(app: &App, access: &ProjectManager, budget_id: Uuid) -> Result<NoContent, Failure> {
    let mut work = Work::begin(app, access).await?;
    require(&*work, access.project_id(), budget_id).await?;
    for text in [
        "DELETE FROM budget_entry WHERE budget_id = $1",
        "DELETE FROM budget WHERE id = $1",
    ] {
        database::execute(&*work, &Sql::with(text, [budget_id.into()])).await?;
    }
    work.emit_in(
        access.project_id(),
        "budget:delete",
        payload([("budget_id", budget_id)]),
    );
    work.finish().await?;
    Ok(NoContent)
}

async fn answer(app: &App, budget_id: Uuid) -> Result<Json<Budget>, Failure> {
    let record = record(&app.database, &entity::budget::TABLE, "Budget", budget_id).await?;
    Ok(Json::written(record.ok_or_else(Failure::not_found)?))
}

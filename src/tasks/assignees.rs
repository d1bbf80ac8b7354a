//! Persons who are to get tasks: who they are, and who gets none.

use dailies_definitions::failure::Failure;
use poem::http::StatusCode;
use sea_orm::ConnectionTrait;
use serde_json::json;
use uuid::Uuid;

use crate::access::tasks::Assignee;
use crate::database::{self, Sql};

/// A person who is to get a task, with what the rule asks of them.
///
/// # Errors
/// 400 when there is no such person.
pub(super) async fn find_assignee(connection: &impl ConnectionTrait, id: Option<Uuid>) -> Result<Assignee, Failure> {
    let id = id.ok_or_else(unknown_assignee)?;
    let sql = Sql::with(
        "SELECT p.is_bot, d.department_id, p.preview_project_id FROM person p LEFT JOIN department_link d ON d.person_id = p.id WHERE p.id = $1",
        [id.into()],
    );
    let rows = database::rows(connection, &sql).await?;
    if let Some(row) = rows.first()
        && row.try_get::<Option<Uuid>>("", "preview_project_id")?.is_some()
    {
        return Err(looks_only().naming("person_id"));
    }
    let is_bot = rows.first().ok_or_else(unknown_assignee)?.try_get("", "is_bot")?;
    let mut departments = Vec::new();
    for row in &rows {
        departments.extend(row.try_get::<Option<Uuid>>("", "department_id")?);
    }
    Ok(Assignee {
        id,
        is_bot,
        departments,
    })
}

fn unknown_assignee() -> Failure {
    let message = "Assignee doesn't exist in database.";
    Failure::answer(StatusCode::BAD_REQUEST, json!({"error": message, "message": message})).naming("person_id")
}

/// The refusal of a preview account, which does no work.
fn looks_only() -> Failure {
    Failure::parameter("A preview account can't be assigned")
}

/// Refuses accounts that only look, which do no work.
///
/// # Errors
/// 400 for a preview account among the persons.
pub(super) async fn refuse_preview_accounts(
    connection: &impl ConnectionTrait,
    persons: &[Uuid],
) -> Result<(), Failure> {
    let mut sql = Sql::new("SELECT 1 FROM person WHERE preview_project_id IS NOT NULL AND id");
    sql.among(persons);
    if database::row(connection, &sql).await?.is_some() {
        Err(looks_only().naming("assignees"))
    } else {
        Ok(())
    }
}

/// Refuses bots where they do not work.
///
/// # Errors
/// 400 for a bot among the persons, unless the production lets bots work.
pub(super) async fn refuse_idle_bots(
    connection: &impl ConnectionTrait,
    project_id: Option<Uuid>,
    persons: &[Uuid],
) -> Result<(), Failure> {
    let mut sql = Sql::new("SELECT 1 FROM person WHERE is_bot = ");
    sql.bind(true).push(" AND id").among(persons);
    sql.push(" AND NOT EXISTS (SELECT 1 FROM project p WHERE p.is_bot_collaboration_enabled = ")
        .bind(true)
        .push(" AND p.id = ")
        .bind(project_id)
        .push(")");
    if database::row(connection, &sql).await?.is_some() {
        return Err(Failure::parameter("assignees: bots don't work in this production."));
    }
    Ok(())
}

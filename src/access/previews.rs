//! Previews: who sees the pictures of them. What else is done with previews is for rules about their task.

use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::reach::Reach;
use super::roles::project_role;
use super::rule::{ALL_BUT_VENDORS, Rule};
use super::tasks::{self, TaskFact, TaskRule};
use crate::database::Sql;

/// Previews in lists: the team sees all of them, vendors those of their own tasks. Clients may meet them in a playlist whatever
/// tasks they find in lists.
pub const LISTED: TaskRule =
    Rule::Any(&[Rule::Admin, Rule::Team(&ALL_BUT_VENDORS), Rule::All(&[Rule::Team(&[Role::Vendor]), Rule::Fact(TaskFact::Assigned)])]);

/// `preview-viewer`: whoever reads the task; and when the preview is the main one of a shared entity, everybody but vendors
/// of the production.
///
/// # Errors
/// 404 when there is no such task, 403 for everybody else.
pub async fn preview_viewer(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    task_id: Uuid,
    shown_everywhere_by: Option<Uuid>,
) -> Result<(), Failure> {
    if let Some(project_id) = shown_everywhere_by
        && project_role(connection, caller, project_id).await?.role != Role::Vendor
    {
        return Ok(());
    }
    tasks::require(connection, caller, task_id, &tasks::READ).await.map(|_| ())
}

/// Validation status of previews that clients are not shown.
const REJECTED: &str = "rejected";

/// Lets those go on who are shown a preview of a task with this validation status.
///
/// # Errors
/// 403 for clients of the production, when it was rejected; 404 when there is no such task.
pub async fn require_shown(connection: &impl ConnectionTrait, caller: &Caller, task_id: Option<Uuid>, status: Option<&str>) -> Result<(), Failure> {
    let Some(task_id) = task_id.filter(|_| status == Some(REJECTED) && !caller.is_admin()) else { return Ok(()) };
    if tasks::relation(connection, caller, task_id).await?.role.role == Role::Client { Err(Failure::forbidden()) } else { Ok(()) }
}

/// The previews that somebody gets to see in a list.
#[derive(Clone, Debug)]
pub struct VisiblePreviews(tasks::VisibleTasks);

impl VisiblePreviews {
    /// Those of a reach.
    #[must_use]
    pub fn new(reach: Reach) -> Self {
        Self(tasks::VisibleTasks::new(reach, LISTED))
    }

    /// Adds the condition on the previews whose task and validation status are in columns, with `AND` before it. Those without a task
    /// are for administrators, rejected ones for nobody who is a client of the production.
    pub fn restrict(&self, sql: &mut Sql, task: &str, status: &str) {
        let as_client = self.0.reach().as_client();
        if !as_client.is_empty() {
            sql.push(&format!(" AND (COALESCE({status}, '') <> '{REJECTED}' OR {task} NOT IN (SELECT j.id FROM task j WHERE j.project_id"));
            sql.among(&as_client).push("))");
        }
        if self.0.reach().person().role != Role::Admin {
            sql.push(&format!(" AND EXISTS (SELECT 1 FROM task k WHERE k.id = {task}"));
            self.0.restrict(sql, "k");
            sql.push(")");
        }
    }
}

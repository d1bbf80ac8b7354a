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
pub const LISTED: TaskRule = Rule::Any(&[
    Rule::Admin,
    Rule::Team(&ALL_BUT_VENDORS),
    Rule::All(&[Rule::Team(&[Role::Vendor]), Rule::Fact(TaskFact::Assigned)]),
]);

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
    tasks::require(connection, caller, task_id, &tasks::READ)
        .await
        .map(|_| ())
}

/// Validation status of previews that clients are not shown.
const REJECTED: &str = "rejected";

/// Lets those go on who are shown a preview of a task with this validation status.
///
/// # Errors
/// 403 for clients of the production, when it was rejected; 404 when there is no such task.
pub async fn require_shown(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    task_id: Option<Uuid>,
    status: Option<&str>,
) -> Result<(), Failure> {
    let Some(task_id) = task_id.filter(|_| status == Some(REJECTED) && !caller.is_admin()) else {
        return Ok(());
    };
    if tasks::relation(connection, caller, task_id).await?.role.role == Role::Client {
        Err(Failure::forbidden())
    } else {
        Ok(())
    }
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

    /// Adds the condition on the previews of a table, with `AND` before it. Those without a task are for administrators.
    pub fn restrict(&self, sql: &mut Sql, table: &str) {
        let reach = self.0.reach();
        if reach.person().role == Role::Admin {
            return;
        }
        sql.push(&format!(
            " AND EXISTS (SELECT 1 FROM task k WHERE k.id = {table}.task_id"
        ));
        self.0.restrict(sql, "k");
        let as_client = reach.as_client();
        if !as_client.is_empty() {
            sql.push(&format!(" AND ({} OR NOT k.project_id", not_rejected(table)))
                .among(&as_client)
                .push(")");
        }
        sql.push(")");
    }
}

/// The previews of entities that lists show to somebody: those of the tasks that lists of an entity show. Clients find none
/// that were rejected.
#[derive(Clone, Debug)]
pub struct OfEntities {
    tasks: tasks::VisibleTasks,
    /// True if they are listed for a client of the only production.
    for_client: bool,
}

impl OfEntities {
    /// Those that lists show to somebody with this role in the production.
    #[must_use]
    pub fn within(caller: &Caller, project_id: Uuid, role: Role) -> Self {
        Self {
            tasks: tasks::VisibleTasks::of_entity(caller, project_id, role),
            for_client: role == Role::Client,
        }
    }

    /// Those that lists of each production of a reach show.
    #[must_use]
    pub fn across(reach: Reach) -> Self {
        Self {
            tasks: tasks::VisibleTasks::new(reach, tasks::LISTED_OF_ENTITY),
            for_client: false,
        }
    }

    /// Adds the condition on the previews `p` of tasks `t`, with `AND` before it. Some previews are shown anyway.
    pub fn restrict(&self, sql: &mut Sql, anyway: &[Uuid]) {
        if self.tasks.is_everything() {
            return;
        }
        sql.push(" AND (p.id").among(anyway).push(" OR (1 = 1");
        self.tasks.restrict(sql, "t");
        let as_client = self.tasks.reach().as_client();
        if self.for_client {
            sql.push(" AND ").push(&not_rejected("p"));
        } else if !as_client.is_empty() {
            sql.push(&format!(" AND ({} OR NOT t.project_id", not_rejected("p")))
                .among(&as_client)
                .push(")");
        }
        sql.push("))");
    }
}

/// Adds the condition on the previews of a table that a list of their task shows to somebody with this role in the production,
/// with `AND` before it: clients find none that were rejected.
pub fn restrict_of_task(sql: &mut Sql, role: Role, table: &str) {
    if role == Role::Client {
        sql.push(" AND ").push(&not_rejected(table));
    }
}

fn not_rejected(table: &str) -> String {
    format!("COALESCE({table}.validation_status, '') <> '{REJECTED}'")
}

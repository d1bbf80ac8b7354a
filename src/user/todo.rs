//! What the caller has to do, did, and has to check.

use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::TodoTask;

use crate::app::App;
use crate::database::Sql;
use crate::tasks::todo::{DONE_ORDER, TODO_ORDER, in_open_projects, send};

/// What the caller has to do.
pub(super) async fn open(app: &App, caller: &Caller) -> Result<Json<Vec<TodoTask>>, Failure> {
    assigned(app, caller, false).await
}

/// What the caller has done.
pub(super) async fn done(app: &App, caller: &Caller) -> Result<Json<Vec<TodoTask>>, Failure> {
    assigned(app, caller, true).await
}

/// The caller's tasks in open productions that the caller is in: administrators are no exception.
async fn assigned(app: &App, caller: &Caller, done: bool) -> Result<Json<Vec<TodoTask>>, Failure> {
    let mut filter = Sql::new("AND t.id IN (SELECT task_id FROM task_person_link WHERE person_id = ");
    filter.bind(caller.person.id).push(") AND COALESCE(s.is_done, false) = ").bind(done);
    in_open_projects(&mut filter, caller, false);
    Ok(send(&app.database, caller, filter, if done { DONE_ORDER } else { TODO_ORDER }, true).await?.into())
}

/// What waits for feedback of the caller: of somebody who runs productions, or supervises departments in them.
pub(super) async fn to_check(app: &App, caller: &Caller) -> Result<Json<Vec<TodoTask>>, Failure> {
    if !matches!(caller.person.role, Role::Admin | Role::Manager | Role::Supervisor) {
        return Ok(Json::written("[]"));
    }
    let mut filter = Sql::new("AND s.is_feedback_request = true");
    in_open_projects(&mut filter, caller, caller.is_admin());
    let departments = &caller.person.departments;
    if caller.person.role == Role::Supervisor && !departments.is_empty() {
        filter.push(" AND ty.department_id IN ").bind_list(departments.iter().copied());
    }
    Ok(send(&app.database, caller, filter, TODO_ORDER, false).await?.into())
}

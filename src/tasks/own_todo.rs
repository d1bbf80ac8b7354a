//! Work of the caller, to do and done.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::TodoTask;

use super::todo::{DONE_ORDER, TODO_ORDER, send_selected, tasks_of};
use crate::access::tasks::{LISTED, VisibleTasks};
use crate::access::{Reach, open_projects_of};
use crate::app::App;

/// Tasks that the caller has to do.
pub async fn open(app: &App, caller: &Caller) -> Result<Json<Vec<TodoTask>>, Failure> {
    assigned(app, caller, false).await
}

/// Tasks that the caller has done.
pub async fn done(app: &App, caller: &Caller) -> Result<Json<Vec<TodoTask>>, Failure> {
    assigned(app, caller, true).await
}

/// The caller's tasks in open productions that the caller is in: administrators are no exception.
async fn assigned(app: &App, caller: &Caller, done: bool) -> Result<Json<Vec<TodoTask>>, Failure> {
    let mut selection = tasks_of(caller.person.id);
    selection
        .push(" AND COALESCE(s.is_done, false) = ")
        .bind(done)
        .push(" AND ");
    open_projects_of(&mut selection, "t.project_id", caller.person.id);
    let visible = VisibleTasks::new(Reach::open_teams(&app.database, caller).await?, LISTED);
    visible.restrict(&mut selection, "t");
    Ok(send_selected(
        &app.database,
        &visible,
        selection,
        if done { DONE_ORDER } else { TODO_ORDER },
        true,
    )
    .await?
    .into())
}

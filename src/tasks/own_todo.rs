//! What the caller has to do, did, and has to check.

use std::collections::BTreeSet;

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{ToCheckFilterValues, TodoTask};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::todo::{DONE_ORDER, EPISODE_ID, TABLES, TODO_ORDER, in_open_projects, send};
use crate::access::tasks::{LEAD, LISTED, Visible, assigned_to};
use crate::access::{Reach, open_projects_of};
use crate::app::App;
use crate::database::{self, Sql};

/// What the caller has to do.
pub async fn open(app: &App, caller: &Caller) -> Result<Json<Vec<TodoTask>>, Failure> {
    assigned(app, caller, false).await
}

/// What the caller has done.
pub async fn done(app: &App, caller: &Caller) -> Result<Json<Vec<TodoTask>>, Failure> {
    assigned(app, caller, true).await
}

/// The caller's tasks in open productions that the caller is in: administrators are no exception.
async fn assigned(app: &App, caller: &Caller, done: bool) -> Result<Json<Vec<TodoTask>>, Failure> {
    let mut filter = Sql::new("AND ");
    assigned_to(&mut filter, "t.id", caller.person.id);
    filter.push(" AND COALESCE(s.is_done, false) = ").bind(done).push(" AND ");
    open_projects_of(&mut filter, "t.project_id", caller.person.id);
    let visible = Visible::new(Reach::open_teams(app.database.read(), caller).await?, LISTED);
    Ok(send(&app.database, &visible, filter, if done { DONE_ORDER } else { TODO_ORDER }, true).await?.into())
}

/// One combination of what a task to check belongs to.
#[derive(FromQueryResult)]
struct Place {
    project_id: Uuid,
    task_type_id: Uuid,
    task_status_id: Uuid,
    episode_id: Option<Uuid>,
}

/// What the tasks that wait for feedback of the caller can be filtered by.
pub async fn filter_values(app: &App, caller: &Caller) -> Result<Json<ToCheckFilterValues>, Failure> {
    let visible = Visible::new(Reach::open_teams(app.database.read(), caller).await?, LEAD);
    let mut values = [const { BTreeSet::new() }; 5];
    if !visible.is_nothing() {
        let mut condition = Sql::new(TABLES);
        condition.push(" AND s.is_feedback_request = true");
        in_open_projects(&mut condition, &visible);
        visible.restrict(&mut condition, "t");
        let [projects, task_types, task_statuses, episodes, persons] = &mut values;
        let places =
            condition.clone().before(&format!("SELECT DISTINCT t.project_id, t.task_type_id, t.task_status_id, {EPISODE_ID} AS episode_id "));
        for place in database::read_all::<Place>(app.database.read(), &places).await? {
            projects.insert(place.project_id);
            task_types.insert(place.task_type_id);
            task_statuses.insert(place.task_status_id);
            episodes.extend(place.episode_id);
        }
        let mut assignees = condition.before("SELECT DISTINCT a.person_id FROM task_person_link a WHERE a.task_id IN (SELECT t.id ");
        assignees.push(")");
        persons.extend(database::read_values::<Uuid>(app.database.read(), &assignees).await?);
    }
    let [project_ids, task_type_ids, task_status_ids, episode_ids, person_ids] = values.map(|ids| ids.into_iter().collect());
    Ok(Json::of(&ToCheckFilterValues { project_ids, task_type_ids, task_status_ids, episode_ids, person_ids })?)
}

/// What waits for feedback of the caller: of somebody who runs productions, or supervises departments in them.
pub async fn to_check(app: &App, caller: &Caller) -> Result<Json<Vec<TodoTask>>, Failure> {
    let visible = Visible::new(Reach::open_teams(app.database.read(), caller).await?, LEAD);
    if visible.is_nothing() {
        return Ok(Json::written("[]"));
    }
    let mut filter = Sql::new("AND s.is_feedback_request = true");
    in_open_projects(&mut filter, &visible);
    Ok(send(&app.database, &visible, filter, TODO_ORDER, false).await?.into())
}

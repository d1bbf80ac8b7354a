//! Tasks that the caller has to check: those whose status asks for feedback.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{ToCheckFilterValues, ToCheckSums};
use sea_orm::FromQueryResult;
use serde_json::Value;
use uuid::Uuid;

use super::open_tasks::{of_persons, sums};
use super::todo::{EPISODE_ID, OwnWriter, TODO_ORDER, all_tasks, in_open_projects, send_selected};
use crate::access::Reach;
use crate::access::tasks::{LEAD, VisibleTasks};
use crate::app::App;
use crate::database::json::array;
use crate::database::{self, Sql};

/// Filter of tasks to check.
#[derive(Clone, Debug, Default)]
pub struct ToCheck {
    pub project_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
    pub task_status_id: Option<Uuid>,
    pub episode_id: Option<Uuid>,
    /// Ids with commas between them, or `unassigned`.
    pub person_id: Option<String>,
    pub due_since: Option<NaiveDateTime>,
    pub due_until: Option<NaiveDateTime>,
    pub order_by: Option<String>,
}

impl ToCheck {
    fn add_to(&self, sql: &mut Sql) -> Result<(), Failure> {
        let ids = [
            ("t.project_id", self.project_id),
            ("t.task_type_id", self.task_type_id),
            ("t.task_status_id", self.task_status_id),
            (EPISODE_ID, self.episode_id),
        ];
        for (expression, id) in ids {
            if let Some(id) = id {
                sql.push(&format!(" AND ({expression}) = ")).bind(id);
            }
        }
        of_persons(sql, self.person_id.as_deref())?;
        for (comparison, moment) in [(">=", self.due_since), ("<=", self.due_until)] {
            if let Some(moment) = moment {
                sql.push(&format!(" AND t.due_date {comparison} ")).bind(moment);
            }
        }
        Ok(())
    }

    /// Urgent and long work comes first, and what has no day comes last.
    fn order(&self) -> &'static str {
        match self.order_by.as_deref() {
            Some("priority") => "COALESCE(t.priority, 0) DESC, p.name, e.name, t.id",
            Some("due_date") => "t.due_date NULLS LAST, p.name, e.name, t.id",
            Some("estimation") => "COALESCE(t.estimation, 0.0) DESC, p.name, e.name, t.id",
            Some("entity_name") => "e.name, p.name, t.id",
            _ => TODO_ORDER,
        }
    }
}

/// The condition of what is asked for, from `FROM` on, with what the caller sees; nothing for somebody who checks nothing.
async fn selection(app: &App, caller: &Caller, wanted: &ToCheck) -> Result<Option<(Sql, VisibleTasks)>, Failure> {
    let visible = VisibleTasks::new(Reach::open_teams(&app.database, caller).await?, LEAD);
    if visible.is_nothing() {
        return Ok(None);
    }
    let mut selection = all_tasks();
    selection.push(" AND s.is_feedback_request = true");
    in_open_projects(&mut selection, &visible);
    visible.restrict(&mut selection, "t");
    wanted.add_to(&mut selection)?;
    Ok(Some((selection, visible)))
}

/// Tasks that wait for feedback of the caller: of somebody who runs productions, or supervises departments in them.
///
/// # Errors
/// 400 for what is no id.
pub async fn list(app: &App, caller: &Caller, wanted: &ToCheck) -> Result<Json<Value>, Failure> {
    let Some((selection, visible)) = selection(app, caller, wanted).await? else {
        return Ok(Json::written("[]"));
    };
    Ok(send_selected(&app.database, &visible, selection, wanted.order(), false)
        .await?
        .into())
}

/// A page of it, with sums over all of it.
///
/// # Errors
/// 400 for what is no id.
pub async fn page(
    app: &App,
    caller: &Caller,
    wanted: &ToCheck,
    number: i64,
    limit: i64,
) -> Result<Json<Value>, Failure> {
    let database = &app.database;
    let (number, limit) = (number.max(1), limit.max(1));
    let mut stats = ToCheckSums {
        total: 0,
        total_duration: 0.0,
        total_estimation: 0.0,
    };
    let mut items = Vec::new();
    if let Some((selection, visible)) = selection(app, caller, wanted).await? {
        let found = sums(app, &selection, &[]).await?;
        stats = ToCheckSums {
            total: found.total,
            total_duration: found.total_duration,
            total_estimation: found.total_estimation,
        };
        let chosen = database
            .page_of(
                selection,
                "t.id",
                wanted.order(),
                limit,
                (number - 1).saturating_mul(limit),
            )
            .await?;
        let writer = OwnWriter::of(database, &visible, &chosen, false).await?;
        for row in database
            .rows(&chosen.before(&format!("SELECT {} ", writer.columns())))
            .await?
        {
            let mut out = Vec::with_capacity(2048);
            writer.write(&mut out, &row)?;
            items.push(out);
        }
    }
    let is_more = number.saturating_mul(limit) < stats.total;
    let mut out = b"{\"data\":".to_vec();
    out.extend(array(items.iter().map(Vec::as_slice)));
    out.extend_from_slice(b",\"stats\":");
    serde_json::to_writer(&mut out, &stats)?;
    out.extend_from_slice(format!(",\"page\":{number},\"limit\":{limit},\"is_more\":{is_more}}}").as_bytes());
    Ok(Json::written(out))
}

/// One combination of what a task to check belongs to.
#[derive(FromQueryResult)]
struct FeedbackPlace {
    project_id: Uuid,
    task_type_id: Uuid,
    task_status_id: Uuid,
    episode_id: Option<Uuid>,
}

/// Values by which the tasks that wait for feedback of the caller can be filtered.
///
/// # Errors
/// The database does not answer.
pub async fn filter_values(app: &App, caller: &Caller) -> Result<Json<ToCheckFilterValues>, Failure> {
    let mut values = [const { BTreeSet::new() }; 5];
    if let Some((selection, _)) = selection(app, caller, &ToCheck::default()).await? {
        let [projects, task_types, task_statuses, episodes, persons] = &mut values;
        let places = selection.clone().before(&format!(
            "SELECT DISTINCT t.project_id, t.task_type_id, t.task_status_id, {EPISODE_ID} AS episode_id "
        ));
        for place in database::read_all::<FeedbackPlace>(&app.database, &places).await? {
            projects.insert(place.project_id);
            task_types.insert(place.task_type_id);
            task_statuses.insert(place.task_status_id);
            episodes.extend(place.episode_id);
        }
        let mut assignees =
            selection.before("SELECT DISTINCT a.person_id FROM task_person_link a WHERE a.task_id IN (SELECT t.id ");
        assignees.push(")");
        persons.extend(database::read_values::<Uuid>(&app.database, &assignees).await?);
    }
    let [project_ids, task_type_ids, task_status_ids, episode_ids, person_ids] =
        values.map(|ids| ids.into_iter().collect());
    Ok(Json::of(&ToCheckFilterValues {
        project_ids,
        task_type_ids,
        task_status_ids,
        episode_ids,
        person_ids,
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_order_is_that_of_names() {
        let order = |text: &str| {
            ToCheck {
                order_by: Some(text.into()),
                ..ToCheck::default()
            }
            .order()
        };
        assert_eq!(order("colour"), TODO_ORDER);
        assert!(order("due_date").starts_with("t.due_date NULLS LAST"));
    }
}

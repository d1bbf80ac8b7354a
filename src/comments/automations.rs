//! Status automations of productions: what follows by itself when a task gets a status.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::posting_context::CommentedTask;
use crate::database::{self, Sql};
use crate::vocabulary::kinds::EntityKind;

/// Change that an automation makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutomationOutcome {
    /// Another task of the entity gets this status.
    Status {
        task_status_id: Uuid,
        import_last_revision: bool,
    },
    /// The asset becomes ready for the task type.
    ReadyFor,
}

/// A rule of a production.
#[derive(Clone, Debug)]
pub struct Automation {
    pub id: Uuid,
    /// `asset` for any asset, else the name of an entity type.
    pub entity_type: String,
    pub in_task_type_id: Uuid,
    pub in_task_status_id: Uuid,
    pub out_task_type_id: Uuid,
    pub outcome: AutomationOutcome,
}

impl Automation {
    /// True if the rule follows from the state of a task. A status is not carried back to an earlier step of the pipeline;
    /// a task type without a place in it is no earlier than another one.
    #[must_use]
    pub fn applies(&self, task: &CommentedTask, priorities: &HashMap<(Uuid, Uuid), i32>) -> bool {
        let fits = if self.entity_type.eq_ignore_ascii_case("asset") {
            task.kind == EntityKind::Asset
        } else {
            self.entity_type.eq_ignore_ascii_case(&task.entity_type)
        };
        let place = |task_type: Uuid| task.project_id.and_then(|id| priorities.get(&(id, task_type))).copied();
        let carried_back = place(self.in_task_type_id)
            .zip(place(self.out_task_type_id))
            .is_some_and(|(from, to)| from > to);
        fits && task.task_type_id == Some(self.in_task_type_id)
            && task.progress.task_status_id == Some(self.in_task_status_id)
            && (self.outcome == AutomationOutcome::ReadyFor || !carried_back)
    }
}

/// The rules that are active in productions. Incomplete ones do nothing, and are left out.
///
/// # Errors
/// The database does not answer.
pub async fn of_projects(
    connection: &impl ConnectionTrait,
    projects: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Automation>>, DbErr> {
    let mut sql = Sql::new(
        "SELECT l.project_id, a.id, a.entity_type, a.in_task_type_id, a.in_task_status_id, a.out_task_type_id, a.out_field_type, \
         a.out_task_status_id, a.import_last_revision FROM project_status_automation_link l \
         JOIN status_automation a ON a.id = l.status_automation_id WHERE COALESCE(a.archived, false) = ",
    );
    sql.bind(false);
    sql.push(" AND a.in_task_type_id IS NOT NULL AND a.in_task_status_id IS NOT NULL AND a.out_task_type_id IS NOT NULL AND l.project_id IN ");
    sql.bind_list(projects.iter().copied())
        .push(" ORDER BY a.created_at, a.id");
    let mut found: HashMap<Uuid, Vec<Automation>> = HashMap::new();
    for row in database::rows(connection, &sql).await? {
        let status: Option<Uuid> = row.try_get("", "out_task_status_id")?;
        let import_last_revision = row
            .try_get::<Option<bool>>("", "import_last_revision")?
            .unwrap_or_default();
        let outcome = match (row.try_get::<String>("", "out_field_type")?.as_str(), status) {
            ("ready_for", _) => AutomationOutcome::ReadyFor,
            (_, Some(task_status_id)) => AutomationOutcome::Status {
                task_status_id,
                import_last_revision,
            },
            (_, None) => continue,
        };
        let automation = Automation {
            id: row.try_get("", "id")?,
            entity_type: row
                .try_get::<Option<String>>("", "entity_type")?
                .unwrap_or_else(|| "asset".into()),
            in_task_type_id: row.try_get("", "in_task_type_id")?,
            in_task_status_id: row.try_get("", "in_task_status_id")?,
            out_task_type_id: row.try_get("", "out_task_type_id")?,
            outcome,
        };
        found
            .entry(row.try_get("", "project_id")?)
            .or_default()
            .push(automation);
    }
    Ok(found)
}

/// Places of task types in the pipelines of productions, for those that have one.
///
/// # Errors
/// The database does not answer.
pub async fn priorities(
    connection: &impl ConnectionTrait,
    projects: &[Uuid],
) -> Result<HashMap<(Uuid, Uuid), i32>, DbErr> {
    let mut sql =
        Sql::new("SELECT project_id, task_type_id, priority FROM project_task_type_link WHERE project_id IN ");
    sql.bind_list(projects.iter().copied());
    let mut found = HashMap::new();
    for row in database::rows(connection, &sql).await? {
        // Places count from one.
        if let Some(priority) = row
            .try_get::<Option<i32>>("", "priority")?
            .filter(|priority| *priority > 0)
        {
            found.insert(
                (row.try_get("", "project_id")?, row.try_get("", "task_type_id")?),
                priority,
            );
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::progress::Progress;

    fn task(entity_type: &str) -> CommentedTask {
        CommentedTask {
            id: Uuid::new_v4(),
            project_id: Some(Uuid::new_v4()),
            task_type_id: Some(Uuid::new_v4()),
            entity_id: Some(Uuid::new_v4()),
            kind: EntityKind::of_type(entity_type),
            entity_type: entity_type.into(),
            retake_limit: None,
            clients_isolated: false,
            progress: Progress {
                task_status_id: Some(Uuid::new_v4()),
                ..Progress::default()
            },
        }
    }

    fn automation(task: &CommentedTask, entity_type: &str) -> Automation {
        Automation {
            id: Uuid::new_v4(),
            entity_type: entity_type.into(),
            in_task_type_id: task.task_type_id.unwrap_or_default(),
            in_task_status_id: task.progress.task_status_id.unwrap_or_default(),
            out_task_type_id: Uuid::new_v4(),
            outcome: AutomationOutcome::Status {
                task_status_id: Uuid::new_v4(),
                import_last_revision: false,
            },
        }
    }

    #[test]
    fn the_kind_of_entity_must_fit() {
        let (shot, prop) = (task("Shot"), task("Prop"));
        assert!(automation(&shot, "shot").applies(&shot, &HashMap::new()));
        assert!(automation(&prop, "asset").applies(&prop, &HashMap::new()));
        assert!(!automation(&shot, "asset").applies(&shot, &HashMap::new()));
    }

    #[test]
    fn a_status_is_not_carried_back() {
        let shot = task("Shot");
        let mut rule = automation(&shot, "shot");
        let place = |kind| (shot.project_id.unwrap_or_default(), kind);
        let pipeline = HashMap::from([(place(rule.in_task_type_id), 3), (place(rule.out_task_type_id), 2)]);
        assert!(!rule.applies(&shot, &pipeline));
        let without_target = HashMap::from([(place(rule.in_task_type_id), 3)]);
        assert!(
            rule.applies(&shot, &without_target),
            "without a place it is not earlier"
        );
        rule.outcome = AutomationOutcome::ReadyFor;
        assert!(rule.applies(&shot, &pipeline));
    }
}

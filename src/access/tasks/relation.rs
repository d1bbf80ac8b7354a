//! Relation of somebody to tasks: all that the rules look at, for any number of tasks in one query.

use std::collections::HashMap;

use dailies_definitions::access::{Caller, Person};
use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use uuid::Uuid;

use super::{FewTasks, LEAD, TaskFact, TaskRule};
use crate::access::roles::{ProjectRole, join_place, project_role, role_in, shares_department};
use crate::access::rule::QueriedRecords;
use crate::database::{self, Sql};

/// Relation of the caller to one task.
#[derive(Clone, Debug)]
pub struct TaskRelation {
    pub task_id: Uuid,
    pub project_id: Option<Uuid>,
    pub entity_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
    pub task_status_id: Option<Uuid>,
    /// Role of the caller in the production of the task.
    pub role: ProjectRole,
    /// True if bots work in the production.
    pub bots_work: bool,
    /// True if clients of the production don't see each other.
    pub clients_isolated: bool,
    facts: Vec<TaskFact>,
}

impl TaskRelation {
    /// True if something is so of the task, for the caller.
    #[must_use]
    pub fn holds(&self, fact: TaskFact) -> bool {
        self.facts.contains(&fact)
    }

    /// True if a rule allows it.
    #[must_use]
    pub fn allows(&self, rule: &TaskRule) -> bool {
        rule.allows(self.role, &|fact| self.holds(fact))
    }

    /// As [`TaskRelation::allows`].
    ///
    /// # Errors
    /// 403 when the rule does not allow it.
    pub fn require(&self, rule: &TaskRule) -> Result<(), Failure> {
        if self.allows(rule) {
            Ok(())
        } else {
            Err(Failure::forbidden())
        }
    }

    fn read(row: &QueryResult, person: &Person) -> Result<Self, DbErr> {
        let in_team = row.try_get::<Option<Uuid>>("", "member_id")?.is_some();
        let own: Option<String> = row.try_get("", "team_role")?;
        let mut facts = Vec::new();
        for fact in TaskFact::ALL {
            if row.try_get::<bool>("", fact.column())? {
                facts.push(fact);
            }
        }
        Ok(Self {
            task_id: row.try_get("", "id")?,
            project_id: row.try_get("", "project_id")?,
            entity_id: row.try_get("", "entity_id")?,
            task_type_id: row.try_get("", "task_type_id")?,
            task_status_id: row.try_get("", "task_status_id")?,
            role: role_in(person.role, in_team, own.as_deref()),
            bots_work: row
                .try_get::<Option<bool>>("", "is_bot_collaboration_enabled")?
                .unwrap_or_default(),
            clients_isolated: row
                .try_get::<Option<bool>>("", "is_clients_isolated")?
                .unwrap_or_default(),
            facts,
        })
    }
}

/// Tasks in one statement.
const BATCH: usize = 10_000;

/// Relation of the caller to these tasks; unknown ones are absent.
///
/// # Errors
/// The database does not answer.
pub async fn relations(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    tasks: &[Uuid],
) -> Result<HashMap<Uuid, TaskRelation>, Failure> {
    let mut found = HashMap::with_capacity(tasks.len());
    let person = &caller.person;
    for tasks in tasks.chunks(BATCH) {
        let mut sql = Sql::new(
            "SELECT t.id, t.project_id, t.entity_id, t.task_type_id, t.task_status_id, l.person_id AS member_id, l.role AS team_role, \
             p.is_bot_collaboration_enabled, p.is_clients_isolated",
        );
        for fact in TaskFact::ALL {
            sql.push(", ");
            FewTasks("t").push(&mut sql, person, fact);
            sql.push(" AS ").push(fact.column());
        }
        // The first value of all is the person.
        sql.push(" FROM task t LEFT JOIN project p ON p.id = t.project_id ")
            .push(&join_place("l", "t.project_id", "$1"));
        sql.push(" WHERE t.id").among(tasks);
        for row in database::rows(connection, &sql).await? {
            let relation = TaskRelation::read(&row, person)?;
            found.insert(relation.task_id, relation);
        }
    }
    Ok(found)
}

/// Relation of the caller to one task.
///
/// # Errors
/// 404 when there is no such task.
pub async fn relation(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    task_id: Uuid,
) -> Result<TaskRelation, Failure> {
    relations(connection, caller, &[task_id])
        .await?
        .remove(&task_id)
        .ok_or_else(Failure::not_found)
}

/// Relation of the caller to a task, once a rule allows it.
///
/// # Errors
/// 404 when there is no such task, 403 when the rule does not allow it.
pub async fn require(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    task_id: Uuid,
    rule: &TaskRule,
) -> Result<TaskRelation, Failure> {
    let relation = relation(connection, caller, task_id).await?;
    relation.require(rule)?;
    Ok(relation)
}

/// `task-supervisor` of a part of a schedule: whoever leads tasks of that type in the production.
///
/// # Errors
/// 404 when there is no such production, 403 for everybody else.
pub async fn require_lead_of_type(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    project_id: Option<Uuid>,
    task_type_id: Option<Uuid>,
) -> Result<(), Failure> {
    let role = match project_id {
        Some(project_id) => project_role(connection, caller, project_id).await?,
        None => role_in(caller.person.role, false, None),
    };
    let mut supervised = caller.person.departments.is_empty();
    if let Some(task_type_id) = task_type_id.filter(|_| !supervised) {
        let sql = Sql::with(
            "SELECT department_id FROM task_type WHERE id = $1",
            [task_type_id.into()],
        );
        let department = database::row(connection, &sql)
            .await?
            .map(|row| row.try_get::<Option<Uuid>>("", "department_id"))
            .transpose()?;
        supervised = shares_department(&caller.person, department.flatten().as_slice());
    }
    LEAD.require(role, &|fact| fact == TaskFact::Supervised && supervised)
}

/// True if a person does a task.
///
/// # Errors
/// The database does not answer.
pub async fn is_assigned(connection: &impl ConnectionTrait, person_id: Uuid, task_id: Uuid) -> Result<bool, DbErr> {
    let sql = Sql::with(
        "SELECT 1 FROM task_person_link WHERE task_id = $1 AND person_id = $2",
        [task_id.into(), person_id.into()],
    );
    Ok(database::row(connection, &sql).await?.is_some())
}

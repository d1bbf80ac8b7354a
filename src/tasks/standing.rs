//! Where somebody stands towards tasks: all that the rules on reading, commenting, assigning and changing tasks look at,
//! for any number of tasks in one query.

use std::collections::HashMap;

use dailies_definitions::access::{Caller, Person, Role};
use dailies_definitions::failure::Failure;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::rows::BATCH;
use crate::access::ProjectRole;
use crate::database::{self, Sql};

/// Where the caller stands towards one task.
#[derive(Clone, Debug)]
pub struct Standing {
    pub task_id: Uuid,
    pub project_id: Option<Uuid>,
    pub entity_id: Option<Uuid>,
    pub task_type_id: Option<Uuid>,
    pub task_status_id: Option<Uuid>,
    /// What the caller is in the production of the task.
    pub role: ProjectRole,
    /// Department of the task type.
    pub department: Option<Uuid>,
    /// Whether the caller is assigned to the task.
    pub assigned: bool,
    /// Whether the caller is assigned to any task of the same entity.
    pub assigned_to_entity: bool,
    /// Whether the caller created the entity.
    pub created_entity: bool,
    /// Whether bots work in the production.
    pub bots_work: bool,
    /// Whether clients of the production don't see each other.
    pub clients_isolated: bool,
}

impl Standing {
    /// Administrators, and the team; vendors only with work of the same entity.
    #[must_use]
    pub fn may_read(&self) -> bool {
        self.role.is_member() && (self.role.role != Role::Vendor || self.assigned_to_entity)
    }

    /// Whether the person supervises work of this type in the production.
    #[must_use]
    pub fn supervises(&self, person: &Person) -> bool {
        self.role.in_team && self.role.role == Role::Supervisor && (person.departments.is_empty() || self.in_department(person))
    }

    /// Whether the task type is of one of the person's departments.
    #[must_use]
    pub fn in_department(&self, person: &Person) -> bool {
        self.department.is_some_and(|department| person.departments.contains(&department))
    }

    /// Whoever may comment the task and put previews forward.
    #[must_use]
    pub fn may_act(&self, person: &Person) -> bool {
        self.role.is_manager()
            || (self.role.in_team && (self.role.role == Role::Client || self.assigned || self.created_entity || self.supervises(person)))
    }
}

/// What somebody with this studio-wide role is in a production, by what the team's list says.
#[must_use]
pub fn role_in(global: Role, in_team: bool, own: Option<&str>) -> ProjectRole {
    ProjectRole::of(global, in_team, own)
}

/// Where the caller stands towards these tasks; unknown ones are absent.
///
/// # Errors
/// The database does not answer.
pub async fn standings(connection: &impl ConnectionTrait, caller: &Caller, tasks: &[Uuid]) -> Result<HashMap<Uuid, Standing>, Failure> {
    let mut found = HashMap::with_capacity(tasks.len());
    let person = &caller.person;
    for tasks in tasks.chunks(BATCH) {
        let mut sql = Sql::new(
            "SELECT t.id, t.project_id, t.entity_id, t.task_type_id, t.task_status_id, l.person_id, l.role, k.department_id, e.created_by, \
             p.is_bot_collaboration_enabled, p.is_clients_isolated, \
             EXISTS (SELECT 1 FROM task_person_link a WHERE a.task_id = t.id AND a.person_id = ",
        );
        sql.bind(person.id);
        sql.push("), EXISTS (SELECT 1 FROM task o JOIN task_person_link b ON b.task_id = o.id WHERE o.entity_id = t.entity_id AND b.person_id = ");
        sql.bind(person.id);
        sql.push(
            ") FROM task t LEFT JOIN task_type k ON k.id = t.task_type_id LEFT JOIN entity e ON e.id = t.entity_id \
             LEFT JOIN project p ON p.id = t.project_id LEFT JOIN project_person_link l ON l.project_id = t.project_id AND l.person_id = ",
        );
        sql.bind(person.id).push(" WHERE t.id").among(tasks);
        for row in database::rows(connection, &sql).await? {
            let in_team = row.try_get_by_index::<Option<Uuid>>(5)?.is_some();
            let own: Option<String> = row.try_get_by_index(6)?;
            let standing = Standing {
                task_id: row.try_get_by_index(0)?,
                project_id: row.try_get_by_index(1)?,
                entity_id: row.try_get_by_index(2)?,
                task_type_id: row.try_get_by_index(3)?,
                task_status_id: row.try_get_by_index(4)?,
                role: role_in(person.role, in_team, own.as_deref()),
                department: row.try_get_by_index(7)?,
                created_entity: row.try_get_by_index::<Option<Uuid>>(8)? == Some(person.id),
                bots_work: row.try_get_by_index::<Option<bool>>(9)?.unwrap_or_default(),
                clients_isolated: row.try_get_by_index::<Option<bool>>(10)?.unwrap_or_default(),
                assigned: row.try_get_by_index(11)?,
                assigned_to_entity: row.try_get_by_index(12)?,
            };
            found.insert(standing.task_id, standing);
        }
    }
    Ok(found)
}

/// Where the caller stands towards one task.
///
/// # Errors
/// 404 when there is no such task.
pub async fn standing(connection: &impl ConnectionTrait, caller: &Caller, task_id: Uuid) -> Result<Standing, Failure> {
    standings(connection, caller, &[task_id]).await?.remove(&task_id).ok_or_else(Failure::not_found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_team_can_neither_give_nor_take_administration() {
        assert_eq!(role_in(Role::Artist, true, Some("manager")).role, Role::Manager);
        assert_eq!(role_in(Role::Artist, true, Some("admin")).role, Role::Artist);
        assert_eq!(role_in(Role::Admin, true, Some("client")).role, Role::Admin);
        assert_eq!(role_in(Role::Artist, false, Some("manager")).role, Role::Artist);
    }
}

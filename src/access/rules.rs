//! The rules themselves, for the guard and for operations whose rule depends on a record.

use dailies_definitions::access::{Caller, Person, Role};
use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::database::{self, Sql};

/// What a person is in one production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProjectRole {
    /// Role in this production: that of the team's list, or else the studio-wide one.
    pub role: Role,
    /// Whether the person is in the team.
    pub in_team: bool,
}

impl ProjectRole {
    /// What somebody with this studio-wide role is in a production, by what the team's list says. Being an administrator is
    /// studio-wide: a team's list can neither give nor take it.
    #[must_use]
    pub fn of(global: Role, in_team: bool, own: Option<&str>) -> Self {
        let own = own.map(Role::from_code).filter(|role| in_team && *role != Role::Admin && global != Role::Admin);
        Self { role: own.unwrap_or(global), in_team }
    }

    /// Administrators, and managers of the team.
    #[must_use]
    pub fn is_manager(self) -> bool {
        self.role == Role::Admin || (self.in_team && self.role == Role::Manager)
    }

    /// Administrators, and managers and supervisors of the team.
    #[must_use]
    pub fn is_supervisor(self) -> bool {
        self.is_manager() || (self.in_team && self.role == Role::Supervisor)
    }

    /// Administrators, and the team.
    #[must_use]
    pub fn is_member(self) -> bool {
        self.role == Role::Admin || self.in_team
    }
}

/// What the caller is in a production.
///
/// # Errors
/// 404 when there is no such production.
pub async fn project_role(connection: &impl ConnectionTrait, caller: &Caller, project_id: Uuid) -> Result<ProjectRole, Failure> {
    let sql = Sql::with(
        "SELECT l.person_id, l.role FROM project p \
         LEFT JOIN project_person_link l ON l.project_id = p.id AND l.person_id = $2 WHERE p.id = $1",
        [project_id.into(), caller.person.id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    let in_team = row.try_get_by_index::<Option<Uuid>>(0)?.is_some();
    let own = row.try_get_by_index::<Option<String>>(1)?;
    Ok(ProjectRole::of(caller.person.role, in_team, own.as_deref()))
}

/// The caller's role in a production that the caller belongs to.
///
/// # Errors
/// 404 when there is no such production, 403 for everybody outside of the team.
pub async fn require_member(connection: &impl ConnectionTrait, caller: &Caller, project_id: Uuid) -> Result<Role, Failure> {
    let found = project_role(connection, caller, project_id).await?;
    if found.is_member() { Ok(found.role) } else { Err(Failure::forbidden()) }
}

/// The caller's role in a production that the caller manages.
///
/// # Errors
/// 404 when there is no such production, 403 for everybody but administrators and managers of the team.
pub async fn require_manager(connection: &impl ConnectionTrait, caller: &Caller, project_id: Uuid) -> Result<Role, Failure> {
    let found = project_role(connection, caller, project_id).await?;
    if found.is_manager() { Ok(found.role) } else { Err(Failure::forbidden()) }
}

/// The caller's role in a production that the caller manages or supervises.
///
/// # Errors
/// 404 when there is no such production, 403 for everybody else.
pub async fn require_supervisor(connection: &impl ConnectionTrait, caller: &Caller, project_id: Uuid) -> Result<Role, Failure> {
    let found = project_role(connection, caller, project_id).await?;
    if found.is_supervisor() { Ok(found.role) } else { Err(Failure::forbidden()) }
}

/// Whether a person is assigned to a task of an entity.
///
/// # Errors
/// The database does not answer.
pub async fn is_assigned_to_entity(connection: &impl ConnectionTrait, person_id: Uuid, entity_id: Uuid) -> Result<bool, Failure> {
    let sql = Sql::with(
        "SELECT 1 FROM task t JOIN task_person_link l ON l.task_id = t.id WHERE t.entity_id = $1 AND l.person_id = $2 LIMIT 1",
        [entity_id.into(), person_id.into()],
    );
    Ok(database::row(connection, &sql).await?.is_some())
}

/// Whether a person is assigned to a task.
///
/// # Errors
/// The database does not answer.
pub async fn is_assigned_to_task(connection: &impl ConnectionTrait, person_id: Uuid, task_id: Uuid) -> Result<bool, Failure> {
    let sql = Sql::with("SELECT 1 FROM task_person_link WHERE task_id = $1 AND person_id = $2", [task_id.into(), person_id.into()]);
    Ok(database::row(connection, &sql).await?.is_some())
}

/// Whether a supervisor looks after work of that task type: one without departments looks after everything.
///
/// # Errors
/// The database does not answer.
pub async fn supervises_task_type(connection: &impl ConnectionTrait, person: &Person, task_type_id: Option<Uuid>) -> Result<bool, Failure> {
    if person.departments.is_empty() {
        return Ok(true);
    }
    let Some(task_type_id) = task_type_id else { return Ok(false) };
    let sql = Sql::with("SELECT department_id FROM task_type WHERE id = $1", [task_type_id.into()]);
    let department = database::row(connection, &sql).await?.map(|row| row.try_get_by_index::<Option<Uuid>>(0)).transpose()?.flatten();
    Ok(department.is_some_and(|department| person.departments.contains(&department)))
}

/// Whether the person belongs to one of the departments.
#[must_use]
pub fn shares_department(person: &Person, departments: &[Uuid]) -> bool {
    person.departments.iter().any(|department| departments.contains(department))
}

/// The productions whose team the caller is in as a vendor.
///
/// # Errors
/// The database does not answer.
pub async fn vendor_projects(connection: &impl ConnectionTrait, caller: &Caller) -> Result<Vec<Uuid>, DbErr> {
    if caller.is_admin() {
        return Ok(Vec::new());
    }
    let sql = Sql::with("SELECT project_id, role FROM project_person_link WHERE person_id = $1", [caller.person.id.into()]);
    let mut found = Vec::new();
    for row in database::rows(connection, &sql).await? {
        let own = row.try_get_by_index::<Option<String>>(1)?.map(|code| Role::from_code(&code)).filter(|role| *role != Role::Admin);
        if own.unwrap_or(caller.person.role) == Role::Vendor {
            found.push(row.try_get_by_index(0)?);
        }
    }
    Ok(found)
}

/// The part of a query that keeps the productions which are open and have the person in their team.
/// `project` is the column that holds the production's id.
pub fn open_projects_of(sql: &mut Sql, project: &str, person_id: Uuid) {
    sql.push(project)
        .push(
            " IN (SELECT l.project_id FROM project_person_link l JOIN project p ON p.id = l.project_id \
             JOIN project_status s ON s.id = p.project_status_id WHERE s.name = 'Open' AND l.person_id = ",
        )
        .bind(person_id)
        .push(")");
}

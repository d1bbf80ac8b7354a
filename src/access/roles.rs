//! Role of somebody in a production: the role that the team's list gives, or else the one in the studio.

use dailies_definitions::access::{Caller, Person, Role};
use dailies_definitions::failure::Failure;
use poem::http::StatusCode;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use uuid::Uuid;

use super::rule::{ALL_BUT_CLIENTS, ALL_BUT_VENDORS, EVERYBODY, RoleRule, Rule, STAFF};
use crate::database::{self, Sql};
use crate::realtime::Team;

/// Role of a person in one production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProjectRole {
    /// Role in this production: that of the team's list, or else the studio-wide one.
    pub role: Role,
    /// True if the person is in the team.
    pub in_team: bool,
}

/// Administrators, and the team.
pub const MEMBER: RoleRule = Rule::Any(&[Rule::Admin, Rule::Team(&EVERYBODY)]);
/// Administrators, and the team without vendors.
pub const MEMBER_NOT_VENDOR: RoleRule = Rule::Any(&[Rule::Admin, Rule::Team(&ALL_BUT_VENDORS)]);
/// Administrators, and the team without clients.
pub const MEMBER_NOT_CLIENT: RoleRule = Rule::Any(&[Rule::Admin, Rule::Team(&ALL_BUT_CLIENTS)]);
/// Administrators, and the team without vendors and clients.
pub const STAFF_MEMBER: RoleRule = Rule::Any(&[Rule::Admin, Rule::Team(&STAFF)]);
/// Administrators, and managers and supervisors of the team.
pub const SUPERVISOR: RoleRule = Rule::Any(&[Rule::Admin, Rule::Team(&[Role::Manager, Role::Supervisor])]);
/// Administrators, and managers of the team.
pub const MANAGER: RoleRule = Rule::Any(&[Rule::Admin, Rule::Team(&[Role::Manager])]);

impl ProjectRole {
    /// True if a rule that asks for nothing else lets somebody with this role in.
    #[must_use]
    pub fn allows(self, rule: &RoleRule) -> bool {
        rule.allows(self, &|nothing| match nothing {})
    }

    /// Administrators, and managers of the team.
    #[must_use]
    pub fn is_manager(self) -> bool {
        self.allows(&MANAGER)
    }

    /// Administrators, and managers and supervisors of the team.
    #[must_use]
    pub fn is_supervisor(self) -> bool {
        self.allows(&SUPERVISOR)
    }

    /// Administrators, and the team.
    #[must_use]
    pub fn is_member(self) -> bool {
        self.allows(&MEMBER)
    }
}

/// Role of the caller where there is no production: that of the studio.
#[must_use]
pub fn role_in_no_production(caller: &Caller) -> ProjectRole {
    role_in(caller.person.role, false, None)
}

/// Role in a production of somebody with this studio-wide role: what the team's list says, unless that is nothing.
/// Being an administrator is studio-wide: the list can neither give nor take it.
#[must_use]
pub fn role_in(global: Role, in_team: bool, own: Option<&str>) -> ProjectRole {
    let own = own.filter(|code| in_team && global != Role::Admin && !code.is_empty() && *code != Role::Admin.code());
    ProjectRole {
        role: own.map_or(global, Role::from_code),
        in_team,
    }
}

/// The code of the same role as SQL, where `person` and `link` are the tables of the person and of the team's list, whose
/// row may be missing.
#[must_use]
pub fn role_sql(person: &str, link: &str) -> String {
    format!(
        "(CASE WHEN {person}.role = 'admin' THEN 'admin' ELSE COALESCE(NULLIF(NULLIF({link}.role, 'admin'), ''), {person}.role) END)"
    )
}

/// Columns that tell what a person is in a production: `person` and `link` are the tables, `prefix` begins their names.
#[must_use]
pub fn place_columns(prefix: &str, person: &str, link: &str) -> String {
    format!("{person}.role AS {prefix}_role, {link}.person_id AS {prefix}_in_team, {link}.role AS {prefix}_team_role")
}

/// Joins the place of a person in a team as the table `link`.
#[must_use]
pub fn join_place(link: &str, project: &str, person: &str) -> String {
    format!("LEFT JOIN project_person_link {link} ON {link}.project_id = {project} AND {link}.person_id = {person}")
}

/// Role that [`place_columns`] tell.
///
/// # Errors
/// The columns are not there.
pub fn read_place(row: &QueryResult, prefix: &str) -> Result<ProjectRole, DbErr> {
    let global: Option<String> = row.try_get("", &format!("{prefix}_role"))?;
    let in_team = row.try_get::<Option<Uuid>>("", &format!("{prefix}_in_team"))?.is_some();
    let own: Option<String> = row.try_get("", &format!("{prefix}_team_role"))?;
    Ok(role_in(
        Role::from_code(global.as_deref().unwrap_or_default()),
        in_team,
        own.as_deref(),
    ))
}

/// Role of the caller in a production.
///
/// # Errors
/// 404 when there is no such production.
pub async fn project_role(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    project_id: Uuid,
) -> Result<ProjectRole, Failure> {
    let sql = Sql::with(
        format!(
            "SELECT l.person_id, l.role FROM project p {} WHERE p.id = $1",
            join_place("l", "p.id", "$2")
        ),
        [project_id.into(), caller.person.id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    let in_team = row.try_get::<Option<Uuid>>("", "person_id")?.is_some();
    let own: Option<String> = row.try_get("", "role")?;
    Ok(role_in(caller.person.role, in_team, own.as_deref()))
}

/// The caller's role in a production, once a rule lets the caller in.
///
/// # Errors
/// 404 when there is no such production, 403 when the rule does not let the caller in.
pub async fn require(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    project_id: Uuid,
    rule: &RoleRule,
) -> Result<Role, Failure> {
    let found = project_role(connection, caller, project_id).await?;
    if found.allows(rule) {
        Ok(found.role)
    } else {
        Err(Failure::forbidden())
    }
}

/// The caller's role in a production that the caller belongs to.
///
/// # Errors
/// 404 when there is no such production, 403 for everybody outside of the team.
pub async fn require_member(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    project_id: Uuid,
) -> Result<Role, Failure> {
    require(connection, caller, project_id, &MEMBER).await
}

/// The caller's role in a production that the caller manages.
///
/// # Errors
/// 404 when there is no such production, 403 for everybody but administrators and managers of the team.
pub async fn require_manager(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    project_id: Uuid,
) -> Result<Role, Failure> {
    require(connection, caller, project_id, &MANAGER).await
}

/// True if the person belongs to one of the departments.
#[must_use]
pub fn shares_department(person: &Person, departments: &[Uuid]) -> bool {
    person
        .departments
        .iter()
        .any(|department| departments.contains(department))
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

/// Everybody in the team of a production, and who of them are clients there.
///
/// # Errors
/// The database does not answer.
pub async fn team_of(connection: &impl ConnectionTrait, project_id: Uuid) -> Result<Team, DbErr> {
    let is_client = format!("{} = '{}'", role_sql("a", "l"), Role::Client.code());
    let sql = Sql::with(
        format!(
            "SELECT l.person_id, {is_client} AS is_client FROM project_person_link l JOIN person a ON a.id = l.person_id WHERE l.project_id = $1"
        ),
        [project_id.into()],
    );
    let mut team = Team::default();
    for row in database::rows(connection, &sql).await? {
        let person_id: Uuid = row.try_get("", "person_id")?;
        team.members.insert(person_id);
        if row.try_get::<Option<bool>>("", "is_client")?.unwrap_or_default() {
            team.clients.insert(person_id);
        }
    }
    Ok(team)
}

/// The clients in the team of a production, bots and preview accounts excepted; those of a studio or department, where one is named.
///
/// # Errors
/// The database does not answer.
pub async fn clients_of(
    connection: &impl ConnectionTrait,
    project_id: Uuid,
    studio_id: Option<Uuid>,
    department_id: Option<Uuid>,
) -> Result<Vec<Uuid>, DbErr> {
    let mut sql = Sql::with(
        format!(
            "SELECT a.id FROM project_person_link l JOIN person a ON a.id = l.person_id WHERE l.project_id = $1 AND a.is_bot = $2 AND a.preview_project_id IS NULL AND {} = '{}'",
            role_sql("a", "l"),
            Role::Client.code()
        ),
        [project_id.into(), false.into()],
    );
    if let Some(id) = studio_id {
        sql.push(" AND a.studio_id = ").bind(id);
    }
    if let Some(id) = department_id {
        sql.push(" AND a.id IN (SELECT d.person_id FROM department_link d WHERE d.department_id = ")
            .bind(id)
            .push(")");
    }
    sql.push(" ORDER BY a.first_name, a.last_name, a.id");
    database::rows(connection, &sql)
        .await?
        .iter()
        .map(|row| row.try_get("", "id"))
        .collect()
}

/// Those in the team of a production who make the film inside of the studio.
///
/// # Errors
/// The database does not answer.
pub async fn staff_of(connection: &impl ConnectionTrait, project_id: Option<Uuid>) -> Result<Vec<Uuid>, DbErr> {
    let mut sql = Sql::new(
        "SELECT l.person_id FROM project_person_link l JOIN person m ON m.id = l.person_id WHERE l.project_id = ",
    );
    sql.bind(project_id)
        .push(&format!(" AND {} IN ", role_sql("m", "l")))
        .bind_list(STAFF.map(Role::code));
    database::rows(connection, &sql)
        .await?
        .iter()
        .map(|row| row.try_get("", "person_id"))
        .collect()
}

/// The part of a query that keeps the productions whose team a person is in. `project` is the column of the production.
pub fn projects_of(sql: &mut Sql, project: &str, person_id: Uuid) {
    sql.push(project)
        .push(" IN (SELECT l.project_id FROM project_person_link l WHERE l.person_id = ")
        .bind(person_id)
        .push(")");
}

/// The part of a query that keeps the productions in whose team a person has one of these roles.
pub fn projects_as(sql: &mut Sql, project: &str, person: &Person, roles: &[Role]) {
    let codes: Vec<String> = roles.iter().map(|role| format!("'{}'", role.code())).collect();
    sql.push(project).push(&format!(
        " IN (SELECT l.project_id FROM project_person_link l JOIN person lp ON lp.id = l.person_id WHERE {} IN ({}) AND lp.id = ",
        role_sql("lp", "l"),
        codes.join(", ")
    ));
    sql.bind(person.id).push(")");
}

/// `production-viewer`: managers of the studio, and the team.
///
/// # Errors
/// 404 when there is no such production, 403 for everybody else.
pub async fn production_viewer(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    project_id: Uuid,
) -> Result<(), Failure> {
    if caller.person.role == Role::Manager {
        Ok(())
    } else {
        require(connection, caller, project_id, &MEMBER).await.map(|_| ())
    }
}

/// `quota-reader`: managers and supervisors of the production, and the person, unless that is a client.
///
/// # Errors
/// 404 when there is no such production, 403 for everybody else.
pub async fn quota_reader(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    project_id: Uuid,
    person_id: Uuid,
) -> Result<ProjectRole, Failure> {
    let found = project_role(connection, caller, project_id).await?;
    let own = person_id == caller.person.id && found.role != Role::Client;
    if found.is_supervisor() || own {
        Ok(found)
    } else {
        Err(Failure::forbidden())
    }
}

/// `shots-reader`: managers and supervisors of the production, and the person, in whatever production. Gives the caller's
/// role there.
///
/// # Errors
/// 404 when there is no such production, 403 for everybody else.
pub async fn shots_reader(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    project_id: Option<Uuid>,
    person_id: Uuid,
) -> Result<ProjectRole, Failure> {
    let found = match project_id {
        Some(project_id) => project_role(connection, caller, project_id).await?,
        None => role_in(caller.person.role, false, None),
    };
    if found.is_supervisor() || person_id == caller.person.id {
        Ok(found)
    } else {
        Err(Failure::forbidden())
    }
}

/// `event-reader`: managers of the production that is asked for, or of the studio when none is. Whether there is such a
/// production is nobody's business who manages none.
///
/// # Errors
/// 403 for everybody else.
pub async fn event_reader(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    project_id: Option<Uuid>,
) -> Result<(), Failure> {
    let allowed = match project_id {
        _ if caller.is_admin() => true,
        Some(id) => match project_role(connection, caller, id).await {
            Ok(found) => found.is_manager(),
            Err(failure) if failure.status() == StatusCode::NOT_FOUND => false,
            Err(failure) => return Err(failure),
        },
        None => caller.person.role == Role::Manager,
    };
    if allowed { Ok(()) } else { Err(Failure::forbidden()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_team_can_neither_give_nor_take_administration() {
        assert_eq!(role_in(Role::Artist, true, Some("manager")).role, Role::Manager);
        assert_eq!(role_in(Role::Artist, true, Some("admin")).role, Role::Artist);
        assert_eq!(role_in(Role::Client, true, Some("admin")).role, Role::Client);
        assert_eq!(role_in(Role::Client, true, Some("")).role, Role::Client);
        assert_eq!(role_in(Role::Admin, true, Some("client")).role, Role::Admin);
        assert_eq!(role_in(Role::Artist, false, Some("manager")).role, Role::Artist);
    }

    #[test]
    fn being_in_the_team_comes_first() {
        for role in Role::ALL {
            let inside = ProjectRole { role, in_team: true };
            let outside = ProjectRole { role, in_team: false };
            for rule in [MEMBER, MEMBER_NOT_VENDOR, STAFF_MEMBER, SUPERVISOR, MANAGER] {
                assert!(inside.allows(&rule) || role != Role::Admin);
                assert_eq!(outside.allows(&rule), role == Role::Admin);
            }
        }
    }
}

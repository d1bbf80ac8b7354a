//! Roles of somebody in the productions that a request is about.

use std::sync::Arc;

use dailies_definitions::access::{Caller, Person, Role};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::roles::{ProjectRole, role_in};
use crate::database::{self, Sql};

/// A person, and the productions that a request is about with the person's role in each.
#[derive(Clone, Debug)]
pub struct Reach {
    person: Arc<Person>,
    places: Places,
}

#[derive(Clone, Debug)]
enum Places {
    /// One production.
    One(Uuid, ProjectRole),
    /// Those whose team the person is in. Nobody asks this of administrators, who are let in everywhere.
    Teams(Vec<(Uuid, Role)>),
}

/// Productions in which a person has one of several roles.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RoleScope {
    /// In the only production that the request is about.
    Everywhere,
    Nowhere,
    In(Vec<Uuid>),
}

impl Reach {
    /// One production, in whose team the caller has this role; or any, for an administrator.
    #[must_use]
    pub fn within(caller: &Caller, project_id: Uuid, role: Role) -> Self {
        Self {
            person: Arc::clone(&caller.person),
            places: Places::One(project_id, ProjectRole { role, in_team: true }),
        }
    }

    /// Productions that the caller looks into from the outside, with the role of another production.
    #[must_use]
    pub fn visiting(caller: &Caller, projects: &[Uuid], role: Role) -> Self {
        Self {
            person: Arc::clone(&caller.person),
            places: Places::Teams(projects.iter().map(|project| (*project, role)).collect()),
        }
    }

    /// The productions whose team the caller is in, closed ones too.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn teams(connection: &impl ConnectionTrait, caller: &Caller) -> Result<Self, DbErr> {
        Self::load(connection, caller, false).await
    }

    /// The open productions whose team the caller is in.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn open_teams(connection: &impl ConnectionTrait, caller: &Caller) -> Result<Self, DbErr> {
        Self::load(connection, caller, true).await
    }

    async fn load(connection: &impl ConnectionTrait, caller: &Caller, only_open: bool) -> Result<Self, DbErr> {
        let person = Arc::clone(&caller.person);
        let mut places = Vec::new();
        if !caller.is_admin() {
            let mut sql = Sql::with(
                "SELECT l.project_id, l.role FROM project_person_link l WHERE l.person_id = $1",
                [person.id.into()],
            );
            if only_open {
                sql.push(
                    " AND l.project_id IN (SELECT p.id FROM project p JOIN project_status s ON s.id = p.project_status_id WHERE s.name = 'Open')",
                );
            }
            for row in database::rows(connection, &sql).await? {
                let own: Option<String> = row.try_get("", "role")?;
                places.push((
                    row.try_get("", "project_id")?,
                    role_in(person.role, true, own.as_deref()).role,
                ));
            }
        }
        Ok(Self {
            person,
            places: Places::Teams(places),
        })
    }

    /// The person who looks.
    #[must_use]
    pub fn person(&self) -> &Person {
        &self.person
    }

    /// Productions in which the person has one of these roles.
    pub(super) fn held(&self, roles: &[Role]) -> RoleScope {
        match &self.places {
            Places::One(_, place) if place.in_team && roles.contains(&place.role) => RoleScope::Everywhere,
            Places::One(..) => RoleScope::Nowhere,
            Places::Teams(places) => {
                let found: Vec<Uuid> = places
                    .iter()
                    .filter(|(_, role)| roles.contains(role))
                    .map(|(id, _)| *id)
                    .collect();
                if found.is_empty() {
                    RoleScope::Nowhere
                } else {
                    RoleScope::In(found)
                }
            }
        }
    }

    /// The productions in which the person has one of these roles.
    #[must_use]
    pub fn projects_as(&self, roles: &[Role]) -> Vec<Uuid> {
        match (self.held(roles), &self.places) {
            (RoleScope::In(found), _) => found,
            (RoleScope::Everywhere, Places::One(project_id, _)) => vec![*project_id],
            _ => Vec::new(),
        }
    }

    /// The productions in which the person is a client, who is not told how work is planned.
    #[must_use]
    pub fn as_client(&self) -> Vec<Uuid> {
        self.projects_as(&[Role::Client])
    }

    /// Role of the person in one of the productions; a stranger in all others.
    #[must_use]
    pub fn place(&self, project_id: Uuid) -> ProjectRole {
        let found = match &self.places {
            Places::One(id, place) if *id == project_id => Some(*place),
            Places::One(..) => None,
            Places::Teams(places) => places
                .iter()
                .find(|(id, _)| *id == project_id)
                .map(|(_, role)| ProjectRole {
                    role: *role,
                    in_team: true,
                }),
        };
        found.unwrap_or(ProjectRole {
            role: self.person.role,
            in_team: false,
        })
    }

    /// Keeps the records of these productions, with `AND` before it; `column` holds the id of the production.
    /// Administrators across productions get all.
    pub fn keep(&self, sql: &mut Sql, column: &str) {
        match &self.places {
            Places::One(project_id, _) => {
                sql.push(" AND ").push(column).push(" = ").bind(*project_id);
            }
            Places::Teams(_) if self.person.role == Role::Admin => {}
            Places::Teams(places) => {
                sql.push(" AND ")
                    .push(column)
                    .push(" IN ")
                    .bind_list(places.iter().map(|(id, _)| *id));
            }
        }
    }
}

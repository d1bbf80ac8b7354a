//! Statement of a rule, once and as a tree. The decision about one record and the condition of a list are both made
//! from it.

use dailies_definitions::access::{Person, Role};
use dailies_definitions::failure::Failure;
use uuid::Uuid;

use super::reach::{Reach, RoleScope};
use super::roles::{ProjectRole, projects_as};
use crate::database::Sql;

/// All roles of a team.
pub const EVERYBODY: [Role; 6] = Role::ALL;
/// All roles of a team but vendors.
pub const ALL_BUT_VENDORS: [Role; 5] = [Role::Admin, Role::Manager, Role::Supervisor, Role::Artist, Role::Client];
/// All roles of a team but clients.
pub const ALL_BUT_CLIENTS: [Role; 5] = [Role::Admin, Role::Manager, Role::Supervisor, Role::Artist, Role::Vendor];
/// Those who lead the work of others.
pub const LEADERS: [Role; 2] = [Role::Manager, Role::Supervisor];
/// Those who make the film inside of the studio.
pub const STAFF: [Role; 4] = [Role::Admin, Role::Manager, Role::Supervisor, Role::Artist];

/// A rule about a record of a production, for somebody who looks at it. `F` is what it asks of the record.
#[derive(Clone, Copy, Debug)]
pub enum Rule<F: 'static> {
    /// Administrators of the studio.
    Admin,
    /// Whoever is in the team of the production, with one of these roles there.
    Team(&'static [Role]),
    /// Something is so of the record.
    Fact(F),
    /// Something is not so of the record.
    Not(F),
    /// Every one of these.
    All(&'static [Self]),
    /// One of these, or several.
    Any(&'static [Self]),
}

/// A rule that asks for nothing but the role in the production.
pub type RoleRule = Rule<std::convert::Infallible>;

/// The records of a query, as the conditions of rules look at them.
pub trait QueriedRecords<F> {
    /// Column that holds the id of the production.
    fn project(&self) -> String;

    /// Adds a condition that is true of the records of which the fact holds for this person, and null or false of others.
    fn push(&self, sql: &mut Sql, person: &Person, fact: F);
}

/// Rest of a rule once it is known what the person is in which production.
enum RuleRest<F> {
    Yes,
    No,
    Within(Vec<Uuid>),
    /// The productions in whose teams the person has one of these roles.
    Teams(&'static [Role]),
    Fact(F),
    Not(F),
    All(Vec<Self>),
    Any(Vec<Self>),
}

impl<F: Copy> Rule<F> {
    /// The decision about one record, for somebody with this role in its production.
    pub fn allows(&self, role: ProjectRole, holds: &impl Fn(F) -> bool) -> bool {
        match self {
            Self::Admin => role.role == Role::Admin,
            Self::Team(roles) => role.in_team && roles.contains(&role.role),
            Self::Fact(fact) => holds(*fact),
            Self::Not(fact) => !holds(*fact),
            Self::All(parts) => parts.iter().all(|part| part.allows(role, holds)),
            Self::Any(parts) => parts.iter().any(|part| part.allows(role, holds)),
        }
    }

    /// As [`Rule::allows`].
    ///
    /// # Errors
    /// 403 when the rule does not allow it.
    pub fn require(&self, role: ProjectRole, holds: &impl Fn(F) -> bool) -> Result<(), Failure> {
        if self.allows(role, holds) {
            Ok(())
        } else {
            Err(Failure::forbidden())
        }
    }

    fn rest(&self, reach: &Reach) -> RuleRest<F> {
        self.left(reach.person(), &|roles| match reach.held(roles) {
            RoleScope::Everywhere => RuleRest::Yes,
            RoleScope::Nowhere => RuleRest::No,
            RoleScope::In(projects) => RuleRest::Within(projects),
        })
    }

    /// Rest of the rule, where it is asked elsewhere who has which role.
    fn left(&self, person: &Person, team: &impl Fn(&'static [Role]) -> RuleRest<F>) -> RuleRest<F> {
        match self {
            Self::Admin => {
                if person.role == Role::Admin {
                    RuleRest::Yes
                } else {
                    RuleRest::No
                }
            }
            Self::Team(roles) => team(roles),
            Self::Fact(fact) => RuleRest::Fact(*fact),
            Self::Not(fact) => RuleRest::Not(*fact),
            Self::All(parts) => RuleRest::all(parts.iter().map(|part| part.left(person, team))),
            Self::Any(parts) => RuleRest::any(parts.iter().map(|part| part.left(person, team))),
        }
    }

    /// True if the rule allows every record of the reach, or none, whatever the records are.
    #[must_use]
    pub fn always(&self, reach: &Reach) -> Option<bool> {
        match self.rest(reach) {
            RuleRest::Yes => Some(true),
            RuleRest::No => Some(false),
            _ => None,
        }
    }

    /// Adds the condition that the rule allows a record, with `AND` before it; nothing where it allows all.
    pub fn restrict(&self, sql: &mut Sql, reach: &Reach, records: &impl QueriedRecords<F>) {
        match self.rest(reach) {
            RuleRest::Yes => {}
            rest => {
                sql.push(" AND ");
                rest.write(sql, reach.person(), records);
            }
        }
    }

    /// As [`Rule::restrict`], in every production whose team the person is in: the query looks these up itself.
    pub fn restrict_in_teams(&self, sql: &mut Sql, person: &Person, records: &impl QueriedRecords<F>) {
        match self.left(person, &RuleRest::Teams) {
            RuleRest::Yes => {}
            rest => {
                sql.push(" AND ");
                rest.write(sql, person, records);
            }
        }
    }

    /// As [`Rule::express`], in every production whose team the person is in.
    pub fn express_in_teams(&self, sql: &mut Sql, person: &Person, records: &impl QueriedRecords<F>) {
        sql.push("COALESCE(");
        self.left(person, &RuleRest::Teams).write(sql, person, records);
        sql.push(", false)");
    }

    /// Adds the condition that the rule allows a record, as an expression that is never null.
    pub fn express(&self, sql: &mut Sql, reach: &Reach, records: &impl QueriedRecords<F>) {
        sql.push("COALESCE(");
        self.rest(reach).write(sql, reach.person(), records);
        sql.push(", false)");
    }
}

impl<F: Copy> RuleRest<F> {
    fn all(parts: impl Iterator<Item = Self>) -> Self {
        let mut left = Vec::new();
        for part in parts {
            match part {
                Self::Yes => {}
                Self::No => return Self::No,
                part => left.push(part),
            }
        }
        Self::joined(left, Self::Yes, Self::All)
    }

    fn any(parts: impl Iterator<Item = Self>) -> Self {
        let mut left = Vec::new();
        for part in parts {
            match part {
                Self::No => {}
                Self::Yes => return Self::Yes,
                part => left.push(part),
            }
        }
        Self::joined(left, Self::No, Self::Any)
    }

    fn joined(mut parts: Vec<Self>, none: Self, several: fn(Vec<Self>) -> Self) -> Self {
        match parts.len() {
            0 => none,
            1 => parts.remove(0),
            _ => several(parts),
        }
    }

    fn write(&self, sql: &mut Sql, person: &Person, records: &impl QueriedRecords<F>) {
        match self {
            Self::Yes => {
                sql.push("1 = 1");
            }
            Self::No => {
                sql.push("1 = 0");
            }
            Self::Within(projects) => {
                sql.push(&records.project())
                    .push(" IN ")
                    .bind_list(projects.iter().copied());
            }
            Self::Teams(roles) => projects_as(sql, &records.project(), person, roles),
            Self::Fact(fact) => records.push(sql, person, *fact),
            Self::Not(fact) => {
                sql.push("NOT COALESCE(");
                records.push(sql, person, *fact);
                sql.push(", false)");
            }
            Self::All(parts) => Self::write_parts(parts, " AND ", sql, person, records),
            Self::Any(parts) => Self::write_parts(parts, " OR ", sql, person, records),
        }
    }

    fn write_parts(parts: &[Self], joint: &str, sql: &mut Sql, person: &Person, records: &impl QueriedRecords<F>) {
        sql.push("(");
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                sql.push(joint);
            }
            part.write(sql, person, records);
        }
        sql.push(")");
    }
}

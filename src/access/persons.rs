//! Persons: who sees whole records of them.

use dailies_definitions::access::{Caller, Person, Role};

use super::roles::projects_as;
use super::rule::ALL_BUT_CLIENTS;
use crate::database::Sql;

/// Whether the caller sees whole records of everybody: administrators and managers of the studio do.
#[must_use]
pub fn sees_whole(caller: &Caller) -> bool {
    manages(caller.person.role)
}

/// Whether somebody with this role in a production sees whole records of its team, and why people are absent.
#[must_use]
pub fn sees_whole_team(role: Role) -> bool {
    manages(role)
}

/// Whether the caller learns only of people of the own productions: clients and vendors of the studio do.
#[must_use]
pub fn knows_colleagues_only(caller: &Caller) -> bool {
    matches!(caller.person.role, Role::Client | Role::Vendor)
}

/// Whether the caller sees what is shared with every department.
#[must_use]
pub fn sees_all_departments(caller: &Caller) -> bool {
    manages(caller.person.role)
}

/// Whether somebody may ask for the work of others at all: everybody but vendors of the studio.
#[must_use]
pub fn may_ask_for_others(caller: &Caller) -> bool {
    caller.person.role != Role::Vendor
}

/// The part of a query that keeps the productions in which a person gets the searches that others share there: clients see
/// none of how the team works. `project` is the column of the production.
pub fn shares_searches(sql: &mut Sql, project: &str, person: &Person) {
    projects_as(sql, project, person, &ALL_BUT_CLIENTS);
}

fn manages(role: Role) -> bool {
    matches!(role, Role::Admin | Role::Manager)
}

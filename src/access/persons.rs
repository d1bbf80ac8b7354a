//! Persons: who sees whole records of them.

use dailies_definitions::access::{Caller, Identity, Person, Role};
use dailies_definitions::failure::Failure;
use entity::facts::Column;
use entity::person;
use poem::http::StatusCode;

use super::roles::projects_as;
use super::rule::ALL_BUT_CLIENTS;
use crate::database::{Field, RecordWriter, Sql};
use crate::vocabulary::persons::{HIDDEN_COLUMNS, NO_SALARY, SALARY};

/// Whether the caller sees whole records of everybody: administrators and managers of the studio do.
#[must_use]
pub fn sees_whole(caller: &Caller) -> bool {
    manages(caller.person.role)
}

/// Whether the caller sees what people are paid: administrators do.
#[must_use]
pub fn sees_salaries(caller: &Caller) -> bool {
    caller.is_admin()
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

/// Whether the caller signed in. Bots and personal tokens did not: they could make themselves last, or become more than
/// they are.
#[must_use]
pub fn signed_in(caller: &Caller) -> bool {
    caller.token.identity == Identity::Person
}

/// Lets only those go on who signed in.
///
/// # Errors
/// 403 for bots and personal tokens.
pub fn require_session(caller: &Caller) -> Result<(), Failure> {
    if signed_in(caller) { Ok(()) } else { Err(Failure::plain(StatusCode::FORBIDDEN, "API tokens can't do this: sign in with your password.")) }
}

/// Whole records of persons, whom the query calls `alias`, as the caller may see them.
#[must_use]
pub fn whole_record(caller: &Caller, alias: &str) -> RecordWriter {
    let shown = person::TABLE.columns.iter().filter(|column| !HIDDEN_COLUMNS.contains(&column.name));
    let value = |column: &Column| {
        if column.name == SALARY && !sees_salaries(caller) { NO_SALARY.to_owned() } else { format!("{alias}.\"{}\"", column.name) }
    };
    RecordWriter::select(shown.map(|column| (value(column), Field::from(column))), Some("Person"))
}

fn manages(role: Role) -> bool {
    matches!(role, Role::Admin | Role::Manager)
}

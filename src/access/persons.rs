//! Persons: who sees whole records of them.

use dailies_definitions::access::{Caller, Identity, Role};
use dailies_definitions::failure::Failure;
use poem::http::StatusCode;

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

fn manages(role: Role) -> bool {
    matches!(role, Role::Admin | Role::Manager)
}

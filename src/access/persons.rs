//! Persons: who sees whole records of them.

use dailies_definitions::access::{Caller, Identity, Person, Role};
use dailies_definitions::failure::Failure;
use entity::facts::Column;
use entity::person;
use poem::http::StatusCode;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::roles::{open_projects_of, projects_as};
use super::rule::ALL_BUT_CLIENTS;
use crate::database::{self, Field, RecordWriter, Sql};
use crate::vocabulary::persons::{HIDDEN_COLUMNS, NO_SALARY, SALARY};

/// True if the caller sees whole records of everybody: administrators and managers of the studio do.
#[must_use]
pub fn sees_whole(caller: &Caller) -> bool {
    manages(caller.person.role)
}

/// Extent to which somebody sees persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Everything but secrets.
    Whole,
    /// Facts that colleagues know of each other.
    Short,
    /// Facts that a client needs about those who work for them.
    Card,
}

/// Columns of a person that colleagues see.
const COLUMNS_FOR_COLLEAGUES: [&str; 9] = [
    "id",
    "first_name",
    "last_name",
    "has_avatar",
    "active",
    "studio_id",
    "role",
    "desktop_login",
    "is_bot",
];

/// Columns of a person that clients see.
const COLUMNS_FOR_CLIENTS: [&str; 7] = [
    "id",
    "first_name",
    "last_name",
    "has_avatar",
    "active",
    "role",
    "is_bot",
];

impl View {
    /// View that the caller has of the persons of the studio.
    #[must_use]
    pub fn of_studio(caller: &Caller) -> Self {
        if sees_whole(caller) {
            Self::Whole
        } else {
            Self::without_whole(caller.person.role)
        }
    }

    /// View that the caller has of persons where whole records are for administrators alone.
    #[must_use]
    pub fn of_others(caller: &Caller) -> Self {
        if caller.is_admin() {
            Self::Whole
        } else {
            Self::without_whole(caller.person.role)
        }
    }

    /// View that somebody with this role in a production has of its team.
    #[must_use]
    pub fn of_team(role: Role) -> Self {
        if sees_whole_team(role) {
            Self::Whole
        } else {
            Self::without_whole(role)
        }
    }

    fn without_whole(role: Role) -> Self {
        if role == Role::Client { Self::Card } else { Self::Short }
    }

    /// A writer of persons, whom the query calls `alias`.
    #[must_use]
    pub fn record(self, caller: &Caller, alias: &str) -> RecordWriter {
        let of =
            |columns: &[&str]| RecordWriter::of(&person::TABLE, alias, "Person", |column| columns.contains(&column));
        match self {
            Self::Whole => whole_record(caller, alias),
            Self::Short => of(&COLUMNS_FOR_COLLEAGUES),
            Self::Card => of(&COLUMNS_FOR_CLIENTS),
        }
    }
}

/// Adds the condition that the caller knows a person, with `AND` before it; `column` holds the person's id. Clients know
/// themselves and the teams of their open productions, others everybody.
pub fn restrict_to_known(sql: &mut Sql, caller: &Caller, column: &str) {
    if caller.person.role != Role::Client {
        return;
    }
    sql.push(&format!(" AND ({column} = ")).bind(caller.person.id);
    sql.push(&format!(
        " OR {column} IN (SELECT kn.person_id FROM project_person_link kn WHERE "
    ));
    open_projects_of(sql, "kn.project_id", caller.person.id);
    sql.push("))");
}

/// Lets only those go on who know a person.
///
/// # Errors
/// 403 for clients who don't.
pub async fn require_known(connection: &impl ConnectionTrait, caller: &Caller, person_id: Uuid) -> Result<(), Failure> {
    if caller.person.role != Role::Client {
        return Ok(());
    }
    let mut sql = Sql::with("SELECT 1 FROM person p WHERE p.id = $1", [person_id.into()]);
    restrict_to_known(&mut sql, caller, "p.id");
    database::row(connection, &sql)
        .await?
        .map(|_| ())
        .ok_or_else(Failure::forbidden)
}

/// True if the caller sees what people are paid: administrators do.
#[must_use]
pub fn sees_salaries(caller: &Caller) -> bool {
    caller.is_admin()
}

/// True if somebody with this role in a production sees whole records of its team, and why people are absent.
#[must_use]
pub fn sees_whole_team(role: Role) -> bool {
    manages(role)
}

/// True if the caller learns only of people of the own productions: vendors of the studio do, and clients, see
/// [`restrict_to_known`].
#[must_use]
pub fn knows_colleagues_only(caller: &Caller) -> bool {
    caller.person.role == Role::Vendor
}

/// True if the caller sees what is shared with every department.
#[must_use]
pub fn sees_all_departments(caller: &Caller) -> bool {
    manages(caller.person.role)
}

/// True if somebody may ask for the work of others at all: everybody but vendors of the studio.
#[must_use]
pub fn may_ask_for_others(caller: &Caller) -> bool {
    caller.person.role != Role::Vendor
}

/// The part of a query that keeps the productions in which a person gets the searches that others share there: clients see
/// none of how the team works. `project` is the column of the production.
pub fn shares_searches(sql: &mut Sql, project: &str, person: &Person) {
    projects_as(sql, project, person, &ALL_BUT_CLIENTS);
}

/// True if the caller signed in. Bots and personal tokens did not: they could make themselves last, or become more than
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
    if signed_in(caller) {
        Ok(())
    } else {
        Err(Failure::plain(
            StatusCode::FORBIDDEN,
            "API tokens can't do this: sign in with your password.",
        ))
    }
}

/// Whole records of persons, whom the query calls `alias`, as the caller may see them.
#[must_use]
pub fn whole_record(caller: &Caller, alias: &str) -> RecordWriter {
    let shown = person::TABLE
        .columns
        .iter()
        .filter(|column| !HIDDEN_COLUMNS.contains(&column.name));
    let value = |column: &Column| {
        if column.name == SALARY && !sees_salaries(caller) {
            NO_SALARY.to_owned()
        } else {
            format!("{alias}.\"{}\"", column.name)
        }
    };
    RecordWriter::select(shown.map(|column| (value(column), Field::from(column))), Some("Person"))
}

fn manages(role: Role) -> bool {
    matches!(role, Role::Admin | Role::Manager)
}

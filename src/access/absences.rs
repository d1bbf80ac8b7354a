//! Days off: whose somebody reads, and of whom the reason too.

use std::sync::Arc;

use dailies_definitions::access::{Caller, Person, Role};
use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::reach::Reach;
use crate::database::{self, Sql};

/// Days off that a person reads: everybody's as an administrator, and else the own ones, those of the teams that the
/// person manages, and, without the reason, those of the teams that the person supervises, as far as departments are
/// shared. Closed productions count, too.
#[derive(Clone, Debug)]
pub struct Absences {
    person: Arc<Person>,
    managed: Vec<Uuid>,
    supervised: Vec<Uuid>,
}

impl Absences {
    /// Those that the caller reads.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn of(connection: &impl ConnectionTrait, caller: &Caller) -> Result<Self, DbErr> {
        let teams = Reach::teams(connection, caller).await?;
        let (managed, supervised) = (
            teams.projects_as(&[Role::Manager]),
            teams.projects_as(&[Role::Supervisor]),
        );
        Ok(Self {
            person: Arc::clone(&caller.person),
            managed,
            supervised,
        })
    }

    /// SQL that is true where the reason is told; `column` holds the id of the person who is off.
    #[must_use]
    pub fn with_reason(&self, sql: &mut Sql, column: &str) -> String {
        if self.person.role == Role::Admin {
            return "true".to_owned();
        }
        let mut condition = Sql::new(format!("({column} = "));
        condition.bind(self.person.id).push(&format!(
            " OR {column} IN (SELECT om.person_id FROM project_person_link om WHERE om.project_id"
        ));
        condition.among(&self.managed).push("))");
        sql.embed(&condition)
    }

    /// Adds the condition that a day off is read, with `AND` before it.
    pub fn restrict(&self, sql: &mut Sql, column: &str) {
        if self.person.role == Role::Admin {
            return;
        }
        let with_reason = self.with_reason(sql, column);
        sql.push(&format!(
            " AND ({with_reason} OR {column} IN (SELECT os.person_id FROM project_person_link os WHERE os.project_id"
        ));
        sql.among(&self.supervised);
        if !self.person.departments.is_empty() {
            sql.push(" AND os.person_id IN (SELECT od.person_id FROM department_link od WHERE od.department_id")
                .among(&self.person.departments);
            sql.push(")");
        }
        sql.push("))");
    }
}

/// `absence-reader`: whoever reads the days off of a person.
///
/// # Errors
/// 403 for everybody else.
pub async fn absence_reader(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    person_id: Uuid,
) -> Result<Absences, Failure> {
    let absences = Absences::of(connection, caller).await?;
    let mut sql = Sql::with("SELECT 1 FROM person p WHERE p.id = $1", [person_id.into()]);
    absences.restrict(&mut sql, "p.id");
    database::row(connection, &sql).await?.ok_or_else(Failure::forbidden)?;
    Ok(absences)
}

/// The same for one day off, with whether its reason is told.
///
/// # Errors
/// 403 for everybody else.
pub async fn reads_with_reason(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    day_off_id: Uuid,
) -> Result<bool, Failure> {
    let absences = Absences::of(connection, caller).await?;
    let mut sql = Sql::default();
    let with_reason = absences.with_reason(&mut sql, "o.person_id");
    sql.push(&format!(
        "SELECT {with_reason} AS with_reason FROM day_off o WHERE o.id = "
    ))
    .bind(day_off_id);
    absences.restrict(&mut sql, "o.person_id");
    database::read_value(connection, &sql)
        .await?
        .ok_or_else(Failure::forbidden)
}

//! Persons beside what they wrote.

use std::collections::HashMap;

use dailies_definitions::access::Role;
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use uuid::Uuid;

use crate::database::{self, Field, RowWriter, Sql};
use crate::tasks::rows::TEXT;
use crate::tasks::standing::role_in;

/// What is told of a person: keys, expressions over the person `a`, and what they hold.
pub const SHORT_PERSON: [(&str, &str, Kind); 6] = [
    ("id", "a.id", Kind::Uuid),
    ("first_name", "a.first_name", TEXT),
    ("last_name", "a.last_name", TEXT),
    ("full_name", "TRIM(a.first_name || ' ' || a.last_name)", TEXT),
    ("has_avatar", "a.has_avatar", Kind::Bool),
    ("role", "a.role", TEXT),
];

/// A person who wrote something.
#[derive(Clone, Debug)]
pub struct Author {
    /// The short record as a JSON object.
    pub text: Vec<u8>,
    /// Role in the production, or studio-wide when none was named.
    pub role: Role,
}

/// What a query selects of a person `a`, whose link to a team is `l`, for [`read`].
#[must_use]
pub fn columns() -> String {
    let columns = SHORT_PERSON.iter().map(|(_, expression, _)| *expression);
    format!("{}, a.id AS author_id, a.role AS author_role, l.person_id AS member_id, l.role AS own_role", columns.collect::<Vec<_>>().join(", "))
}

/// A person of a query that selects [`columns`] first, by id.
///
/// # Errors
/// A column does not hold what it should.
pub fn read(row: &QueryResult) -> Result<(Uuid, Author), DbErr> {
    let mut text = vec![b'{'];
    RowWriter::new(SHORT_PERSON.iter().map(|(key, _, kind)| Field::new(*key, *kind))).write(&mut text, row)?;
    text.push(b'}');
    let global = Role::from_code(&row.try_get::<String>("", "author_role")?);
    let in_team = row.try_get::<Option<Uuid>>("", "member_id")?.is_some();
    let own: Option<String> = row.try_get("", "own_role")?;
    Ok((row.try_get("", "author_id")?, Author { text, role: role_in(global, in_team, own.as_deref()).role }))
}

/// Persons by their ids, with their roles in a production.
///
/// # Errors
/// The database does not answer.
pub async fn find(connection: &impl ConnectionTrait, ids: &[Uuid], project_id: Option<Uuid>) -> Result<HashMap<Uuid, Author>, DbErr> {
    let mut sql = Sql::new(format!("SELECT {} FROM person a LEFT JOIN project_person_link l ON l.person_id = a.id AND l.project_id = ", columns()));
    sql.bind(project_id).push(" WHERE a.id").among(ids);
    database::rows(connection, &sql).await?.iter().map(read).collect()
}

//! Persons beside what they wrote.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use uuid::Uuid;

use crate::access::{ProjectRole, join_place, place_columns, read_place};
use crate::database::{self, Field, RowWriter, Sql};
use crate::vocabulary::persons::SHORT_PERSON;

/// A person who wrote something.
#[derive(Clone, Debug)]
pub struct Author {
    /// The short record as a JSON object.
    pub text: Vec<u8>,
    /// Role of the person in the production, or in the studio when none was named.
    pub place: ProjectRole,
}

/// Columns that a query selects of a person `a`, whose link to a team is `l`, for [`read_author`].
#[must_use]
pub fn columns() -> String {
    let columns: Vec<&str> = SHORT_PERSON.iter().map(|(_, expression, _)| *expression).collect();
    format!(
        "{}, a.id AS author_id, {}",
        columns.join(", "),
        place_columns("author", "a", "l")
    )
}

/// A person of a query that selects [`columns`] first, by id.
///
/// # Errors
/// A column does not hold what it should.
pub fn read_author(row: &QueryResult) -> Result<(Uuid, Author), DbErr> {
    let mut text = vec![b'{'];
    RowWriter::new(SHORT_PERSON.iter().map(|(key, _, kind)| Field::new(*key, *kind))).write(&mut text, row)?;
    text.push(b'}');
    Ok((
        row.try_get("", "author_id")?,
        Author {
            text,
            place: read_place(row, "author")?,
        },
    ))
}

/// Persons by their ids, with their roles in a production.
///
/// # Errors
/// The database does not answer.
pub async fn find(
    connection: &impl ConnectionTrait,
    ids: &[Uuid],
    project_id: Option<Uuid>,
) -> Result<HashMap<Uuid, Author>, DbErr> {
    let mut sql = Sql::with(
        format!("SELECT {} FROM person a {}", columns(), join_place("l", "$1", "a.id")),
        [project_id.into()],
    );
    sql.push(" WHERE a.id").among(ids);
    database::rows(connection, &sql)
        .await?
        .iter()
        .map(read_author)
        .collect()
}

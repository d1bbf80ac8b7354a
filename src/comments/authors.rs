//! Persons beside what they wrote.

use std::collections::HashMap;

use entity::facts::Kind;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::access::{ProjectRole, join_place, place_columns, read_place};
use crate::database::{self, Field, RowWriter, Sql};
use crate::tasks::rows::{BATCH, TEXT};

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
    /// What the person is in the production, or in the studio when none was named.
    pub place: ProjectRole,
}

/// Persons by their ids, with their roles in a production.
///
/// # Errors
/// The database does not answer.
pub async fn find(connection: &impl ConnectionTrait, ids: &[Uuid], project_id: Option<Uuid>) -> Result<HashMap<Uuid, Author>, DbErr> {
    let writer = RowWriter::new(SHORT_PERSON.iter().map(|(key, _, kind)| Field::new(*key, *kind)));
    let columns: Vec<&str> = SHORT_PERSON.iter().map(|(_, expression, _)| *expression).collect();
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        let (places, place) = (place_columns("author", "a", "l"), join_place("l", "$1", "a.id"));
        let mut sql = Sql::with(format!("SELECT {}, a.id, {places} FROM person a {place}", columns.join(", ")), [project_id.into()]);
        sql.push(" WHERE a.id IN ").bind_list(ids.iter().copied());
        for row in database::rows(connection, &sql).await? {
            let mut text = vec![b'{'];
            writer.write(&mut text, &row)?;
            text.push(b'}');
            found.insert(row.try_get_by_index(writer.width())?, Author { text, place: read_place(&row, "author")? });
        }
    }
    Ok(found)
}

//! Persons beside what they wrote.

use std::collections::HashMap;

use dailies_definitions::access::Role;
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::database::{self, Field, RowWriter, Sql};
use crate::tasks::rows::{BATCH, TEXT};
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

/// Persons by their ids, with their roles in a production.
///
/// # Errors
/// The database does not answer.
pub async fn find(connection: &impl ConnectionTrait, ids: &[Uuid], project_id: Option<Uuid>) -> Result<HashMap<Uuid, Author>, DbErr> {
    let writer = RowWriter::new(SHORT_PERSON.iter().map(|(key, _, kind)| Field::new(*key, *kind)));
    let columns: Vec<&str> = SHORT_PERSON.iter().map(|(_, expression, _)| *expression).collect();
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        let mut sql = Sql::new(format!(
            "SELECT {}, a.id, a.role, l.person_id, l.role FROM person a LEFT JOIN project_person_link l ON l.person_id = a.id AND l.project_id = ",
            columns.join(", ")
        ));
        sql.bind(project_id).push(" WHERE a.id IN ").bind_list(ids.iter().copied());
        for row in database::rows(connection, &sql).await? {
            let mut text = vec![b'{'];
            writer.write(&mut text, &row)?;
            text.push(b'}');
            let width = writer.width();
            let global = Role::from_code(&row.try_get_by_index::<String>(width + 1)?);
            let in_team = row.try_get_by_index::<Option<Uuid>>(width + 2)?.is_some();
            let own: Option<String> = row.try_get_by_index(width + 3)?;
            let role = role_in(global, in_team, own.as_deref()).role;
            found.insert(row.try_get_by_index(width)?, Author { text, role });
        }
    }
    Ok(found)
}

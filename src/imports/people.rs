//! Persons as cells name them: by full name, e-mail address or id.

use std::collections::HashMap;

use dailies_definitions::query::parse_id;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use uuid::Uuid;

use super::problem::{RowProblem, excerpt};
use crate::database::{self, Sql};

#[derive(FromQueryResult)]
struct NamedPerson {
    id: Uuid,
    full_name: String,
    email: Option<String>,
    active: Option<bool>,
    is_bot: bool,
}

/// Everybody of the studio.
#[derive(Debug, Default)]
pub(super) struct People {
    /// Two facts about each: active, and a bot.
    known: HashMap<Uuid, (bool, bool)>,
    by_email: HashMap<String, Uuid>,
    by_name: HashMap<String, Vec<Uuid>>,
}

impl People {
    /// Reads everybody.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn load(connection: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let sql = Sql::new(
            "SELECT id, TRIM(first_name || ' ' || last_name) AS full_name, email, active, is_bot FROM person ORDER BY id",
        );
        let mut people = Self::default();
        for row in database::read_all::<NamedPerson>(connection, &sql).await? {
            people.known.insert(row.id, (row.active.unwrap_or(true), row.is_bot));
            people
                .by_name
                .entry(row.full_name.to_lowercase())
                .or_default()
                .push(row.id);
            if let Some(email) = row.email.filter(|email| !email.is_empty()) {
                people.by_email.insert(email.to_lowercase(), row.id);
            }
        }
        Ok(people)
    }

    /// The person that a cell of a column names. Of several with a name the only active one is meant.
    pub(super) fn find(&self, column: &str, cell: &str) -> Result<Uuid, RowProblem> {
        let word = cell.trim().to_lowercase();
        if let Some(id) = parse_id(&word).filter(|id| self.known.contains_key(id)) {
            return Ok(id);
        }
        if let Some(id) = self.by_email.get(&word) {
            return Ok(*id);
        }
        let named = self
            .by_name
            .get(&word)
            .filter(|_| !word.is_empty())
            .map_or(&[][..], Vec::as_slice);
        let active: Vec<Uuid> = named
            .iter()
            .copied()
            .filter(|id| self.known.get(id).is_some_and(|(active, _)| *active))
            .collect();
        match (named, active.as_slice()) {
            ([id], _) | (_, [id]) => Ok(*id),
            ([], _) => Err(RowProblem::about(
                column,
                format!("Person not found for {}", excerpt(cell.trim())),
            )),
            _ => Err(RowProblem::about(
                column,
                format!("Several persons are called {}: give the e-mail address", cell.trim()),
            )),
        }
    }

    /// True if it is a bot.
    pub(super) fn is_bot(&self, id: Uuid) -> bool {
        self.known.get(&id).is_some_and(|(_, is_bot)| *is_bot)
    }
}

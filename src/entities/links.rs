//! Pairs of ids, such as tasks and their assignees, that are read once and looked up for every row of a listing.

use sea_orm::DbErr;
use uuid::Uuid;

use crate::database::{Database, Sql, write_uuid};

/// Pairs ordered by their first id. Pairs with the same first id keep the order in which the database gave them.
#[derive(Clone, Debug, Default)]
pub(super) struct Links(Vec<(Uuid, Uuid)>);

impl Links {
    /// The pairs of a query that selects the ids `owner` and `item`, neither of them null.
    ///
    /// # Errors
    /// The database refuses the query.
    pub(super) async fn load(database: &Database, sql: &Sql) -> Result<Self, DbErr> {
        let mut pairs = Vec::new();
        database
            .each_row(sql, |row| {
                pairs.push((row.try_get("", "owner")?, row.try_get("", "item")?));
                Ok(())
            })
            .await?;
        Ok(Self::of_pairs(pairs))
    }

    fn of_pairs(mut pairs: Vec<(Uuid, Uuid)>) -> Self {
        pairs.sort_by_key(|(first, _)| *first);
        Self(pairs)
    }

    /// The same pairs, without those whose second id is another one.
    pub(super) fn with(mut self, second: Uuid) -> Self {
        self.0.retain(|(_, found)| *found == second);
        self
    }

    /// The second ids of a first one.
    pub(super) fn of(&self, first: Uuid) -> impl Iterator<Item = Uuid> {
        let start = self.0.partition_point(|(found, _)| *found < first);
        self.0[start..]
            .iter()
            .take_while(move |(found, _)| *found == first)
            .map(|(_, second)| *second)
    }

    /// Writes the second ids of a first one as a JSON list.
    pub(super) fn write(&self, out: &mut Vec<u8>, first: Uuid) {
        out.push(b'[');
        for (at, second) in self.of(first).enumerate() {
            if at > 0 {
                out.push(b',');
            }
            write_uuid(out, second);
        }
        out.push(b']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_found_by_their_first_id() {
        let [a, b, c] = [1, 2, 3].map(Uuid::from_u128);
        let links = Links::of_pairs(vec![(b, c), (a, b), (b, a)]);
        assert_eq!(links.of(b).collect::<Vec<_>>(), [c, a]);
        assert_eq!(links.of(c).count(), 0);
        let mut out = Vec::new();
        links.write(&mut out, a);
        assert_eq!(out, format!("[\"{b}\"]").into_bytes());
    }
}

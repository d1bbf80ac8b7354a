//! Pairs of ids, such as tasks and their assignees, that are read once and looked up for every row of a listing.

use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use uuid::Uuid;

use super::{Database, Sql, write_uuid};

/// Pairs ordered by their first id, and those with the same first id by their second one: a list of ids is the same whatever
/// plan its query has.
#[derive(Clone, Debug, Default)]
pub struct Links(Vec<(Uuid, Uuid)>);

impl Links {
    /// The pairs of a query that selects the ids `owner` and `item`, neither of them null.
    ///
    /// # Errors
    /// The database refuses the query.
    pub async fn load(connection: &impl ConnectionTrait, sql: &Sql) -> Result<Self, DbErr> {
        Ok(read_pairs(connection, sql).await?.into_iter().collect())
    }

    /// The same, where the query states an order for pairs with the same first id, which leaves nothing open.
    ///
    /// # Errors
    /// The database refuses the query.
    pub async fn load_in_order(connection: &impl ConnectionTrait, sql: &Sql) -> Result<Self, DbErr> {
        let mut pairs = read_pairs(connection, sql).await?;
        pairs.sort_by_key(|(first, _)| *first);
        Ok(Self(pairs))
    }

    /// The same as [`Self::load`] for many pairs, whose rows are not kept.
    ///
    /// # Errors
    /// The database refuses the query.
    pub async fn load_many(database: &Database, sql: &Sql) -> Result<Self, DbErr> {
        let mut pairs = Vec::new();
        let each = |row: &QueryResult| {
            pairs.push(pair(row)?);
            Ok(())
        };
        database.each_row(sql, each).await?;
        Ok(pairs.into_iter().collect())
    }

    /// Adds the pairs of other first ids.
    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
        self.0.sort_by_key(|(first, _)| *first);
    }

    /// The same pairs, without those whose second id is another one.
    #[must_use]
    pub fn with(mut self, second: Uuid) -> Self {
        self.0.retain(|(_, found)| *found == second);
        self
    }

    /// The second ids of a first one.
    pub fn of(&self, first: Uuid) -> impl Iterator<Item = Uuid> {
        let start = self.0.partition_point(|(found, _)| *found < first);
        self.0[start..]
            .iter()
            .take_while(move |(found, _)| *found == first)
            .map(|(_, second)| *second)
    }

    /// Writes the second ids of a first one as a JSON list.
    pub fn write(&self, out: &mut Vec<u8>, first: Uuid) {
        out.push(b'[');
        for (at, second) in self.of(first).enumerate() {
            if at > 0 {
                out.push(b',');
            }
            write_uuid(out, second);
        }
        out.push(b']');
    }

    /// Writes `,"key":` and the list of a first id.
    pub fn write_key(&self, out: &mut Vec<u8>, key: &str, first: Uuid) {
        out.extend_from_slice(b",\"");
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(b"\":");
        self.write(out, first);
    }
}

impl FromIterator<(Uuid, Uuid)> for Links {
    fn from_iter<Pairs: IntoIterator<Item = (Uuid, Uuid)>>(pairs: Pairs) -> Self {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_unstable();
        Self(pairs)
    }
}

fn pair(row: &QueryResult) -> Result<(Uuid, Uuid), DbErr> {
    Ok((row.try_get("", "owner")?, row.try_get("", "item")?))
}

async fn read_pairs(connection: &impl ConnectionTrait, sql: &Sql) -> Result<Vec<(Uuid, Uuid)>, DbErr> {
    super::rows(connection, sql).await?.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_found_by_their_first_id() {
        let [a, b, c] = [1, 2, 3].map(Uuid::from_u128);
        let links = Links::from_iter([(b, c), (a, b), (b, a)]);
        assert_eq!(links.of(b).collect::<Vec<_>>(), [a, c]);
        assert_eq!(links.of(c).count(), 0);
        let mut out = Vec::new();
        links.write(&mut out, a);
        links.write_key(&mut out, "ids", c);
        assert_eq!(out, format!("[\"{b}\"],\"ids\":[]").into_bytes());
    }
}

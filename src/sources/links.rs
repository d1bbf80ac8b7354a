//! Relations of many records at once.

use std::collections::{HashMap, HashSet};

use dailies_definitions::failure::Failure;
use entity::belonging::Belonging;
use uuid::Uuid;

use super::batch::existing;
use crate::crud::Relation;
use crate::database::{self, BATCH, Sql};
use crate::events::Work;

/// Links that one statement removes, or records that it hands over.
const PORTION: usize = 400;

/// Lists of ids that records are to be related with.
#[derive(Debug)]
pub(super) struct Lists {
    pub(super) relation: &'static Relation,
    /// Related ids by record.
    pub(super) ids: HashMap<Uuid, Vec<Uuid>>,
    /// True if what is not in a list is no longer related.
    pub(super) replaces: bool,
}

impl Lists {
    /// No lists yet.
    pub(super) fn of(relation: &'static Relation, replaces: bool) -> Self {
        Self {
            relation,
            ids: HashMap::new(),
            replaces,
        }
    }

    /// Relates the records. Ids of what is not here are left out.
    ///
    /// # Errors
    /// The database refuses.
    pub(super) async fn store(&self, work: &Work<'_>) -> Result<(), Failure> {
        let Relation {
            table,
            own,
            other,
            links,
            ..
        } = *self.relation;
        let target = table
            .column(other)
            .and_then(|column| column.references)
            .unwrap_or(table.name);
        let mut related: Vec<Uuid> = self.ids.values().flatten().copied().collect();
        related.sort_unstable();
        related.dedup();
        let known = existing(work, target, &related).await?;
        let pairs = self
            .ids
            .iter()
            .flat_map(|(record, ids)| ids.iter().map(move |id| (*record, *id)));
        let wanted: HashSet<(Uuid, Uuid)> = pairs.filter(|(_, id)| known.contains(id)).collect();
        let stored = self.stored(work).await?;
        if self.replaces {
            let gone: Vec<(Uuid, Uuid)> = stored.difference(&wanted).copied().collect();
            for pairs in gone.chunks(PORTION) {
                let change = if links {
                    format!("DELETE FROM \"{}\"", table.name)
                } else {
                    format!("UPDATE \"{}\" SET \"{own}\" = NULL", table.name)
                };
                let mut sql = Sql::new(format!("{change} WHERE (\"{own}\", \"{other}\") IN (VALUES "));
                list(&mut sql, pairs).push(")");
                database::execute(&**work, &sql).await?;
            }
        }
        let mut new: Vec<(Uuid, Uuid)> = wanted.difference(&stored).copied().collect();
        new.sort_unstable();
        if links {
            let rows = new
                .iter()
                .map(|(record, id)| vec![(own, (*record).into()), (other, (*id).into())]);
            database::insert_ignoring_duplicates(&**work, table, rows.collect()).await?;
        } else {
            self.hand_over(work, &new).await?;
        }
        Ok(())
    }

    /// Ids that are related now.
    async fn stored(&self, work: &Work<'_>) -> Result<HashSet<(Uuid, Uuid)>, Failure> {
        let Relation { table, own, other, .. } = *self.relation;
        let text = format!(
            "SELECT \"{own}\", \"{other}\" FROM \"{}\" WHERE \"{own}\" = ANY($1)",
            table.name
        );
        let records: Vec<Uuid> = self.ids.keys().copied().collect();
        let mut found = HashSet::new();
        for ids in records.chunks(BATCH) {
            for row in database::rows(&**work, &Sql::of_ids(text.as_str(), ids)).await? {
                found.insert((row.try_get("", own)?, row.try_get("", other)?));
            }
        }
        Ok(found)
    }

    /// Makes records of another table name these ones. A record that belongs elsewhere stays there.
    async fn hand_over(&self, work: &Work<'_>, pairs: &[(Uuid, Uuid)]) -> Result<(), Failure> {
        let Relation { table, own, .. } = *self.relation;
        let only = [own];
        let homes: &[&str] = if let Belonging::By(columns) = Belonging::of(table.name) {
            columns
        } else {
            &only
        };
        let homeless: Vec<String> = homes
            .iter()
            .map(|column| format!("\"{}\".\"{column}\" IS NULL", table.name))
            .collect();
        for pairs in pairs.chunks(PORTION) {
            let mut sql = Sql::new(format!(
                "UPDATE \"{}\" SET \"{own}\" = v.column1 FROM (VALUES ",
                table.name
            ));
            list(&mut sql, pairs).push(&format!(
                ") AS v WHERE \"{}\".id = v.column2 AND {}",
                table.name,
                homeless.join(" AND ")
            ));
            database::execute(&**work, &sql).await?;
        }
        Ok(())
    }
}

/// Adds pairs as rows of a list of values.
fn list<'a>(sql: &'a mut Sql, pairs: &[(Uuid, Uuid)]) -> &'a mut Sql {
    for (at, (record, id)) in pairs.iter().enumerate() {
        sql.push(if at > 0 { ", " } else { "" }).bind_list([*record, *id]);
    }
    sql
}

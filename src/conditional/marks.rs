//! Marks of change, which triggers of the database keep: see `migration::marks`.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use migration::marks::marked;
use sea_orm::{DbBackend, DbErr, FromQueryResult};
use uuid::Uuid;

use super::tag::{Key, Tag};
use crate::database::{Database, Sql, Tables, is_missing_table, read_all};

/// Key of the PostgreSQL lock that keeps two servers from adding marks up at once; the number has no meaning.
const LOCK: i64 = 6_105_832_447_190_263;

/// Triggers of a table that keep its marks, by the change that each follows.
const TRIGGERS: usize = 3;

/// The marks of some tables, by their places among all that have marks.
pub(super) struct Marks {
    totals: BTreeMap<usize, String>,
    /// Sum of the numbers of the triggers that kept them; empty on SQLite.
    triggers: String,
}

#[derive(FromQueryResult)]
struct Row {
    subject: String,
    total: Option<String>,
}

impl Marks {
    /// Reads the marks of tables: those of a production, or of all. There are none while nothing keeps them: a program
    /// that removes tables and makes them anew leaves no triggers behind.
    pub(super) async fn read(
        database: &Database,
        production: Option<Uuid>,
        tables: Tables,
    ) -> Result<Option<Self>, DbErr> {
        let wanted = marked().enumerate().filter(|(at, _)| tables & (1 << *at) != 0);
        let subjects: Vec<String> = wanted.map(|(_, marked)| format!("'{}'", marked.table)).collect();
        let mut sql = Sql::new("SELECT subject, CAST(SUM(amount) AS text) AS total FROM dailies_mark WHERE ");
        if subjects.len() < marked().count() {
            sql.push(&format!("subject IN ({})", subjects.join(", ")));
        } else {
            sql.push("1 = 1");
        }
        if let Some(production) = production {
            // The nil id stands for every production.
            sql.push(" AND project_id IN ").bind_list([production, Uuid::nil()]);
        }
        sql.push(" GROUP BY subject");
        if database.backend() == DbBackend::Postgres {
            sql.push(&triggers("''"));
        }
        let rows: Vec<Row> = match read_all(database, &sql).await {
            Err(error) if is_missing_table(&error) => return Ok(None),
            rows => rows?,
        };
        let place = |subject: &str| marked().position(|marked| marked.table == subject);
        let mut marks = Self {
            totals: BTreeMap::new(),
            triggers: String::new(),
        };
        for Row { subject, total } in rows {
            let Some(total) = total else { return Ok(None) };
            if subject.is_empty() {
                marks.triggers = total;
            } else if let Some(at) = place(&subject) {
                marks.totals.insert(at, total);
            }
        }
        Ok(Some(marks))
    }

    /// The tag of an answer that is made of these tables.
    pub(super) fn tag(&self, key: &Key, tables: Tables) -> Tag {
        let totals = self.totals.iter().filter(|(at, _)| tables & (1 << **at) != 0);
        let text = totals.map(|(at, total)| format!("{at}:{total};")).collect::<String>();
        Tag::of(key, tables, &(text + &self.triggers))
    }
}

/// The query for the sum of the numbers of the triggers, which changes when they are made anew, as a part of another one; null
/// where triggers are missing. `before` are the columns before it.
fn triggers(before: &str) -> String {
    format!(
        " UNION ALL SELECT {before}, CASE WHEN COUNT(*) >= {} THEN CAST(SUM(CAST(t.oid AS bigint)) AS text) END \
         FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
         WHERE t.tgname IN ('dailies_mark_insert', 'dailies_mark_update', 'dailies_mark_delete') AND t.tgenabled IN ('O', 'A') \
         AND c.relnamespace = CAST(current_schema() AS regnamespace)",
        TRIGGERS * marked().count()
    )
}

/// The marks of some tables, for each production by itself.
pub struct ProductionMarks {
    each: HashMap<Uuid, String>,
    /// As in [`Marks`].
    triggers: String,
}

#[derive(FromQueryResult)]
struct ProductionRow {
    subject: String,
    project_id: Option<Uuid>,
    total: Option<String>,
}

impl ProductionMarks {
    /// Reads the marks of tables. There are none while nothing keeps them.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn read(database: &Database, tables: &[&str]) -> Result<Option<Self>, DbErr> {
        let subjects: Vec<String> = tables.iter().map(|table| format!("'{table}'")).collect();
        let mut sql = Sql::new(format!(
            "SELECT subject, project_id, CAST(SUM(amount) AS text) AS total FROM dailies_mark WHERE subject IN ({}) \
             GROUP BY subject, project_id",
            subjects.join(", ")
        ));
        if database.backend() == DbBackend::Postgres {
            sql.push(&triggers("'', CAST(NULL AS uuid)"));
        }
        let mut rows: Vec<ProductionRow> = match read_all(database, &sql).await {
            Err(error) if is_missing_table(&error) => return Ok(None),
            rows => rows?,
        };
        rows.sort_by(|one, other| one.subject.cmp(&other.subject));
        let mut marks = Self {
            each: HashMap::new(),
            triggers: String::new(),
        };
        for ProductionRow {
            subject,
            project_id,
            total,
        } in rows
        {
            let Some(total) = total else { return Ok(None) };
            match project_id {
                Some(id) => {
                    let _ = write!(marks.each.entry(id).or_default(), "{subject}:{total};");
                }
                None => marks.triggers = total,
            }
        }
        Ok(Some(marks))
    }

    /// The marks of a production, with those that count for every one: another text after each change.
    #[must_use]
    pub fn of(&self, production: Uuid) -> String {
        let text = |id: Uuid| self.each.get(&id).map_or("", String::as_str);
        format!("{}|{}|{}", text(production), text(Uuid::nil()), self.triggers)
    }
}

/// Adds the rows of each mark up to one, where statements add a row each. Nobody waits for it, and no mark changes.
///
/// # Errors
/// The database does not answer.
pub(super) async fn compact(database: &Database) -> Result<(), DbErr> {
    if database.backend() != DbBackend::Postgres {
        return Ok(());
    }
    let sql = Sql::with(
        "WITH alone AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS held), \
         gone AS (DELETE FROM dailies_mark m USING (SELECT subject, project_id FROM dailies_mark GROUP BY subject, project_id \
         HAVING COUNT(*) > 1) s WHERE (SELECT held FROM alone) AND m.subject = s.subject AND m.project_id = s.project_id \
         RETURNING m.subject, m.project_id, m.amount) \
         INSERT INTO dailies_mark (subject, project_id, amount) SELECT subject, project_id, SUM(amount) FROM gone GROUP BY subject, project_id",
        [LOCK.into()],
    );
    match database.change(&sql).await {
        Err(error) if is_missing_table(&error) => Ok(()),
        done => done.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use entity::belonging::Belonging;
    use entity::facts::Table;
    use migration::marks::Way;

    use super::*;

    /// The production that a way leads to, as the columns of the tables say.
    fn leads_to_a_production(table: &Table, way: Way) -> bool {
        let targets = |name: &str| {
            table
                .column(name)
                .map(|column| column.targets().to_vec())
                .unwrap_or_default()
        };
        match way {
            Way::Direct(column) => targets(column) == ["project"],
            Way::Through(column, other) => {
                let next = Table::find(other).and_then(|other| other.column("project_id"));
                targets(column) == [other] && next.is_some_and(|column| column.targets() == ["project"])
            }
        }
    }

    #[test]
    fn marks_belong_to_productions_as_the_rows_do() {
        for marked in marked().filter(|marked| !marked.sides.is_empty()) {
            let table = Table::find(marked.table).expect("a table");
            assert!(
                marked
                    .sides
                    .iter()
                    .copied()
                    .flatten()
                    .all(|way| leads_to_a_production(table, *way)),
                "{marked:?}"
            );
            let columns: Vec<&str> = marked.sides[0]
                .iter()
                .map(|way| {
                    let (Way::Direct(column) | Way::Through(column, _)) = way;
                    *column
                })
                .collect();
            let Belonging::By(stated) = Belonging::of(marked.table) else {
                panic!("{} belongs to no production", marked.table)
            };
            assert_eq!(columns, stated, "{}", marked.table);
        }
    }

    #[test]
    fn a_tag_has_room_for_every_table() {
        assert!(marked().count() <= 96);
    }
}

//! Marks of change, which triggers of the database keep: see `migration::marks`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use migration::marks::marked;
use sea_orm::{DbBackend, DbErr, FromQueryResult};
use uuid::Uuid;

use super::tag::{Subject, Tag};
use crate::database::{Database, FileVersion, SNAPSHOT, Sql, Tables, is_missing_table, read_all};

/// Key of the PostgreSQL lock that keeps two servers from adding marks up at once; the number has no meaning.
const LOCK: i64 = 6_105_832_447_190_263;

/// Triggers of a table that keep its marks, by the change that each follows.
const TRIGGERS: usize = 4;

/// Subjects of rows that are no marks: the version of the database, and its triggers.
const VERSION: &str = "(version)";
const KEPT_BY: &str = "(triggers)";

/// Places of the tables among all that have marks, by their names.
static PLACES: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
    marked()
        .enumerate()
        .map(|(place, marked)| (marked.table, place))
        .collect()
});

/// The statement that looks at the marks on PostgreSQL. Nothing but the version is read where it is the known one. The second
/// sum grows when triggers are switched off and on.
static LOOK: LazyLock<String> = LazyLock::new(|| {
    let tables: Vec<String> = marked().map(|marked| format!("'{}'", marked.table)).collect();
    format!(
        "WITH look AS MATERIALIZED (SELECT {SNAPSHOT} AS version) \
         SELECT '{VERSION}' AS subject, CAST(NULL AS uuid) AS project_id, version AS total, CAST(0 AS bigint) AS parts FROM look \
         UNION ALL SELECT subject, project_id, CAST(SUM(amount) AS text), COUNT(*) FROM dailies_mark \
         WHERE (SELECT version FROM look) <> $1 GROUP BY subject, project_id \
         UNION ALL SELECT '{KEPT_BY}', NULL, CASE WHEN COUNT(*) >= {} AND NOT pg_is_in_recovery() \
         THEN SUM(CAST(t.oid AS bigint)) || '+' || SUM(CAST(CAST(t.xmin AS text) AS bigint)) \
         || '+' || CAST(pg_relation_filenode('dailies_mark') AS text) END, 0 \
         FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE (SELECT version FROM look) <> $1 \
         AND t.tgname IN ('dailies_mark_insert', 'dailies_mark_update', 'dailies_mark_delete', 'dailies_mark_truncate') \
         AND t.tgenabled IN ('O', 'A') AND c.relname IN ({}) AND c.relnamespace = CAST(current_schema() AS regnamespace)",
        TRIGGERS * tables.len(),
        tables.join(", ")
    )
});

/// The marks of all tables.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Sums by the place of the table and the production. The nil id stands for every production.
    totals: BTreeMap<(usize, Uuid), String>,
    /// Sums of the numbers of the triggers that kept them, and of the transactions that made or changed these; empty on SQLite.
    triggers: String,
}

/// Version of the database at which marks were read.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Version {
    Snapshot(String),
    File(FileVersion),
}

/// Marks that were seen by a look at the database.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// None where the database does not tell, so that the marks have to be read each time.
    version: Option<Version>,
    /// None while nothing keeps them: a program that removes tables and makes them anew leaves no triggers behind.
    pub(super) marks: Option<Arc<Marks>>,
    /// Rows beyond one for each of them, which can be added up.
    pub(super) surplus: i64,
}

#[derive(FromQueryResult)]
struct Row {
    subject: String,
    project_id: Option<Uuid>,
    total: Option<String>,
    parts: i64,
}

impl Seen {
    /// Looks at the marks, with one statement where nothing was stored since an earlier look.
    pub(super) async fn look(database: &Database, before: Option<Self>) -> Result<Self, DbErr> {
        if database.backend() == DbBackend::Postgres {
            Self::look_postgres(database, before).await
        } else {
            Self::look_sqlite(database, before).await
        }
    }

    async fn look_postgres(database: &Database, before: Option<Self>) -> Result<Self, DbErr> {
        let known = match &before {
            Some(Self {
                version: Some(Version::Snapshot(text)),
                ..
            }) => text.as_str(),
            _ => "",
        };
        let rows: Vec<Row> = match read_all(database, &Sql::with(LOOK.as_str(), [known.into()])).await {
            Err(error) if is_missing_table(&error) => return Ok(Self::nothing()),
            rows => rows?,
        };
        let version = rows.iter().find(|row| row.subject == VERSION);
        let version = version.and_then(|row| row.total.clone()).map(Version::Snapshot);
        match before {
            Some(before) if before.version.is_some() && before.version == version => Ok(before),
            _ => Ok(Self::of(rows, version)),
        }
    }

    async fn look_sqlite(database: &Database, before: Option<Self>) -> Result<Self, DbErr> {
        let version = database.file_version().await?.map(Version::File);
        match before {
            Some(before) if before.version.is_some() && before.version == version => return Ok(before),
            _ => {}
        }
        let sql = Sql::new("SELECT subject, project_id, CAST(amount AS text) AS total, 1 AS parts FROM dailies_mark");
        match read_all(database, &sql).await {
            Err(error) if is_missing_table(&error) => Ok(Self::nothing()),
            rows => Ok(Self::of(rows?, version)),
        }
    }

    fn nothing() -> Self {
        Self {
            version: None,
            marks: None,
            surplus: 0,
        }
    }

    fn of(rows: Vec<Row>, version: Option<Version>) -> Self {
        let surplus = rows.iter().map(|row| row.parts.max(1) - 1).sum();
        Self {
            version,
            marks: Marks::of(rows).map(Arc::new),
            surplus,
        }
    }
}

impl Marks {
    fn of(rows: Vec<Row>) -> Option<Self> {
        let mut marks = Self::default();
        for Row {
            subject,
            project_id,
            total,
            ..
        } in rows
        {
            match (subject.as_str(), project_id) {
                (KEPT_BY, _) => marks.triggers = total?,
                (subject, Some(project_id)) => {
                    if let Some(place) = PLACES.get(subject) {
                        marks.totals.insert((*place, project_id), total?);
                    }
                }
                _ => {}
            }
        }
        Some(marks)
    }

    /// The tag of an answer about a subject, which is made of these tables.
    pub(super) fn tag(&self, subject: &Subject, tables: Tables) -> Tag {
        let mut text = Vec::with_capacity(1024);
        for place in (0..Tables::BITS as usize).filter(|place| tables & (1 << *place) != 0) {
            text.push(b';');
            let every = (place, Uuid::nil());
            let last = match subject.production {
                Some(_) => every,
                None => (place, Uuid::max()),
            };
            let own = subject.production.map(|production| (place, production));
            let own = own
                .filter(|own| *own != every)
                .and_then(|own| self.totals.get_key_value(&own));
            for ((_, production), total) in self.totals.range(every..=last).chain(own) {
                text.extend_from_slice(production.as_bytes());
                text.extend_from_slice(total.as_bytes());
            }
        }
        text.extend_from_slice(self.triggers.as_bytes());
        Tag::of(&subject.key, tables, &text)
    }

    /// True if an answer about a subject is still what its tag says.
    pub(super) fn confirm(&self, subject: &Subject, tag: &Tag) -> bool {
        self.tag(subject, tag.tables) == *tag
    }
}

/// The marks of some tables, for each production by itself.
pub struct ProductionMarks {
    marks: Arc<Marks>,
    places: Vec<usize>,
}

impl ProductionMarks {
    /// Marks of these tables; none where one of them has no marks.
    pub(super) fn new(marks: Arc<Marks>, tables: &[&str]) -> Option<Self> {
        let places = tables.iter().map(|table| PLACES.get(table).copied());
        let places = places.collect::<Option<Vec<usize>>>()?;
        Some(Self { marks, places })
    }

    /// The marks of a production, with those that count for every one: another text after each change.
    #[must_use]
    pub fn of(&self, production: Uuid) -> String {
        let mut text = self.marks.triggers.clone();
        for place in &self.places {
            for id in [Uuid::nil(), production] {
                text.push(';');
                text.extend(self.marks.totals.get(&(*place, id)).map(String::as_str));
            }
        }
        text
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

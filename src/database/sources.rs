//! Sources of an answer: the tables that the statements of a request name while it is watched. As long as no row of
//! them changes, the same statements would give the same rows.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use entity::TABLES;
use migration::marks::marked;
use sea_orm::DbErr;

/// A set of tables that have marks of change, as bits in the order of [`marked`].
pub type Tables = u128;

/// Words by which a statement gives something else each time, or reads what has no marks.
const VOLATILE: [&str; 9] = [
    "now",
    "current_timestamp",
    "current_date",
    "current_time",
    "localtime",
    "localtimestamp",
    "clock_timestamp",
    "random",
    "gen_random_uuid",
];
/// Name that begins like a table of the servers themselves, and is none.
const COLLATION: &str = super::dialect::NOCASE;

/// Sources of one answer. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Sources(Arc<Mutex<WatchedState>>);

#[derive(Debug, Default)]
struct WatchedState {
    tables: Tables,
    /// True if something else counts, too: the clock, or rows without marks.
    volatile: bool,
    /// True if the answer may be made of no other tables any more.
    sealed: bool,
}

/// A word of a statement that means something here.
#[derive(Clone, Copy)]
enum Word {
    Table(Tables),
    Volatile,
}

static WORDS: LazyLock<HashMap<&'static str, Word>> = LazyLock::new(|| {
    let without = TABLES.iter().map(|table| (table.name, Word::Volatile));
    let volatile = VOLATILE.iter().map(|word| (*word, Word::Volatile));
    let with = marked()
        .enumerate()
        .map(|(at, marked)| (marked.table, Word::Table(1 << at)));
    without.chain(volatile).chain(with).collect()
});

impl Sources {
    /// The tables that the answer is made of so far, where nothing else counts. From now on it may be made of no others.
    pub fn seal(&self) -> Option<Tables> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.sealed = true;
        (!state.volatile).then_some(state.tables)
    }

    /// Takes note of a statement.
    ///
    /// # Errors
    /// It reads what the answer was not to be made of: the rest of the answer must not come.
    pub(super) fn note(&self, sql: &str) -> Result<(), DbErr> {
        let mut tables: Tables = 0;
        let mut volatile = false;
        for word in words(sql) {
            match WORDS.get(word) {
                Some(Word::Table(bit)) => tables |= *bit,
                Some(Word::Volatile) => volatile = true,
                None => volatile |= word.starts_with("dailies_") && word != COLLATION,
            }
        }
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.sealed && !state.volatile && (volatile || tables & !state.tables != 0) {
            return Err(DbErr::Custom(format!(
                "a listing went on with other tables than it began with: {sql}"
            )));
        }
        state.tables |= tables;
        state.volatile |= volatile;
        Ok(())
    }

    /// Takes note that the answer is made of more than tables.
    pub(super) fn note_other(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).volatile = true;
    }
}

/// The words of a statement that may mean something here: none of those is a number or begins with a capital. Those of texts
/// in it count, too, which does no harm.
fn words(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
        .filter(|word| word.starts_with(|letter: char| letter.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables_of(statements: &[&str]) -> Option<Vec<&'static str>> {
        let sources = Sources::default();
        for sql in statements {
            sources.note(sql).expect("a statement in time");
        }
        let told = sources.seal()?;
        Some(
            marked()
                .enumerate()
                .filter(|(at, _)| told & (1 << *at) != 0)
                .map(|(_, marked)| marked.table)
                .collect(),
        )
    }

    #[test]
    fn tables_are_known_by_the_words_of_statements() {
        let sql = "SELECT t.id, \"p\".name FROM task t JOIN \"project\" p ON p.id=t.project_id WHERE t.name = $1 COLLATE dailies_nocase";
        assert_eq!(tables_of(&[sql]), Some(vec!["project", "task"]));
        assert_eq!(
            tables_of(&["SELECT 1 FROM person", "SELECT 2 FROM task_type"]),
            Some(vec!["person", "task_type"])
        );
    }

    #[test]
    fn what_has_no_marks_can_not_be_told() {
        for sql in [
            "SELECT * FROM api_event",
            "SELECT 1 FROM task WHERE due_date < now()",
            "SELECT value FROM dailies_store",
        ] {
            assert_eq!(tables_of(&[sql]), None, "{sql}");
        }
    }

    #[test]
    fn no_word_that_counts_is_passed_over() {
        for word in WORDS.keys() {
            assert_eq!(words(word).collect::<Vec<_>>(), [*word]);
        }
    }

    #[test]
    fn no_table_is_added_once_the_tag_is_made() {
        let sources = Sources::default();
        sources.note("SELECT 1 FROM task").expect("in time");
        assert!(sources.seal().is_some());
        assert!(sources.note("SELECT 2 FROM task").is_ok());
        assert!(sources.note("SELECT 2 FROM person").is_err());
    }
}

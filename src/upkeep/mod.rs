//! Work of an operator from time to time: old rows and files that nobody needs are removed, and figures that follow from
//! others are worked out anew. Each can be tried first: a dry run finds the same, and changes nothing.

mod expired;
mod figures;
mod files;
mod old_rows;

pub use self::expired::expired;
pub use self::figures::figures;
pub use self::files::{OrphanRemoval, files};
pub use self::old_rows::old_rows;

/// Numbers of one kind that were found, and changed unless it was a dry run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Kind of rows, files or figures.
    pub what: String,
    /// Number of all.
    pub all: u64,
    /// Number of those that are removed or changed.
    pub changed: u64,
}

impl Finding {
    fn new(what: impl Into<String>, all: u64, changed: u64) -> Self {
        Self {
            what: what.into(),
            all,
            changed,
        }
    }
}

//! Faults of a table, and the answer to each.

use std::borrow::Cow;
use std::fmt::Display;

use dailies_definitions::failure::Failure;
use poem::http::StatusCode;
use serde_json::json;

/// Letters of a cell that messages show at most.
const LONGEST_EXCERPT: usize = 100;

/// A cell as messages show it: its beginning where it is long.
pub(super) fn excerpt(cell: &str) -> Cow<'_, str> {
    match cell.char_indices().nth(LONGEST_EXCERPT) {
        Some((end, _)) => format!("{}…", &cell[..end]).into(),
        None => cell.into(),
    }
}

/// Problem of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RowProblem(pub(super) String);

impl RowProblem {
    /// The table lacks a column that it needs.
    pub(super) fn missing(column: &str) -> Self {
        Self(format!("A columns is missing: '{column}'"))
    }

    /// A cell holds what its column can't.
    pub(super) fn invalid(column: &str, cell: &str, reason: impl Display) -> Self {
        Self(format!("A value is invalid: {column}: {} ({reason})", excerpt(cell)))
    }

    /// A sentence about a cell, with its column.
    pub(super) fn about(column: &str, sentence: impl Display) -> Self {
        Self(format!("{sentence} (column '{column}')"))
    }

    /// The answer about the row that ends at this line.
    pub(super) fn at(self, line: u64) -> Failure {
        let body = json!({"error": true, "message": self.0, "line_number": line, "imported_rows": 0});
        Failure::answer(StatusCode::BAD_REQUEST, body)
    }
}

/// A refusal of other rooms as a problem of the cell that led to it; faults stay what they are.
pub(super) fn at_cell(failure: Failure, line: u64, column: &str) -> Failure {
    match &failure {
        Failure::Answer { body, .. } => match body["message"].as_str() {
            Some(message) => RowProblem::about(column, message).at(line),
            None => failure,
        },
        Failure::Fault(_) => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_cells_are_shown_by_their_beginning() {
        assert_eq!(excerpt("Forêt"), "Forêt");
        assert_eq!(excerpt(&"é".repeat(LONGEST_EXCERPT)), "é".repeat(LONGEST_EXCERPT));
        let RowProblem(message) = RowProblem::invalid("Size", &"é".repeat(1_000_000), "a number is expected");
        assert_eq!(
            message,
            format!(
                "A value is invalid: Size: {}… (a number is expected)",
                "é".repeat(LONGEST_EXCERPT)
            )
        );
    }
}

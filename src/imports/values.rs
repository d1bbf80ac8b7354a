//! Values from cells.

use chrono::NaiveDate;

use super::problem::RowProblem;

const YES: [&str; 6] = ["y", "yes", "t", "true", "on", "1"];
const NO: [&str; 6] = ["n", "no", "f", "false", "off", "0"];

/// A yes or a no.
pub(super) fn flag(column: &str, cell: &str) -> Result<bool, RowProblem> {
    let word = cell.trim().to_lowercase();
    match (YES.contains(&word.as_str()), NO.contains(&word.as_str())) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err(RowProblem::invalid(column, cell, "yes or no is expected")),
    }
}

/// A whole number. Spreadsheets may have given it a fraction of zeros.
pub(super) fn integer(cell: &str) -> Option<i32> {
    let digits = cell.trim();
    let whole = digits
        .split_once('.')
        .filter(|(_, rest)| rest.bytes().all(|digit| digit == b'0'))
        .map_or(digits, |(whole, _)| whole);
    whole.parse().ok()
}

/// A whole number of a column.
pub(super) fn integer_of(column: &str, cell: &str) -> Result<i32, RowProblem> {
    integer(cell).ok_or_else(|| RowProblem::invalid(column, cell, "a whole number is expected"))
}

/// Most of what can be counted in days.
const MOST_DAYS: f64 = 10_000.0;

/// A number of a column from zero to [`MOST_DAYS`].
pub(super) fn amount(column: &str, cell: &str) -> Result<f64, RowProblem> {
    let number = cell
        .trim()
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite() && *number >= 0.0 && *number <= MOST_DAYS);
    number.ok_or_else(|| RowProblem::invalid(column, cell, "a number from 0 on with a decimal point is expected"))
}

/// A day of a column.
pub(super) fn day(column: &str, cell: &str) -> Result<NaiveDate, RowProblem> {
    let day = NaiveDate::parse_from_str(cell.trim(), "%Y-%m-%d")
        .ok()
        .filter(|day| (1970..=9999).contains(&chrono::Datelike::year(day)));
    day.ok_or_else(|| RowProblem::invalid(column, cell, "a day such as 2024-03-01 is expected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_yes_and_no() {
        assert_eq!((flag("A", "YES"), flag("A", " off ")), (Ok(true), Ok(false)));
        assert!(flag("A", "maybe").is_err() && flag("A", "").is_err());
    }

    #[test]
    fn numbers_and_days_are_read() {
        assert_eq!(
            (integer("12"), integer("12.0"), integer("1.5"), integer("ten")),
            (Some(12), Some(12), None, None)
        );
        assert_eq!(amount("A", "2.5"), Ok(2.5));
        assert!(amount("A", "-1").is_err() && amount("A", "nan").is_err() && amount("A", "2,5").is_err());
        assert!(day("A", "2024-03-01").is_ok() && day("A", "01/03/2024").is_err());
    }
}

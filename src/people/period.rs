//! Years, months, weeks and days as the first and last day of what they name.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use dailies_definitions::failure::Failure;

/// First and last day.
pub(super) type Period = (NaiveDate, NaiveDate);

/// A year; 400 for one that does not exist.
pub(super) fn year(year: i32) -> Result<Period, Failure> {
    let days = NaiveDate::from_ymd_opt(year, 1, 1).zip(NaiveDate::from_ymd_opt(year, 12, 31));
    days.filter(|_| is_writable(year)).ok_or_else(invalid_date)
}

/// A month; 400 for one that does not exist.
pub(super) fn month(year: i32, month: i32) -> Result<Period, Failure> {
    let first = number(month).filter(|_| is_writable(year)).and_then(|month| NaiveDate::from_ymd_opt(year, month, 1));
    let next = first.and_then(|first| first.checked_add_months(Months::new(1)));
    first.zip(next.map(|next| next - Days::new(1))).ok_or_else(invalid_date)
}

/// An ISO week, from Monday to Sunday; 400 for one that does not exist.
pub(super) fn week(year: i32, week: i32) -> Result<Period, Failure> {
    let monday = number(week).filter(|_| is_writable(year)).and_then(|week| NaiveDate::from_isoywd_opt(year, week, Weekday::Mon));
    monday.map(|monday| (monday, monday + Days::new(6))).ok_or_else(invalid_month)
}

/// A day; 400 for one that does not exist.
pub(super) fn day(year: i32, month: i32, day: i32) -> Result<Period, Failure> {
    let day = number(month).zip(number(day)).and_then(|(month, day)| NaiveDate::from_ymd_opt(year, month, day));
    day.filter(|_| is_writable(year)).map(|day| (day, day)).ok_or_else(invalid_month)
}

/// The whole weeks of an ISO year.
pub(super) fn weeks_of(year: i32) -> Result<Period, Failure> {
    let (first, _) = week(year, 1)?;
    let (next, _) = week(year + 1, 1)?;
    Ok((first, next - Days::new(1)))
}

/// A month written as `2026-03`; one digit of the month will do.
pub(super) fn written_month(text: &str) -> Result<Period, Failure> {
    let parts = text.split_once('-').and_then(|(year, month)| Some((year.parse().ok()?, month.parse().ok()?)));
    parts.and_then(|(number, of_year)| month(number, of_year).ok()).ok_or_else(invalid_month)
}

/// Number of days in a period.
pub(super) fn length((first, last): Period) -> u32 {
    last.ordinal() - first.ordinal() + 1
}

fn number(value: i32) -> Option<u32> {
    u32::try_from(value).ok()
}

/// Years that the databases write alike.
fn is_writable(year: i32) -> bool {
    (1..=9998).contains(&year)
}

fn invalid_date() -> Failure {
    Failure::parameter("Invalid date format.")
}

fn invalid_month() -> Failure {
    Failure::parameter("Invalid month or year.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(period: Result<Period, Failure>) -> Option<String> {
        period.ok().map(|(first, last)| format!("{first} {last}"))
    }

    #[test]
    fn periods_follow_the_calendar() {
        assert_eq!(text(year(2024)).as_deref(), Some("2024-01-01 2024-12-31"));
        assert_eq!(text(month(2024, 2)).as_deref(), Some("2024-02-01 2024-02-29"));
        assert_eq!(text(month(2024, 12)).as_deref(), Some("2024-12-01 2024-12-31"));
        assert_eq!(text(week(2026, 1)).as_deref(), Some("2025-12-29 2026-01-04"));
        assert_eq!(text(week(2020, 53)).as_deref(), Some("2020-12-28 2021-01-03"));
        assert_eq!(text(day(2026, 3, 2)).as_deref(), Some("2026-03-02 2026-03-02"));
        assert_eq!(text(weeks_of(2026)).as_deref(), Some("2025-12-29 2027-01-03"));
        assert_eq!(text(written_month("2024-2")).as_deref(), Some("2024-02-01 2024-02-29"));
        assert_eq!(written_month("2024-02").map(length).ok(), Some(29));
    }

    #[test]
    fn what_does_not_exist_is_refused() {
        for period in [year(0), year(99_999), month(2024, 13), month(2024, -1), week(2024, 60), week(2023, 53), day(2024, 2, 30)] {
            assert!(period.is_err());
        }
        for text in ["2024", "2024-13", "x-1", ""] {
            assert!(written_month(text).is_err());
        }
    }
}

//! Years, months, weeks and days as the first and last day of what they name, and the time zones in which persons tell days.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use chrono_tz::Tz;
use dailies_definitions::access::Person;
use dailies_definitions::failure::Failure;

/// First and last day.
pub type Period = (NaiveDate, NaiveDate);

/// The time zone of a person, or UTC where it is not known.
#[must_use]
pub fn zone_of(person: &Person) -> Tz {
    let name = person.timezone.as_deref();
    name.and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC)
}

/// A year.
///
/// # Errors
/// 400 when there is no such one.
pub fn year(year: i32) -> Result<Period, Failure> {
    let found =
        writable(year).and_then(|()| NaiveDate::from_ymd_opt(year, 1, 1).zip(NaiveDate::from_ymd_opt(year, 12, 31)));
    found.ok_or_else(|| invalid(&format!("year {year}")))
}

/// A month.
///
/// # Errors
/// 400 when there is no such one.
pub fn month(year: i32, month: i32) -> Result<Period, Failure> {
    month_of(year, month).ok_or_else(|| invalid(&format!("year {year}, month {month}")))
}

fn month_of(year: i32, month: i32) -> Option<Period> {
    writable(year)?;
    let first = NaiveDate::from_ymd_opt(year, number(month)?, 1)?;
    Some((first, first.checked_add_months(Months::new(1))? - Days::new(1)))
}

/// An ISO week, from Monday to Sunday.
///
/// # Errors
/// 400 when there is no such one.
pub fn week(year: i32, week: i32) -> Result<Period, Failure> {
    week_of(year, week).ok_or_else(|| invalid(&format!("year {year}, week {week}")))
}

fn week_of(year: i32, week: i32) -> Option<Period> {
    writable(year)?;
    let monday = NaiveDate::from_isoywd_opt(year, number(week)?, Weekday::Mon)?;
    Some((monday, monday + Days::new(6)))
}

/// A day.
///
/// # Errors
/// 400 when there is no such one.
pub fn day(year: i32, month: i32, day: i32) -> Result<Period, Failure> {
    let found = writable(year).and_then(|()| NaiveDate::from_ymd_opt(year, number(month)?, number(day)?));
    found
        .map(|day| (day, day))
        .ok_or_else(|| invalid(&format!("year {year}, month {month}, day {day}")))
}

/// The whole weeks of an ISO year.
///
/// # Errors
/// 400 when there is no such one.
pub fn weeks_of(year: i32) -> Result<Period, Failure> {
    whole_weeks(year).ok_or_else(|| invalid(&format!("year {year}")))
}

fn whole_weeks(year: i32) -> Option<Period> {
    let (first, _) = week_of(year, 1)?;
    let next = NaiveDate::from_isoywd_opt(year + 1, 1, Weekday::Mon)?;
    Some((first, next - Days::new(1)))
}

/// A month written as `2026-03`; one digit of the month will do.
///
/// # Errors
/// 400 that names the parameter it came as, when it is none.
pub fn written_month(name: &str, text: &str) -> Result<Period, Failure> {
    let parts = text
        .split_once('-')
        .and_then(|(year, month)| Some((year.parse().ok()?, month.parse().ok()?)));
    let found = parts.and_then(|(year, month)| month_of(year, month));
    found.ok_or_else(|| invalid(&format!("{name} {text}")))
}

/// Number of days in a period.
#[must_use]
pub fn length((first, last): Period) -> u32 {
    last.ordinal() - first.ordinal() + 1
}

fn number(value: i32) -> Option<u32> {
    u32::try_from(value).ok()
}

/// Years that the databases write alike.
fn writable(year: i32) -> Option<()> {
    (1..=9998).contains(&year).then_some(())
}

/// 400: there is no such period.
fn invalid(named: &str) -> Failure {
    Failure::parameter(format!("Invalid month or year: {named}"))
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
        assert_eq!(
            text(written_month("month_date", "2024-2")).as_deref(),
            Some("2024-02-01 2024-02-29")
        );
        assert_eq!(month_of(2024, 2).map(length), Some(29));
    }

    #[test]
    fn periods_that_the_calendar_does_not_have_are_refused() {
        for period in [
            year(0),
            year(99_999),
            month(2024, 13),
            month(2024, -1),
            week(2024, 60),
            week(2023, 53),
            day(2024, 2, 30),
        ] {
            assert!(period.is_err());
        }
        for text in ["2024", "2024-13", "x-1", ""] {
            assert!(written_month("month_date", text).is_err());
        }
    }
}

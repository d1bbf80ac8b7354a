//! Days as somebody sees them: moments are stored in UTC, and a day begins at midnight where the person is.

use chrono::{
    DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc, Weekday,
};
use chrono_tz::Tz;
use dailies_definitions::access::Person;

use crate::vocabulary::period::zone_of;

/// The calendar of a time zone.
#[derive(Clone, Copy, Debug)]
pub struct Calendar(pub(super) Tz);

impl Calendar {
    /// The calendar of a person, or that of UTC for somebody whose time zone is not known.
    #[must_use]
    pub fn of(person: &Person) -> Self {
        Self(zone_of(person))
    }

    /// The day on which a moment of UTC falls.
    #[must_use]
    pub fn day_of(self, moment: NaiveDateTime) -> NaiveDate {
        Utc.from_utc_datetime(&moment).with_timezone(&self.0).date_naive()
    }

    /// The moment of UTC at which a day begins. Where clocks skip midnight, the day begins an hour later.
    #[must_use]
    pub fn start_of(self, day: NaiveDate) -> NaiveDateTime {
        let midnight = day.and_time(NaiveTime::MIN);
        let local = match self.0.from_local_datetime(&midnight) {
            LocalResult::None => self.0.from_local_datetime(&(midnight + TimeDelta::hours(1))),
            found => found,
        };
        local.earliest().as_ref().map_or(midnight, DateTime::naive_utc)
    }
}

/// True if people work on that day of the week.
pub(super) fn is_business_day(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Days of work from one day to another: the first day, and every day from Monday to Friday after it, up to the last.
/// Nothing when the last day is before the first.
#[must_use]
pub fn business_days(first: NaiveDate, last: NaiveDate) -> i64 {
    let days = (last - first).num_days();
    if days < 0 {
        return 0;
    }
    // Whole weeks hold five such days; what is left is looked at day by day.
    let (weeks, rest) = (days / 7, u64::try_from(days % 7).unwrap_or_default());
    let left = (0..rest)
        .filter_map(|back| last.checked_sub_days(Days::new(back)))
        .filter(|day| is_business_day(*day))
        .count();
    1 + weeks * 5 + i64::try_from(left).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn moments_fall_on_days_of_the_person() {
        let tokyo = Calendar(Tz::Asia__Tokyo);
        let evening = day("2026-03-01").and_hms_opt(20, 0, 0).expect("a time");
        assert_eq!(tokyo.day_of(evening), day("2026-03-02"));
        assert_eq!(Calendar(Tz::UTC).day_of(evening), day("2026-03-01"));
        assert_eq!(tokyo.start_of(day("2026-03-02")).to_string(), "2026-03-01 15:00:00");
    }

    #[test]
    fn a_day_begins_even_where_midnight_is_skipped() {
        // Beirut turned its clocks from 00:00 to 01:00 on that day.
        let beirut = Calendar(Tz::Asia__Beirut);
        assert_eq!(beirut.start_of(day("2022-03-27")).to_string(), "2022-03-26 22:00:00");
        assert_eq!(beirut.day_of(beirut.start_of(day("2022-03-27"))), day("2022-03-27"));
    }

    #[test]
    fn weekends_are_no_days_of_work() {
        // 2026-03-02 is a Monday.
        for (first, last, count) in [
            ("2026-03-02", "2026-03-02", 1),
            ("2026-03-02", "2026-03-06", 5),
            ("2026-03-02", "2026-03-08", 5),
            ("2026-03-02", "2026-03-09", 6),
            ("2026-03-07", "2026-03-08", 1),
            ("2026-03-07", "2026-03-23", 12),
            ("2026-03-06", "2026-03-05", 0),
        ] {
            assert_eq!(business_days(day(first), day(last)), count, "{first} {last}");
        }
        for length in 0..40 {
            let (first, last) = (day("2026-03-05"), day("2026-03-05") + Days::new(length));
            let counted = (1..=length)
                .filter(|after| is_business_day(first + Days::new(*after)))
                .count();
            assert_eq!(business_days(first, last), i64::try_from(counted).expect("few") + 1);
        }
    }
}

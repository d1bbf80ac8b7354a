//! Working time of a demo production: weekdays, from nine in the morning to six in the evening, UTC.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

/// Minutes of a working day.
pub const DAY: i64 = 9 * 60;
const DAYS_A_WEEK: i64 = 5;
const OPENING_HOUR: i64 = 9;

/// Counts working days and minutes from the Monday that the production began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calendar {
    first_monday: NaiveDate,
    now: i64,
}

impl Calendar {
    /// The calendar of a production that began so many weeks before this one.
    pub fn new(now: NaiveDateTime, weeks_before: u32) -> Self {
        let weekday = now.weekday().num_days_from_monday();
        let first_monday = now.date() - Days::new(u64::from(weekday + 7 * weeks_before));
        let minutes = (i64::from(now.hour()) - OPENING_HOUR) * 60 + i64::from(now.minute());
        let worked = if i64::from(weekday) < DAYS_A_WEEK {
            i64::from(weekday) * DAY + minutes.clamp(0, DAY)
        } else {
            DAYS_A_WEEK * DAY
        };
        Self {
            first_monday,
            now: i64::from(weeks_before) * DAYS_A_WEEK * DAY + worked,
        }
    }

    /// Working minutes until now.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// The day that a number of working days after the beginning is.
    pub fn date(&self, day: i64) -> NaiveDate {
        self.first_monday + TimeDelta::days(day.div_euclid(DAYS_A_WEEK) * 7 + day.rem_euclid(DAYS_A_WEEK))
    }

    /// Midnight of that day, the way planned dates are stored.
    pub fn midnight(&self, day: i64) -> NaiveDateTime {
        self.date(day).and_time(NaiveTime::MIN)
    }

    /// The moment a number of working minutes after the beginning. The seconds only look random.
    pub fn moment(&self, minute: i64) -> NaiveDateTime {
        let of_day = OPENING_HOUR * 60 + minute.rem_euclid(DAY);
        self.midnight(minute.div_euclid(DAY))
            + TimeDelta::minutes(of_day)
            + TimeDelta::seconds((minute * 37).rem_euclid(60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().expect("a moment")
    }

    #[test]
    fn weekends_are_skipped() {
        let calendar = Calendar::new(at("2026-03-11T10:30:00"), 1);
        assert_eq!(calendar.date(0).to_string(), "2026-03-02");
        assert_eq!(calendar.date(4).to_string(), "2026-03-06");
        assert_eq!(calendar.date(5).to_string(), "2026-03-09");
        assert_eq!(calendar.date(-1).to_string(), "2026-02-27");
        assert_eq!(calendar.moment(2 * DAY + 61), at("2026-03-04T10:01:37"));
    }

    #[test]
    fn the_minute_before_the_current_one_lies_before_the_clock() {
        for now in [
            "2026-03-11T10:30:00",
            "2026-03-11T03:00:00",
            "2026-03-11T23:00:00",
            "2026-03-14T12:00:00",
            "2026-03-16T09:00:00",
        ] {
            let calendar = Calendar::new(at(now), 3);
            assert!(calendar.moment(calendar.now() - 1) < at(now), "{now}");
        }
    }
}

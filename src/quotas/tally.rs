//! Figures of the work of each day, and how it adds up over weeks, months and years.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::{Serialize, Serializer};
use serde_json::Number;

/// Amount of work on one day, or in one period.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Amount {
    pub frames: i64,
    pub drawings: i64,
    /// Number of shots, of which one may be done in several parts.
    pub count: f64,
}

impl Amount {
    /// A shot as a whole.
    pub(super) fn of(frames: i64, drawings: i64) -> Self {
        Self {
            frames,
            drawings,
            count: 1.0,
        }
    }

    /// A part of a shot.
    pub(super) fn part(frames: i64, drawings: i64, count: f64) -> Self {
        Self {
            frames,
            drawings,
            count,
        }
    }

    fn add(&mut self, other: Self) {
        self.frames += other.frames;
        self.drawings += other.drawings;
        self.count += other.count;
    }
}

/// Amounts of work, by day.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally(BTreeMap<NaiveDate, Amount>);

impl Tally {
    pub(super) fn add(&mut self, day: NaiveDate, amount: Amount) {
        self.0.entry(day).or_default().add(amount);
    }

    /// The sums by period, as clients read them. `fps` is the number of frames in a second.
    pub(super) fn report(&self, fps: f64) -> QuotaReport {
        let mut report = QuotaReport::default();
        for (day, amount) in &self.0 {
            let (year, month) = (day.year(), day.format("%Y-%m").to_string());
            let week = day.iso_week();
            report.day.add(day.to_string(), Some(month.clone()), *amount);
            report.week.add(
                format!("{}-{}", week.year(), week.week()),
                Some(week.year().to_string()),
                *amount,
            );
            report.month.add(month, Some(year.to_string()), *amount);
            report.year.add(year.to_string(), None, *amount);
        }
        for sums in [&mut report.day, &mut report.week, &mut report.month, &mut report.year] {
            #[expect(clippy::cast_precision_loss, reason = "nobody draws that many frames")]
            let seconds = |frames: i64| frames as f64 / fps;
            sums.seconds = sums
                .frames
                .iter()
                .map(|(key, frames)| (key.clone(), seconds(*frames)))
                .collect();
        }
        report
    }
}

/// Figures of somebody, by period.
#[derive(Debug, Default, Serialize)]
pub(super) struct QuotaReport {
    day: PeriodSums,
    week: PeriodSums,
    month: PeriodSums,
    year: PeriodSums,
}

/// Sums by the names of periods.
#[derive(Debug, Default, Serialize)]
struct PeriodSums {
    frames: BTreeMap<String, i64>,
    seconds: BTreeMap<String, f64>,
    #[serde(serialize_with = "rounded")]
    count: BTreeMap<String, f64>,
    drawings: BTreeMap<String, i64>,
    /// Number of these periods in which something was done, by the name of a longer period.
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<BTreeMap<String, i64>>,
}

impl PeriodSums {
    fn add(&mut self, key: String, longer: Option<String>, amount: Amount) {
        if let Some(longer) = longer.filter(|_| !self.count.contains_key(&key)) {
            *self.entries.get_or_insert_default().entry(longer).or_default() += 1;
        }
        for (sums, number) in [(&mut self.frames, amount.frames), (&mut self.drawings, amount.drawings)] {
            *sums.entry(key.clone()).or_default() += number;
        }
        *self.count.entry(key).or_default() += amount.count;
    }
}

/// Numbers with two digits behind the point, or none where they are whole.
fn rounded<S: Serializer>(counts: &BTreeMap<String, f64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().map(|(key, count)| {
        let hundredths = (count * 100.0).round();
        #[expect(clippy::cast_possible_truncation, reason = "nobody does that many shots")]
        let number = if (hundredths % 100.0).abs() < 0.5 {
            Number::from((hundredths / 100.0) as i64)
        } else {
            Number::from_f64(hundredths / 100.0).unwrap_or_else(|| 0.into())
        };
        (key, number)
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn days_add_up() {
        let mut tally = Tally::default();
        tally.add(day("2024-06-12"), Amount::of(100, 3));
        tally.add(day("2024-06-12"), Amount::of(20, 1));
        tally.add(day("2024-06-14"), Amount::of(5, 0));
        let report = serde_json::to_value(tally.report(25.0)).expect("JSON");
        let days = json!({"frames": {"2024-06-12": 120, "2024-06-14": 5}, "seconds": {"2024-06-12": 4.8, "2024-06-14": 0.2},
            "count": {"2024-06-12": 2, "2024-06-14": 1}, "drawings": {"2024-06-12": 4, "2024-06-14": 0}, "entries": {"2024-06": 2}});
        let week = json!({"frames": {"2024-24": 125}, "seconds": {"2024-24": 5.0}, "count": {"2024-24": 3}, "drawings": {"2024-24": 4},
            "entries": {"2024": 1}});
        let year =
            json!({"frames": {"2024": 125}, "seconds": {"2024": 5.0}, "count": {"2024": 3}, "drawings": {"2024": 4}});
        assert_eq!(
            (&report["day"], &report["week"], &report["year"]),
            (&days, &week, &year)
        );
        assert_eq!(report["month"]["entries"], json!({"2024": 1}));
    }

    #[test]
    fn parts_of_a_shot_are_one_shot() {
        let mut tally = Tally::default();
        for date in ["2024-06-12", "2024-06-13", "2024-06-14"] {
            tally.add(day(date), Amount::part(0, 0, 1.0 / 3.0));
        }
        let report = serde_json::to_value(tally.report(24.0)).expect("JSON");
        assert_eq!(
            report["day"]["count"],
            json!({"2024-06-12": 0.33, "2024-06-13": 0.33, "2024-06-14": 0.33})
        );
        assert_eq!(
            (&report["month"]["count"], &report["year"]["count"]),
            (&json!({"2024-06": 1}), &json!({"2024": 1}))
        );
    }

    #[test]
    fn the_last_days_of_a_year_may_be_in_a_week_of_the_next() {
        let mut tally = Tally::default();
        tally.add(day("2024-12-30"), Amount::of(8, 0));
        let report = serde_json::to_value(tally.report(24.0)).expect("JSON");
        assert_eq!(
            (&report["week"]["frames"], &report["week"]["entries"]),
            (&json!({"2025-1": 8}), &json!({"2025": 1}))
        );
        assert_eq!(report["year"]["frames"], json!({"2024": 8}));
    }
}

//! The query of a request, read as the contract types its parameters.

use std::collections::HashSet;

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use uuid::Uuid;

use crate::failure::Failure;

/// Query parameters in the order in which they were sent. Of a parameter that is repeated the first counts.
#[derive(Clone, Debug, Default)]
pub struct Query(Vec<(String, String)>);

const TRUE_WORDS: [&str; 6] = ["true", "1", "yes", "on", "t", "y"];
const FALSE_WORDS: [&str; 7] = ["false", "0", "no", "off", "f", "n", ""];

impl Query {
    /// Reads the part of an address behind the question mark.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// Reads a form that may have so many fields.
    pub(crate) fn of_form(text: &[u8], most: usize) -> Option<Self> {
        let fields: Vec<(String, String)> = form_urlencoded::parse(text).into_owned().take(most + 1).collect();
        (fields.len() <= most).then_some(Self(fields))
    }

    /// True if nothing was sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values as they were sent, first occurrences only.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut seen = HashSet::new();
        self.0
            .iter()
            .filter(move |(name, _)| seen.insert(name.as_str()))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of a parameter that was sent once.
    pub(crate) fn only(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(found, _)| found == name);
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value.as_str())
    }

    /// The value of a parameter as it was sent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// A text.
    ///
    /// # Errors
    /// 400 when the text holds a NUL character, which no database takes.
    pub fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        match self.get(name) {
            Some(value) if value.contains('\0') => Err(wrong_value(name)),
            value => Ok(value.map(str::to_owned)),
        }
    }

    /// A yes or no. Only `true`, in any letter case, says yes; other words for yes are taken as no, as clients are used to.
    ///
    /// # Errors
    /// 400 for what is neither a yes nor a no.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Failure> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let word = value.trim().to_ascii_lowercase();
        if TRUE_WORDS.contains(&word.as_str()) || FALSE_WORDS.contains(&word.as_str()) {
            Ok(Some(word == "true"))
        } else {
            Err(wrong_value(name))
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// 400 for what is no whole number.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, Failure> {
        self.get(name)
            .map(|value| {
                value
                    .trim()
                    .parse()
                    .map_err(|_| Failure::parameter(format!("{name} must be an integer.")))
            })
            .transpose()
    }

    /// A whole number between bounds.
    ///
    /// # Errors
    /// 400 for what is no whole number, or too small, or too large.
    pub fn integer_within(
        &self,
        name: &str,
        minimum: Option<i64>,
        maximum: Option<i64>,
    ) -> Result<Option<i64>, Failure> {
        let value = self.integer(name)?;
        match value {
            Some(value)
                if minimum.is_some_and(|minimum| value < minimum) || maximum.is_some_and(|maximum| value > maximum) =>
            {
                Err(wrong_value(name))
            }
            value => Ok(value),
        }
    }

    /// A number.
    ///
    /// # Errors
    /// 400 for what is no number.
    pub fn number(&self, name: &str) -> Result<Option<f64>, Failure> {
        self.get(name)
            .map(|value| {
                value
                    .trim()
                    .parse()
                    .ok()
                    .filter(|number: &f64| number.is_finite())
                    .ok_or_else(|| wrong_value(name))
            })
            .transpose()
    }

    /// An identifier; an empty text counts as none.
    ///
    /// # Errors
    /// 400 for what is no identifier.
    pub fn id(&self, name: &str) -> Result<Option<Uuid>, Failure> {
        match self.get(name).filter(|value| !value.is_empty()) {
            None => Ok(None),
            Some(value) => parse_id(value)
                .map(Some)
                .ok_or_else(|| Failure::parameter(format!("Invalid UUID format for {name}: {value}"))),
        }
    }

    /// A day.
    ///
    /// # Errors
    /// 400 for what is no day of the form `2026-03-01`.
    pub fn day(&self, name: &str) -> Result<Option<NaiveDate>, Failure> {
        self.get(name)
            .map(|value| parse_day(value).ok_or_else(|| wrong_date(name)))
            .transpose()
    }

    /// A moment; a day stands for its midnight.
    ///
    /// # Errors
    /// 400 for what is no moment.
    pub fn moment(&self, name: &str) -> Result<Option<NaiveDateTime>, Failure> {
        self.get(name)
            .map(|value| parse_moment(value).ok_or_else(|| wrong_date(name)))
            .transpose()
    }

    /// One of several words.
    ///
    /// # Errors
    /// 400 for any other word.
    pub fn choice(&self, name: &str, choices: &[&str]) -> Result<Option<String>, Failure> {
        match self.get(name) {
            Some(value) if !choices.contains(&value) => Err(wrong_value(name)),
            value => Ok(value.map(str::to_owned)),
        }
    }

    /// All values of a parameter that may be repeated.
    ///
    /// # Errors
    /// 400 when a text holds a NUL character.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, Failure> {
        let values: Vec<String> = self
            .0
            .iter()
            .filter(|(found, _)| found == name)
            .map(|(_, value)| value.clone())
            .collect();
        if values.iter().any(|value| value.contains('\0')) {
            Err(wrong_value(name))
        } else {
            Ok(values)
        }
    }

    /// All identifiers of a parameter that may be repeated.
    ///
    /// # Errors
    /// 400 for what is no identifier.
    pub fn ids(&self, name: &str) -> Result<Vec<Uuid>, Failure> {
        let values = self.0.iter().filter(|(found, _)| found == name);
        values
            .map(|(_, value)| {
                parse_id(value).ok_or_else(|| Failure::parameter(format!("Invalid UUID format for {name}: {value}")))
            })
            .collect()
    }

    /// A value that must be there.
    ///
    /// # Errors
    /// 400 when it is not.
    pub fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, Failure> {
        value.ok_or_else(|| Failure::parameter(format!("Missing required parameter: {name}")))
    }
}

fn wrong_value(name: &str) -> Failure {
    Failure::parameter(format!("Wrong value for parameter {name}."))
}

fn wrong_date(name: &str) -> Failure {
    Failure::parameter(format!(
        "Wrong date format for {name} argument.Expected format: 2020-01-05T13:23:10 or 2020-01-05"
    ))
}

/// An identifier in its hyphenated form, in any letter case; nothing else.
#[must_use]
pub fn parse_id(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}

/// `2026-03-01T10:00:00`, with or without a fraction, or a day. Leap seconds are none: databases would move them.
#[must_use]
pub fn parse_moment(text: &str) -> Option<NaiveDateTime> {
    let moment = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok();
    let moment = moment.filter(|moment| is_writable(moment.date()) && moment.nanosecond() < 1_000_000_000);
    moment.or_else(|| parse_day(text).and_then(|day| day.and_hms_opt(0, 0, 0)))
}

/// `2026-03-01`; the zeros in front of month and day may be left out.
#[must_use]
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    text.parse().ok().filter(|day| is_writable(*day))
}

/// True if the year has the four digits in which days are written and compared.
fn is_writable(day: NaiveDate) -> bool {
    (1..=9999).contains(&day.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_repeated_parameters_counts() {
        let query = Query::parse("a=1&b=2&a=3");
        assert_eq!(query.get("a"), Some("1"));
        assert_eq!(query.pairs().collect::<Vec<_>>(), [("a", "1"), ("b", "2")]);
    }

    #[test]
    fn many_names_are_no_work() {
        let text: String = (0..80_000).map(|number| format!("n{number}=&")).collect();
        assert_eq!(Query::parse(&text).pairs().count(), 80_000);
        assert!(Query::of_form(text.as_bytes(), 79_999).is_none());
        assert!(Query::of_form(text.as_bytes(), 80_000).is_some());
    }

    #[test]
    fn only_true_is_yes_and_nonsense_is_refused() {
        let query = Query::parse("a=True&b=1&c=maybe&d=");
        assert_eq!(query.flag("a").ok(), Some(Some(true)));
        assert_eq!(query.flag("b").ok(), Some(Some(false)));
        assert!(query.flag("c").is_err());
        assert_eq!(query.flag("d").ok(), Some(Some(false)));
    }

    #[test]
    fn an_identifier_is_whole_and_hyphenated() {
        let id = "5B9D2A3E-6f0c-4a53-9a37-6f1a1e0c8d11";
        assert_eq!(parse_id(id).map(|id| id.to_string()), Some(id.to_lowercase()));
        assert_eq!(parse_id("5b9d2a3e6f0c4a539a376f1a1e0c8d11"), None);
        assert_eq!(parse_id(&format!("{id}x")), None);
    }

    #[test]
    fn a_moment_may_be_a_day() {
        assert_eq!(
            parse_moment("2026-03-01").map(|m| m.to_string()),
            Some("2026-03-01 00:00:00".into())
        );
        assert_eq!(
            parse_moment("2026-03-01T10:11:12.5").map(|m| m.to_string()),
            Some("2026-03-01 10:11:12.500".into())
        );
        assert_eq!(parse_moment("tomorrow"), None);
    }

    #[test]
    fn days_have_years_of_four_digits() {
        assert_eq!(
            parse_day("2024-2-29").map(|day| day.to_string()),
            Some("2024-02-29".into())
        );
        for text in [
            "0000-01-01",
            "+10000-01-01",
            "-0001-01-01",
            "2026-02-29",
            "2026-03",
            "2026-03-01x",
            "",
        ] {
            assert_eq!(parse_day(text), None, "{text}");
        }
        for text in [
            "0000-01-01T00:00:00",
            "+10000-01-01T00:00:00",
            "2026-03-01T23:59:60",
            "2026-03-01T24:00:00",
        ] {
            assert_eq!(parse_moment(text), None, "{text}");
        }
    }
}

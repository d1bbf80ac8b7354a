//! The fields of a record, and what they mean of what is here.

use serde_json::Value;
use uuid::Uuid;

use super::Record;
use super::lookups::KnownRows;

/// Origin of the value of a column.
pub(super) enum ValueOrigin {
    /// A field of the record; parts of its path are told apart by dots.
    Field(&'static str),
    /// The id that a lookup gives.
    Found(&'static str),
    /// The same word for all.
    Always(&'static str),
    /// Value that follows from the record.
    Derived(fn(&RecordReading<'_>) -> Value),
}

impl ValueOrigin {
    /// The value for a record.
    pub(super) fn value(&self, reading: &RecordReading<'_>) -> Value {
        match self {
            Self::Field(path) => reading.at(path).cloned().unwrap_or_default(),
            Self::Found(lookup) => reading.found(lookup).map_or(Value::Null, |id| id.to_string().into()),
            Self::Always(word) => (*word).into(),
            Self::Derived(derive) => derive(reading),
        }
    }

    /// The field that the value is in, where it is in one.
    pub(super) fn field(&self) -> Option<&'static str> {
        if let Self::Field(path) = self {
            Some(*path)
        } else {
            None
        }
    }
}

/// A record, with what its fields mean.
#[derive(Clone, Copy)]
pub(super) struct RecordReading<'a> {
    pub(super) record: &'a Record,
    pub(super) known: &'a KnownRows,
}

impl RecordReading<'_> {
    /// A field that says something.
    pub(super) fn field(&self, name: &str) -> Option<&Value> {
        self.record.get(name).filter(|value| !value.is_null())
    }

    /// A field within others, by the names of all with dots between them.
    pub(super) fn at(&self, path: &str) -> Option<&Value> {
        at(self.record, path)
    }

    /// A text within fields.
    pub(super) fn text(&self, path: &str) -> &str {
        self.at(path).and_then(Value::as_str).unwrap_or_default()
    }

    /// The first id that a lookup gives for the record.
    pub(super) fn found(&self, lookup: &str) -> Option<Uuid> {
        self.known.find(lookup, self.record).next()
    }

    /// All ids that a lookup gives for the record.
    pub(super) fn found_all(&self, lookup: &str) -> Vec<Uuid> {
        self.known.find(lookup, self.record).collect()
    }

    /// Number of records that the record names.
    pub(super) fn asked(&self, lookup: &str) -> usize {
        self.known.asked(lookup, self.record)
    }

    /// The fields that ShotGrid lets studios add, and its own of that form, without those of a list and those that say nothing.
    pub(super) fn own_fields(&self, without: &[&str]) -> Record {
        let own = |name: &str, value: &Value| name.starts_with("sg_") && !without.contains(&name) && !value.is_null();
        self.record
            .iter()
            .filter(|(name, value)| own(name, value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

/// A field of a record within others.
pub(super) fn at<'a>(record: &'a Record, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.');
    let first = record.get(parts.next()?)?;
    parts
        .try_fold(first, |value, part| value.get(part))
        .filter(|value| !value.is_null())
}

/// A colour such as `#1dd72e` from one such as `29,215,46`. What is none becomes what no column takes.
pub(super) fn colour(text: &str) -> Value {
    let parts: Vec<u8> = text.split(',').filter_map(|part| part.trim().parse().ok()).collect();
    match (parts.as_slice(), text.split(',').count()) {
        ([red, green, blue], 3) => format!("#{red:02x}{green:02x}{blue:02x}").into(),
        _ => Value::Bool(false),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_found_within_others() {
        let record = json!({"project": {"id": 7, "name": null}, "code": "E01"});
        let record = record.as_object().expect("an object");
        assert_eq!(at(record, "project.id"), Some(&json!(7)));
        assert_eq!(at(record, "code"), Some(&json!("E01")));
        assert_eq!(
            [at(record, "project.name"), at(record, "code.id"), at(record, "step.id")],
            [None; 3]
        );
    }

    #[test]
    fn colours_are_written_as_here() {
        assert_eq!(colour("29,215,46"), "#1dd72e");
        assert_eq!(colour("0, 0, 0"), "#000000");
        for text in ["", "red", "1,2", "1,2,300", "1,x,2,3"] {
            assert_eq!(colour(text), false, "{text}");
        }
    }
}

//! The metadata of entities, tasks and productions, and how what somebody may not see is left out of it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Reach;
use super::metadata::{self, Hidden, OF_PRODUCTIONS, OF_TASKS};
use crate::database::write_text;
use crate::vocabulary::kinds::EntityKind;

/// Hidden metadata of entities of any kind, of tasks and of productions, in any of the productions in which a caller is a vendor
/// or a client.
#[derive(Clone, Debug)]
pub struct DataMask {
    /// Names of fields, by production and kind.
    hidden: HashMap<(Uuid, String), Vec<String>>,
}

impl DataMask {
    /// Metadata that is hidden from a caller, who may see everything everywhere.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn of(connection: &impl ConnectionTrait, caller: &Caller) -> Result<Option<Self>, DbErr> {
        Ok(Self::new(metadata::hidden_in_teams(connection, &caller.person).await?))
    }

    /// Metadata that is hidden in the productions of a reach.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn of_reach(connection: &impl ConnectionTrait, reach: &Reach) -> Result<Option<Self>, DbErr> {
        Ok(Self::new(metadata::hidden(connection, reach, None).await?))
    }

    /// Metadata that is hidden by the word of a [`metadata::hidden_column`].
    ///
    /// # Errors
    /// The row has no such column.
    pub fn read(row: &QueryResult) -> Result<Option<Self>, Failure> {
        Ok(Self::new(metadata::read_hidden(row)?))
    }

    fn new(columns: Vec<Hidden>) -> Option<Self> {
        let mut hidden = HashMap::<_, Vec<String>>::new();
        for column in columns {
            hidden
                .entry((column.project_id, column.kind))
                .or_default()
                .push(column.field);
        }
        (!hidden.is_empty()).then_some(Self { hidden })
    }

    /// Leaves out what is hidden in the `data` of a record, whose JSON object begins at a place of `out`. Of one that does not
    /// tell its production or kind, everything goes that is hidden anywhere.
    pub fn apply(&self, out: &mut Vec<u8>, start: usize) {
        // Answers to writes call every kind an entity.
        self.leave_out(out, start, "data", |record| {
            record.text("type").filter(|kind| kind != "Entity")
        });
    }

    /// As [`DataMask::apply`], for an entity of a known kind whatever it calls itself.
    pub fn apply_as(&self, out: &mut Vec<u8>, start: usize, kind: EntityKind) {
        self.leave_out(out, start, "data", |_| Some(kind.type_name().to_owned()));
    }

    /// As [`DataMask::apply`], for a production.
    pub fn apply_to_production(&self, out: &mut Vec<u8>, start: usize) {
        self.leave_out(out, start, "data", |_| Some(OF_PRODUCTIONS.to_owned()));
    }

    /// Leaves out what is hidden in the `data` of a task and in the `entity_data` beside it. Its JSON object begins at a place
    /// of `out`.
    pub fn apply_to_task(&self, out: &mut Vec<u8>, start: usize) {
        self.leave_out(out, start, "data", |_| Some(OF_TASKS.to_owned()));
        let kind = |record: &Metadata| {
            Some(
                EntityKind::of_type(&record.text("entity_type_name")?)
                    .type_name()
                    .to_owned(),
            )
        };
        self.leave_out(out, start, "entity_data", kind);
    }

    fn leave_out(&self, out: &mut Vec<u8>, start: usize, key: &str, kind: impl Fn(&Metadata) -> Option<String>) {
        let object = out.split_off(start);
        let mut record = Metadata::read(&object);
        let kind = kind(&record);
        let key_of_project = if kind.as_deref() == Some(OF_PRODUCTIONS) {
            "id"
        } else {
            "project_id"
        };
        let project = record.text(key_of_project).and_then(|id| id.parse::<Uuid>().ok());
        let here = |(its_project, its_kind): &(Uuid, String)| {
            project.is_none_or(|id| id == *its_project) && kind.as_ref().is_none_or(|kind| kind == its_kind)
        };
        let hidden: Vec<&Vec<String>> = self
            .hidden
            .iter()
            .filter(|(place, _)| here(place))
            .map(|(_, fields)| fields)
            .collect();
        if record.get(key).is_none() || hidden.is_empty() {
            out.extend_from_slice(&object);
            return;
        }
        let data = record.get(key).unwrap_or_default().to_owned();
        let mut data = Metadata::read(data.as_bytes());
        hidden.into_iter().for_each(|fields| data.hide(fields));
        let mut masked = Vec::new();
        data.write(&mut masked);
        if let Ok(masked) = serde_json::from_slice::<&RawValue>(&masked) {
            record.set(key, masked);
        }
        record.write(out);
    }
}

/// A JSON object whose values stay text.
pub(crate) struct Metadata<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

#[derive(Deserialize)]
struct DataKey<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Metadata<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Metadata<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metadata<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some((DataKey(key), value)) = map.next_entry()? {
                    entries.push((key, value));
                }
                Ok(Metadata(entries))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

impl<'a> Metadata<'a> {
    /// Reads the text of a JSON column. What is no object has no fields.
    pub(crate) fn read(text: &'a [u8]) -> Self {
        serde_json::from_slice(text).unwrap_or(Self(Vec::new()))
    }

    /// Leaves fields out.
    pub(crate) fn hide(&mut self, fields: &[String]) {
        self.0.retain(|(key, _)| !fields.iter().any(|field| field == key));
    }

    /// The value of a field as JSON.
    pub(crate) fn get(&self, field: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(key, _)| key == field)
            .map(|(_, value)| value.get())
    }

    /// The value of a field that is text without anything to unescape, such as an identifier.
    pub(crate) fn text(&self, field: &str) -> Option<String> {
        self.get(field).map(|value| value.trim_matches('"').to_owned())
    }

    /// Gives a field that is there another value.
    fn set(&mut self, field: &str, value: &'a RawValue) {
        for (_, old) in self.0.iter_mut().filter(|(key, _)| key == field) {
            *old = value;
        }
    }

    /// Gives fields the values that are meant for them.
    pub(crate) fn replace(&mut self, value: impl Fn(&str) -> Option<&'static str>) {
        for (key, old) in &mut self.0 {
            if let Some(new) = value(key).and_then(|text| serde_json::from_str::<&'static RawValue>(text).ok()) {
                *old = new;
            }
        }
    }

    /// Writes the object.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        for (at, (key, value)) in self.0.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            write_text(out, key);
            out.push(b':');
            out.extend_from_slice(value.get().as_bytes());
        }
        out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str, fields: &[&str]) -> String {
        let mut metadata = Metadata::read(text.as_bytes());
        metadata.hide(&fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>());
        let mut out = Vec::new();
        metadata.write(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn hidden_fields_are_left_out_and_others_stay_as_they_are() {
        let text = r#"{"fps": 25, "grade": {"a": [1, 2.50]}, "a\"b": "é"}"#;
        assert_eq!(masked(text, &["grade"]), r#"{"fps":25,"a\"b":"é"}"#);
        assert_eq!(masked(text, &["fps", "a\"b"]), r#"{"grade":{"a": [1, 2.50]}}"#);
    }

    #[test]
    fn what_is_no_object_is_empty() {
        assert_eq!(masked("null", &[]), "{}");
        assert_eq!(masked("[1]", &[]), "{}");
    }

    #[test]
    fn records_lose_what_is_hidden_in_their_production_and_kind() {
        let (here, elsewhere) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let hidden = HashMap::from([((here, "Shot".to_owned()), vec!["grade".to_owned()])]);
        let mask = DataMask { hidden };
        let masked = |record: String| {
            let mut out = [b"[", record.as_bytes()].concat();
            mask.apply(&mut out, 1);
            String::from_utf8(out).expect("UTF-8")
        };
        let record =
            |id: Uuid, kind: &str, data: &str| format!(r#"{{"data":{data},"project_id":"{id}","type":"{kind}"}}"#);
        let (whole, part) = (r#"{"grade":1,"fps":25}"#, r#"{"fps":25}"#);
        assert_eq!(
            masked(record(here, "Shot", whole)),
            format!("[{}", record(here, "Shot", part))
        );
        assert_eq!(
            masked(record(here, "Asset", whole)),
            format!("[{}", record(here, "Asset", whole))
        );
        assert_eq!(
            masked(record(elsewhere, "Shot", whole)),
            format!("[{}", record(elsewhere, "Shot", whole))
        );
        assert_eq!(
            masked(record(here, "Shot", "null")),
            format!("[{}", record(here, "Shot", "{}"))
        );
        assert_eq!(
            masked(record(here, "Asset", "null")),
            format!("[{}", record(here, "Asset", "null"))
        );
        assert_eq!(
            masked(format!(r#"{{"data":{whole}}}"#)),
            format!(r#"[{{"data":{part}}}"#),
            "without its kind, what is hidden anywhere goes"
        );
        assert_eq!(masked(r#"{"name":"a"}"#.into()), r#"[{"name":"a"}"#);
    }

    #[test]
    fn tasks_and_productions_lose_what_is_hidden_of_theirs() {
        let here = Uuid::from_u128(1);
        let hidden = [(OF_TASKS, "grade"), (OF_PRODUCTIONS, "price")]
            .map(|(kind, field)| ((here, kind.to_owned()), vec![field.to_owned()]));
        let mask = DataMask {
            hidden: HashMap::from(hidden),
        };
        let rest = format!(r#""entity_data":{{"grade":3}},"entity_type_name":"Prop","project_id":"{here}""#);
        let mut task = format!(r#"{{"data":{{"grade":1,"price":2}},{rest}}}"#).into_bytes();
        mask.apply_to_task(&mut task, 0);
        assert_eq!(
            String::from_utf8(task).expect("UTF-8"),
            format!(r#"{{"data":{{"price":2}},{rest}}}"#)
        );
        let mut production = format!(r#"{{"id":"{here}","data":{{"grade":1,"price":2}}}}"#).into_bytes();
        mask.apply_to_production(&mut production, 0);
        assert_eq!(
            String::from_utf8(production).expect("UTF-8"),
            format!(r#"{{"id":"{here}","data":{{"grade":1}}}}"#)
        );
    }

    #[test]
    fn values_are_found_by_field() {
        let metadata = Metadata::read(br#"{"fps":"24","frame_in":1001}"#);
        assert_eq!(metadata.get("fps"), Some("\"24\""));
        assert_eq!(metadata.get("frame_in"), Some("1001"));
        assert_eq!(metadata.get("frame_out"), None);
    }
}

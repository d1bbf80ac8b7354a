//! The metadata of entities, and what vendors get to see of it: columns that belong to departments other than theirs
//! are left out.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use dailies_definitions::access::Person;
use sea_orm::DbErr;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::kinds::EntityKind;
use crate::database::{Database, Sql, write_text};

/// Names of the metadata fields that a person may not see, by production.
#[derive(Clone, Debug, Default)]
pub(crate) struct Masks(HashMap<Uuid, Vec<String>>);

impl Masks {
    /// What is hidden from a vendor in productions. Nobody else needs a mask.
    ///
    /// # Errors
    /// The database does not answer.
    pub(crate) async fn of_vendor(database: &Database, person: &Person, projects: &[Uuid], kind: EntityKind) -> Result<Self, DbErr> {
        let mut masks = HashMap::<Uuid, Vec<String>>::new();
        if projects.is_empty() {
            return Ok(Self(masks));
        }
        let mut sql = Sql::new("SELECT d.project_id, d.field_name FROM metadata_descriptor d WHERE d.entity_type = ");
        sql.bind(kind.type_name()).push(" AND d.project_id IN ").bind_list(projects.iter().copied());
        let links = "EXISTS (SELECT 1 FROM department_metadata_descriptor_link l WHERE l.metadata_descriptor_id = d.id";
        sql.push(&format!(" AND {links}) AND NOT {links} AND l.department_id IN ")).bind_list(person.departments.iter().copied()).push(")");
        for row in database.rows(&sql).await? {
            masks.entry(row.try_get_by_index(0)?).or_default().push(row.try_get_by_index(1)?);
        }
        Ok(Self(masks))
    }

    /// Whether nothing is hidden.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields that are hidden in a production.
    pub(crate) fn of(&self, project_id: Uuid) -> &[String] {
        self.0.get(&project_id).map_or(&[], Vec::as_slice)
    }
}

/// A JSON object whose values stay text.
pub(crate) struct Metadata<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

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
                while let Some((Key(key), value)) = map.next_entry()? {
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
        self.0.iter().find(|(key, _)| key == field).map(|(_, value)| value.get())
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
    fn values_are_found_by_field() {
        let metadata = Metadata::read(br#"{"fps":"24","frame_in":1001}"#);
        assert_eq!(metadata.get("fps"), Some("\"24\""));
        assert_eq!(metadata.get("frame_in"), Some("1001"));
        assert_eq!(metadata.get("frame_out"), None);
    }
}

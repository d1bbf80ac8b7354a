//! Reads JSON along its schema, so that memory is taken for what the schema names, and for no more of it than the
//! operation allows: what no field stands for is passed over, and a list in the place of a text leaves nothing but that
//! it was a list.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::validate::resolve;

/// Bytes of a body's limit that stand for one value of it.
const BYTES_PER_VALUE: usize = 8;
/// Values that any body may hold.
const LEAST_VALUES: usize = 1000;
/// Weight of a list, and of an object, among values: they take as much more memory.
const LIST: usize = 2;
const OBJECT: usize = 4;

/// Reason for which a text gives no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is not JSON.
    NotJson,
    /// It holds more values than a body of this limit may.
    TooMany,
}

/// The JSON of a body that may have `limit` bytes.
pub(crate) fn read(text: &[u8], schema: &Value, limit: usize) -> Result<Value, Unreadable> {
    let left = Cell::new(Some(limit / BYTES_PER_VALUE + LEAST_VALUES));
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Part {
        schema: resolve(schema),
        left: &left,
    }
    .deserialize(&mut deserializer);
    let value = value.and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|_| {
        if left.get().is_none() {
            Unreadable::TooMany
        } else {
            Unreadable::NotJson
        }
    })
}

/// A value on its way in, with its schema and what the body may still hold.
#[derive(Clone, Copy)]
struct Part<'a> {
    schema: &'a Value,
    /// None once it was too much.
    left: &'a Cell<Option<usize>>,
}

impl<'a> Part<'a> {
    fn of(self, schema: &'a Value) -> Self {
        let schema = resolve(schema);
        // A list that may come as its only item has two shapes, of which the list is the first.
        let schema = schema["oneOf"]
            .get(0)
            .filter(|list| list["x-single"] == true)
            .unwrap_or(schema);
        Self {
            schema,
            left: self.left,
        }
    }

    /// True when the schema has a place for values of this type.
    fn admits(self, kind: &str) -> bool {
        self.schema["type"].as_str().is_none_or(|wanted| wanted == kind)
    }

    /// The schema of a field; none for one that the schema passes over.
    fn field(self, name: &str) -> Option<Self> {
        let (known, more) = (&self.schema["properties"], &self.schema["additionalProperties"]);
        match known.get(name) {
            Some(schema) => Some(self.of(schema)),
            None if more.is_object() => Some(self.of(more)),
            None if known.is_null() || *more == true => Some(self.of(&Value::Null)),
            None => None,
        }
    }

    fn count<E: Error>(self, weight: usize) -> Result<(), E> {
        self.left.set(self.left.get().and_then(|left| left.checked_sub(weight)));
        self.left.get().map(|_| ()).ok_or_else(|| E::custom("too many values"))
    }

    fn simple<E: Error>(self, value: impl Into<Value>) -> Result<Value, E> {
        self.count(1)?;
        Ok(value.into())
    }
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.simple(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.simple(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.simple(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.simple(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.simple(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.simple(value)
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        self.simple(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        self.count(LIST)?;
        let mut items = Vec::new();
        if self.admits("array") {
            let part = self.of(&self.schema["items"]);
            while let Some(item) = list.next_element_seed(part)? {
                items.push(item);
            }
        } else {
            while list.next_element::<IgnoredAny>()?.is_some() {}
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        self.count(OBJECT)?;
        let mut fields = Map::new();
        let admitted = self.admits("object");
        while let Some(name) = map.next_key::<String>()? {
            match self.field(&name).filter(|_| admitted) {
                Some(part) => {
                    let value = map.next_value_seed(part)?;
                    fields.insert(name, value);
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(fields.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn taken(text: &str, schema: &Value) -> Result<Value, Unreadable> {
        read(text.as_bytes(), schema, 0)
    }

    #[test]
    fn what_has_no_place_is_passed_over() {
        let schema = json!({"type": "object", "properties": {
            "name": {"type": "string"}, "sizes": {"type": "array", "items": {"type": "integer"}}, "data": {"type": "object"}, "any": {},
        }});
        let text = r#"{"name": [[1], {"a": 2}], "sizes": [1, {"b": [3]}, 2.5], "data": {"a": [true, null]}, "any": [{"c": "d"}], "more": [1, 2]}"#;
        let expected = json!({"name": [], "sizes": [1, {}, 2.5], "data": {"a": [true, null]}, "any": [{"c": "d"}]});
        assert_eq!(taken(text, &schema), Ok(expected));
        let loose = json!({"type": "object", "properties": {}, "additionalProperties": {"type": "string"}});
        assert_eq!(
            taken(r#"{"a": {"b": 1}, "c": "d"}"#, &loose),
            Ok(json!({"a": {}, "c": "d"}))
        );
        assert_eq!(taken(r#"[1]"#, &json!({"type": "object"})), Ok(json!([])));
    }

    #[test]
    fn broken_json_is_told_from_too_much_of_it() {
        for text in ["", "{", "[1] 2", "nothing", &"[".repeat(500)] {
            assert_eq!(taken(text, &json!({})), Err(Unreadable::NotJson), "{text}");
        }
        let lists = |count: usize| format!("[{}1]", "[],".repeat(count));
        assert!(taken(&lists((LEAST_VALUES - LIST - 1) / LIST), &json!({})).is_ok());
        assert_eq!(taken(&lists(LEAST_VALUES), &json!({})), Err(Unreadable::TooMany));
        assert_eq!(
            taken(&lists(LEAST_VALUES * 9), &json!({"type": "string"})),
            Ok(json!([])),
            "what is not kept is not counted"
        );
        assert!(read(lists(LEAST_VALUES).as_bytes(), &json!({}), 16_000).is_ok());
    }
}

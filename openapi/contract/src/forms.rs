//! Forms of values that the document states otherwise than the files do: moments without a zone, ids that may come empty,
//! and lists that may come as their only item.

use serde_json::{Map, Value, json};

/// States the forms of all values in the document.
pub(crate) fn settle(document: &mut Value) {
    local_moments(document);
    empty_ids(document);
    singles(document);
}

/// A moment of this API; only the 29th of February is not looked up in the calendar.
const LOCAL_MOMENT: &str = concat!(
    r"^[1-9]\d{3}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|[12]\d))",
    r"T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?$"
);

/// Moments of this API have no zone, which `date-time` demands. The files say `date-time` all the same, since that is
/// what everybody writes; here it becomes the format without one of OpenAPI's registry, with the pattern that holds.
fn local_moments(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("format") == Some(&json!("date-time")) && map.get("type") == Some(&json!("string")) {
                map.insert("format".into(), json!("date-time-local"));
                let pattern = if map.get("x-empty") == Some(&json!(true)) {
                    format!("^$|{LOCAL_MOMENT}")
                } else {
                    LOCAL_MOMENT.to_owned()
                };
                map.insert("pattern".into(), pattern.into());
            }
            map.values_mut().for_each(local_moments);
        }
        Value::Array(list) => list.iter_mut().for_each(local_moments),
        _ => {}
    }
}

/// Form of an id that may be left empty.
const ID_OR_NOTHING: &str = "^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$";

/// An id that `x-empty` marks may come as an empty text, which is no `uuid`: tools that know the format would refuse it.
/// The document says its form by a pattern; those who read bodies know it by the mark.
fn empty_ids(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("x-empty") == Some(&json!(true)) && map.get("format") == Some(&json!("uuid")) {
                map.shift_remove("format");
                map.insert("pattern".into(), ID_OR_NOTHING.into());
            }
            map.values_mut().for_each(empty_ids);
        }
        Value::Array(list) => list.iter_mut().for_each(empty_ids),
        _ => {}
    }
}

/// A list that `x-single` marks may come as its only item: a second shape, which the document says.
fn singles(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(singles);
            if map.get("x-single") == Some(&json!(true)) {
                let shared = ["description", "default", "example"]
                    .into_iter()
                    .filter_map(|key| Some((key.to_owned(), map.shift_remove(key)?)));
                let mut either: Map<String, Value> = shared.collect();
                let item = map.get("items").cloned();
                either.insert("oneOf".into(), json!([std::mem::take(map), item]));
                *map = either;
            }
        }
        Value::Array(list) => list.iter_mut().for_each(singles),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_list_of_one_has_two_shapes() {
        let mut schema =
            json!({"type": "array", "x-single": true, "description": "Words.", "items": {"type": "string"}});
        singles(&mut schema);
        let list = json!({"type": "array", "x-single": true, "items": {"type": "string"}});
        assert_eq!(
            schema,
            json!({"description": "Words.", "oneOf": [list, {"type": "string"}]})
        );
    }

    #[test]
    fn an_id_that_may_be_empty_is_a_pattern() {
        let id = json!({"type": "string", "format": "uuid"});
        let mut schema = json!({"id": id, "other_id": {"type": "string", "format": "uuid", "x-empty": true}});
        empty_ids(&mut schema);
        let other = json!({"type": "string", "x-empty": true, "pattern": ID_OR_NOTHING});
        assert_eq!(schema, json!({"id": id, "other_id": other}));
    }
}

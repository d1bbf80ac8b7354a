//! Means to check bodies: the schemas that they refer to, without the prose.

use serde_json::{Map, Value};

use crate::Contract;

/// The schemas that bodies refer to, themselves or through each other, by their names.
#[must_use]
pub fn schemas(contract: &Contract) -> Value {
    let mut found = Map::new();
    for (_, schema) in contract
        .operations
        .iter()
        .filter_map(|operation| operation.body.as_ref())
        .flat_map(|body| &body.content)
    {
        collect(&contract.document["components"]["schemas"], schema, &mut found);
    }
    found.into()
}

fn collect(schemas: &Value, part: &Value, found: &mut Map<String, Value>) {
    match part {
        Value::Object(map) => {
            if let Some(name) = map
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|reference| reference.rsplit('/').next())
                && !found.contains_key(name)
            {
                found.insert(name.to_owned(), without_prose(&schemas[name], false));
                collect(schemas, &schemas[name], found);
            }
            map.values().for_each(|part| collect(schemas, part, found));
        }
        Value::Array(list) => list.iter().for_each(|part| collect(schemas, part, found)),
        _ => {}
    }
}

/// Fields may be called like keys of schemas: `named` says that the keys of a map are names of fields.
fn without_prose(part: &Value, named: bool) -> Value {
    match part {
        Value::Object(map) => {
            let kept = map
                .iter()
                .filter(|(key, _)| named || !matches!(key.as_str(), "description" | "example" | "title"));
            kept.map(|(key, part)| (key.clone(), without_prose(part, !named && key == "properties")))
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(list) => list.iter().map(|part| without_prose(part, false)).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_are_followed_and_lose_their_prose() {
        let schemas = json!({
            "Part": {"type": "object", "description": "A part.", "properties": {"description": {"type": "string", "description": "Words."}, "of": {"$ref": "#/components/schemas/Whole"}}},
            "Whole": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}, "example": []},
            "Other": {"type": "string"},
        });
        let mut found = Map::new();
        collect(&schemas, &json!({"$ref": "#/components/schemas/Whole"}), &mut found);
        assert_eq!(
            Value::Object(found),
            json!({
                "Whole": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
                "Part": {"type": "object", "properties": {"description": {"type": "string"}, "of": {"$ref": "#/components/schemas/Whole"}}},
            })
        );
    }
}

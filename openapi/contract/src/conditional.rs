//! Answers that a client may have already: `x-conditional` marks the operations, and says whose rows they show.

use serde_json::{Map, Value, json};

/// Owners of the rows that a conditional answer shows, besides those that every production shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conditional {
    /// Those of the production that the access rule found, or that the path or the query names; without one, those of all.
    Production,
    /// Those of all productions.
    Everything,
}

impl Conditional {
    /// Value of `x-conditional`.
    pub(crate) fn read(value: &Value) -> Result<Option<Self>, String> {
        match value.as_str() {
            Some("production") => Ok(Some(Self::Production)),
            Some("everything") => Ok(Some(Self::Everything)),
            Some(other) => Err(format!("'{other}' is no value of x-conditional")),
            None => Ok(None),
        }
    }
}

/// Adds the header of the request, those of the answer, and the answer without content.
pub(crate) fn add(operation: &mut Map<String, Value>) {
    if !operation.contains_key("x-conditional") {
        return;
    }
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    if let Some(parameters) = parameters.as_array_mut() {
        parameters.push(json!({
            "name": "If-None-Match", "in": "header",
            "description": "The `ETag` of an answer that the client has. When it is still good, 304 says so.",
            "schema": {"type": "string"},
        }));
    }
    let header = |description: &str| json!({"description": description, "schema": {"type": "string"}});
    if let Some(answer) = operation
        .get_mut("responses")
        .and_then(|responses| responses.get_mut("200"))
    {
        answer["headers"] = json!({
            "ETag": header("Tag of this answer, for `If-None-Match` of the next call. It changes with anything that the answer shows. Some answers have none."),
            "Cache-Control": header("Says that the client may keep the answer, as long as it asks each time whether it is still good."),
        });
    }
    operation["responses"]["304"] =
        json!({"description": "Nothing has changed since the answer whose tag is in `If-None-Match`."});
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditional_answers_are_described() {
        let operation = json!({"x-conditional": "production", "responses": {"200": {"description": "Rows."}}});
        let mut operation = operation.as_object().expect("an operation").clone();
        add(&mut operation);
        assert_eq!(operation["parameters"][0]["name"], "If-None-Match");
        assert!(
            operation["responses"]["304"].is_object() && operation["responses"]["200"]["headers"]["ETag"].is_object()
        );
        assert_eq!(
            Conditional::read(&operation["x-conditional"]),
            Ok(Some(Conditional::Production))
        );
        assert!(Conditional::read(&json!("always")).is_err());
    }
}

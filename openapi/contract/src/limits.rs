//! Limits of operations: the size of the body, the number of records that a page may have, and the duties of a call with
//! the cookie.

use serde_json::{Map, Value, json};

use crate::access::AccessRule;

/// Most bytes of a body that anybody may send, signed in or not.
pub const PUBLIC_BODY: u64 = 64_000;
/// Most bytes of any other body, unless the operation says `x-body-limit`.
pub const BODY: u64 = 1_000_000;
/// Most bytes that an operation may say.
const MOST_BODY: u64 = 16_000_000;
/// Most bytes of a form with files that comes from somebody who is not signed in, but holds a link.
pub const GUEST_FILES: u64 = 250_000_000;
/// Most records of one answer that is cut into pages.
pub const RECORDS: u64 = 10_000;

const FILES: &str = "The fields of a form may have that much together, and the files that come with them as much as the server \
                     is set to take: 10 GB unless it says otherwise.";
const FILES_OF_GUESTS: &str = "With the files that come with it, the form may have up to";
const CHANGES: &str = "Because it changes something, a call with the cookie has to come from a page of this server or of an allowed origin.";

/// Adds what an operation has to say about its limits.
pub(crate) fn add(operation: &mut Map<String, Value>, rule: &AccessRule, id: &str, problems: &mut Vec<String>) {
    if let Err(problem) = limit_body(operation, rule) {
        problems.push(format!("{id}: {problem}"));
    }
    if let Err(problem) = limit_pages(operation) {
        problems.push(format!("{id}: {problem}"));
    }
    if operation.get("x-changes") == Some(&json!(true)) {
        let description = operation
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .trim();
        operation.insert("description".into(), format!("{description}\n\n{CHANGES}").into());
    }
}

/// Says in numbers and in words how large the body may be.
fn limit_body(operation: &mut Map<String, Value>, rule: &AccessRule) -> Result<(), String> {
    let own = operation.get("x-body-limit").cloned();
    let open_to_all = matches!(rule.proof.as_deref(), None | Some("Refresher"));
    let Some(body) = operation.get_mut("requestBody").and_then(Value::as_object_mut) else {
        return own.map_or(Ok(()), |_| Err("x-body-limit of an operation without a body".into()));
    };
    let brings_files = body
        .get("content")
        .is_some_and(|content| content.get("multipart/form-data").is_some());
    if open_to_all && (brings_files || own.is_some()) {
        return Err("who is not signed in sends no files and no large bodies".into());
    }
    let limit = match own {
        Some(limit) => limit
            .as_u64()
            .filter(|limit| (BODY + 1..=MOST_BODY).contains(limit))
            .ok_or("x-body-limit is to be from 1 MB to 16 MB")?,
        None if open_to_all => PUBLIC_BODY,
        None => BODY,
    };
    let description = body
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .trim();
    let mut text = format!("{description} The body may have up to {}.", size(limit))
        .trim()
        .to_owned();
    if brings_files && rule.open {
        text = format!("{text} {FILES_OF_GUESTS} {}.", size(GUEST_FILES));
    } else if brings_files {
        text = format!("{text} {FILES}");
    }
    body.insert("description".into(), text.into());
    operation.insert("x-body-limit".into(), limit.into());
    Ok(())
}

/// Gives every `limit` in a query its maximum. `x-cut` marks those that may ask for more than they get.
fn limit_pages(operation: &mut Map<String, Value>) -> Result<(), String> {
    for parameter in operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if parameter["name"] != "limit" || parameter["in"] != "query" || parameter.get("x-cut").is_some() {
            continue;
        }
        if parameter["schema"].get("maximum").is_some() {
            return Err("the maximum of limit is the same everywhere, and is not to be written".into());
        }
        parameter["schema"]["maximum"] = RECORDS.into();
        let description = parameter["description"].as_str().unwrap_or_default().trim();
        parameter["description"] = format!("{description} More than {RECORDS} are refused.").into();
    }
    Ok(())
}

/// A number of bytes as people write it.
fn size(bytes: u64) -> String {
    if bytes.is_multiple_of(1_000_000) {
        format!("{} MB", bytes / 1_000_000)
    } else {
        format!("{} kB", bytes / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(operation: &Value, proof: Option<&str>) -> Result<Value, Vec<String>> {
        let rule = AccessRule {
            name: "rule".into(),
            who: "Some.".into(),
            proof: proof.map(str::to_owned),
            refuses: false,
            finds: false,
            open: proof.is_none(),
            guessed: false,
        };
        let mut operation = operation.as_object().expect("an operation").clone();
        let mut problems = Vec::new();
        add(&mut operation, &rule, "call", &mut problems);
        if problems.is_empty() {
            Ok(operation.into())
        } else {
            Err(problems)
        }
    }

    #[test]
    fn bodies_say_how_large_they_may_be() {
        let json = json!({"requestBody": {"description": "Words.", "content": {"application/json": {}}}});
        let open = limited(&json, None).expect("no problem");
        assert_eq!(
            (&open["x-body-limit"], &open["requestBody"]["description"]),
            (&json!(64_000), &json!("Words. The body may have up to 64 kB."))
        );
        assert_eq!(
            limited(&json, Some("Caller")).expect("no problem")["x-body-limit"],
            1_000_000
        );
        let mut large = json.clone();
        large["x-body-limit"] = 4_000_000.into();
        let told = limited(&large, Some("Caller")).expect("no problem");
        assert_eq!(
            told["requestBody"]["description"],
            "Words. The body may have up to 4 MB."
        );
        assert_eq!(
            limited(&large, None),
            Err(vec![
                "call: who is not signed in sends no files and no large bodies".into()
            ])
        );
        large["x-body-limit"] = 1.into();
        assert_eq!(
            limited(&large, Some("Caller")),
            Err(vec!["call: x-body-limit is to be from 1 MB to 16 MB".into()])
        );
        let form = json!({"requestBody": {"content": {"multipart/form-data": {}}}});
        assert!(limited(&form, Some("Refresher")).is_err());
        assert!(limited(&form, Some("Admin")).is_ok());
        assert!(limited(&json!({"x-body-limit": 2_000_000}), Some("Admin")).is_err());
    }

    #[test]
    fn pages_have_one_maximum() {
        let limit = |more: Value| json!({"parameters": [{"name": "limit", "in": "query", "description": "Most.", "schema": more}]});
        let told = limited(&limit(json!({"type": "integer"})), None).expect("no problem");
        assert_eq!(
            (
                &told["parameters"][0]["schema"]["maximum"],
                &told["parameters"][0]["description"]
            ),
            (&json!(10_000), &json!("Most. More than 10000 are refused."))
        );
        assert!(limited(&limit(json!({"maximum": 1_000_000})), None).is_err());
        let mut cut = limit(json!({"type": "integer"}));
        cut["parameters"][0]["x-cut"] = true.into();
        assert_eq!(limited(&cut, None), Ok(cut));
    }
}

//! Bodies against small schemas.

use serde_json::json;

use super::*;

fn messages(mut value: Value, schema: &Value) -> Vec<String> {
    validate(&mut value, schema)
        .into_iter()
        .map(|problem| format!("{}: {}", problem.field, problem.message))
        .collect()
}

#[test]
fn every_wrong_field_is_named() {
    let schema = json!({"type": "object", "required": ["name", "size"], "properties": {
        "name": {"type": "string", "minLength": 1}, "size": {"type": "integer", "minimum": 0},
        "parts": {"type": "array", "items": {"type": "string", "format": "uuid"}},
    }});
    assert_eq!(
        messages(json!({"name": "", "parts": ["x"]}), &schema),
        [
            "name: String should have at least 1 character",
            "size: Field required",
            "parts.0: Input should be a valid UUID, 36 characters with hyphens",
        ]
    );
    assert_eq!(
        messages(json!([]), &schema),
        [": Input should be a valid dictionary or object"]
    );
    let list = json!({"type": "array", "minItems": 1, "maxItems": 2, "items": {}});
    assert_eq!(
        messages(json!([]), &list),
        [": List should have at least 1 item after validation, not 0"]
    );
    assert_eq!(
        messages(json!([1, 2, 3]), &list),
        [": List should have at most 2 items after validation, not 3"]
    );
}

#[test]
fn names_hold_more_than_blanks() {
    let name = json!({"type": "string", "minLength": 1, "pattern": r"\S", "nullable": true});
    let schema = json!({"type": "object", "properties": {"name": name}});
    assert!(
        messages(json!({"name": " a "}), &schema).is_empty() && messages(json!({"name": null}), &schema).is_empty()
    );
    for name in [" ", "\t\n", "\u{a0}"] {
        assert_eq!(
            messages(json!({"name": name}), &schema),
            ["name: String should hold more than blanks"]
        );
    }
}

#[test]
fn fields_of_any_name_have_their_schema() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "array", "items": {"type": "integer"}}});
    assert!(messages(json!({"a": "", "b": [1], "c": ["2"]}), &schema).is_empty());
    assert_eq!(
        messages(json!({"b": {}, "c": [1.5]}), &schema),
        [
            "b: Input should be a valid list",
            "c.0: Input should be a valid integer"
        ]
    );
}

#[test]
fn what_forms_send_becomes_typed() {
    let schema = json!({"type": "object", "properties": {
        "size": {"type": "integer"}, "done": {"type": "boolean"}, "when": {"type": "string", "format": "date-time-local"}, "kind": {"type": "string", "default": "a"},
    }});
    let mut value = json!({"size": "12", "done": "yes", "when": "2026-03-01T10:00:00+02:00"});
    assert!(validate(&mut value, &schema).is_empty());
    assert_eq!(
        value,
        json!({"size": 12, "done": true, "when": "2026-03-01T10:00:00", "kind": "a"})
    );
}

#[test]
fn one_value_may_stand_for_a_list_of_one() {
    let items = json!({"type": "string", "enum": ["a", "b"]});
    let list = json!({"type": "array", "x-single": true, "items": items});
    let schema = json!({"type": "object", "properties": {"words": {"oneOf": [list, items]}}});
    let mut value = json!({"words": "a"});
    assert!(validate(&mut value, &schema).is_empty());
    assert_eq!(value, json!({"words": ["a"]}));
    assert_eq!(
        messages(json!({"words": "c"}), &schema),
        ["words.0: Input should be 'a', 'b'"]
    );
}

#[test]
fn no_text_holds_what_databases_refuse() {
    let schema = json!({"type": "object", "properties": {"note": {"type": "string"}}});
    let message = |field: &str| [format!("{field}: Input should be without NUL characters")];
    assert_eq!(messages(json!({"note": "a\u{0}"}), &schema), message("note"));
    assert_eq!(
        messages(json!({"data": {"list": ["a", {"key": "\u{0}"}]}}), &schema),
        message("data.list.1.key")
    );
    assert_eq!(messages(json!({"data": {"\u{0}": 1}}), &schema), message("data"));
}

#[test]
fn documents_of_records_are_looked_into() {
    let schema = json!({"properties": {
        "words": {"type": "array", "nullable": true, "items": {"type": "string"}},
        "data": {"type": "object", "nullable": true, "additionalProperties": true},
        "team": {"type": "array", "items": {"type": "string", "format": "uuid"}},
    }});
    let wrong = |record: &Value| misshapen(record.as_object().expect("a record"), &schema).map(str::to_owned);
    let holds = |record: Value| wrong(&record).is_none();
    assert!(holds(json!({"words": ["a"], "team": [{"id": 1}], "other": 1})) && holds(json!({"words": null})));
    assert!(holds(json!({"data": {"a": [1]}})) && holds(json!({"data": null})));
    for record in [json!({"words": [null]}), json!({"words": 1})] {
        assert_eq!(wrong(&record).as_deref(), Some("words"), "{record}");
    }
    for record in [json!({"data": []}), json!({"data": 0}), json!({"data": "{}"})] {
        assert_eq!(wrong(&record).as_deref(), Some("data"), "{record}");
    }
}

#[test]
fn numbers_of_records_keep_within_their_bounds() {
    let either = json!({"oneOf": [{"type": "string"}, {"type": "number", "minimum": 0}]});
    let rank =
        json!({"type": "integer", "minimum": 1, "maximum": 5, "nullable": true, "x-malformed": "a rank is 1 to 5."});
    let schema = json!({"type": "object", "properties": {"size": {"type": "number", "minimum": 0}, "rank": rank, "rate": either}});
    let wrong = |record: Value| {
        let found = out_of_bounds(record.as_object().expect("a record"), &schema);
        found.map(|(field, problem)| format!("{field}: {problem}"))
    };
    for record in [
        json!({"size": 0, "rank": 5}),
        json!({"rank": null}),
        json!({"size": "soon"}),
        json!({"rate": "2"}),
        json!({"other": -1}),
    ] {
        assert_eq!(wrong(record), None);
    }
    let least = Some("size: Input should be greater than or equal to 0".to_owned());
    assert_eq!(
        [json!({"size": -0.5}), json!({"size": "-1"})].map(wrong),
        [least.clone(), least]
    );
    assert_eq!(
        [json!({"rank": 6}), json!({"rank": "9"})].map(wrong),
        [const { "rank: a rank is 1 to 5." }; 2].map(|text| Some(text.to_owned()))
    );
    assert_eq!(
        wrong(json!({"rate": -24})).as_deref(),
        Some("rate: Input should be greater than or equal to 0")
    );
}

#[test]
fn null_is_only_for_what_may_be_null() {
    let schema =
        json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string", "nullable": true}}});
    assert_eq!(
        messages(json!({"a": null, "b": null}), &schema),
        ["a: Input should be a valid string"]
    );
}

#[test]
fn an_id_that_may_be_empty_is_an_id_or_nothing() {
    let schema = json!({"type": "object", "properties": {
        "task_id": {"type": "string", "pattern": "^(id)?$", "nullable": true, "x-empty": true},
    }});
    let mut empty = json!({"task_id": ""});
    assert!(validate(&mut empty, &schema).is_empty());
    assert_eq!(empty, json!({"task_id": null}));
    assert_eq!(
        messages(json!({"task_id": "x"}), &schema),
        ["task_id: Input should be a valid UUID, 36 characters with hyphens"]
    );
    let id = json!({"task_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7"});
    assert!(messages(id, &schema).is_empty());
}

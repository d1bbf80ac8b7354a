//! Tests of the expansion of a resource.

use super::words::{FURTHER, NEEDED};
use super::*;

fn expanded() -> Expanded {
    let resource = json!({
        "resource": "gadgets", "tag": "Studio", "schema": "Gadget", "singular": "gadget", "plural": "gadgets",
        "about": "A thing.", "access": {"list": "anyone"}, "required": ["name"],
        "properties": {"name": {"type": "string", "description": "Its name.", "also": "number"}, "size": {"type": "integer", "minimum": 0, "default": 1}, "secret": {"type": "string"}},
        "hidden": ["secret"], "relations": {"owners": {"description": "Who owns it."}}, "create_only": ["size"],
        "example": {"name": "Pen"},
    });
    let pattern = json!({
        "properties": {"id": {"type": "string"}},
        "list": {"operationId": "list_{plural}", "summary": "List {plural}", "description": "All. {definition}", "answer": "The {plural}."},
        "create": {"operationId": "create_{singular}", "summary": "Create {a_singular}", "description": "New."},
        "get": {"operationId": "get_{singular}"},
    });
    expand(&resource, &pattern).expect("a complete resource")
}

#[test]
fn a_resource_becomes_two_paths_with_five_operations() {
    let paths = expanded().paths;
    assert_eq!(paths[0].0, "/data/gadgets");
    assert_eq!(paths[0].1["get"]["operationId"], "list_gadgets");
    assert_eq!(paths[0].1["get"]["description"], "All. A gadget: a thing.");
    assert_eq!(paths[0].1["post"]["summary"], "Create a gadget");
    assert_eq!(
        paths[0].1["post"]["description"],
        "New.\n\nEmits `gadget:new` with `gadget_id`."
    );
    assert_eq!(paths[1].1.as_object().expect("a map").len(), 3);
    let sent = &paths[0].1["post"]["requestBody"]["content"]["application/json"];
    assert_eq!(sent["example"], json!({"name": "Pen"}));
    let links = &paths[0].1["post"]["responses"]["201"]["links"];
    assert_eq!(links["get_gadget"]["parameters"]["instance_id"], "$response.body#/id");
}

#[test]
fn choices_of_shapes_have_names_for_generators() {
    let Expanded { paths, schemas } = expanded();
    let listed = &paths[0].1["get"]["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(listed["title"], "GadgetList");
    let (_, page) = schemas
        .iter()
        .find(|(name, _)| name == "GadgetPage")
        .expect("the schema");
    assert_eq!(page["properties"]["data"]["items"]["title"], "GadgetRecord");
}

#[test]
fn every_visible_scalar_column_is_a_filter() {
    let paths = expanded().paths;
    let names: Vec<_> = paths[0].1["get"]["parameters"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|p| p["name"].clone())
        .collect();
    assert_eq!(names, ["id", "name", "size"]);
}

#[test]
fn bodies_follow_what_may_be_written() {
    let schemas = expanded().schemas;
    let named = |name: &str| {
        schemas
            .iter()
            .find(|(found, _)| found == name)
            .expect("the schema")
            .1
            .clone()
    };
    assert!(named("Gadget")["properties"].get("secret").is_none());
    assert_eq!(named("GadgetCreate")["properties"]["size"]["nullable"], true);
    assert_eq!(
        [named("GadgetCreate"), named("Gadget")].map(|schema| schema["properties"]["size"]["minimum"].clone()),
        [json!(0), Value::Null]
    );
    assert!(named("GadgetUpdate")["properties"].get("size").is_none());
    assert_eq!(named("GadgetUpdate")["properties"]["owners"]["type"], "array");
    assert_eq!(
        named("Gadget")["properties"]["name"],
        json!({"type": "string", "description": "Its name."})
    );
    let either = json!({"description": "Its name.", "oneOf": [{"type": "string"}, {"type": "number"}]});
    assert_eq!(
        [&named("GadgetCreate"), &named("GadgetUpdate")].map(|schema| &schema["properties"]["name"]),
        [&either, &either]
    );
}

#[test]
fn rows_of_another_instance_may_lack_all_but_their_id() {
    let resource = json!({
        "resource": "gadgets", "tag": "Studio", "schema": "Gadget", "singular": "gadget", "plural": "gadgets", "about": "A thing.",
        "properties": {"name": {"type": "string", "enum": ["a"], "default": "a"}}, "relations": {"owners": {"description": "Who owns it."}, "parts": {}},
        "import": {"relations": ["owners"], "note": "Words.", "properties": {"kind": {"type": "string"}}},
    });
    let pattern = json!({
        "properties": {"id": {"type": "string"}},
        "import": {"operationId": "import_{plural}", "tag": "Sources", "access": "admin", "description": "In.", "malformed": "No list."},
    });
    let Expanded { paths, schemas } = expand(&resource, &pattern).expect("a complete resource");
    let (path, item) = paths.last().expect("a path");
    assert_eq!(
        (path.as_str(), &item["post"]["operationId"], &item["post"]["tags"]),
        ("/import/kitsu/gadgets", &json!("import_gadgets"), &json!(["Sources"]))
    );
    assert_eq!(item["post"]["description"], "In.\n\nWords.");
    let (name, schema) = schemas.last().expect("a schema");
    assert_eq!(
        (name.as_str(), &schema["required"], &schema["additionalProperties"]),
        ("GadgetImport", &json!(["id"]), &json!(true))
    );
    assert_eq!(
        schema["properties"]["name"],
        json!({"type": "string", "enum": ["a", null], "nullable": true})
    );
    let names: Vec<&String> = schema["properties"].as_object().expect("properties").keys().collect();
    assert_eq!(names, ["name", "id", "owners", "kind"]);
}

#[test]
fn a_missing_key_is_named() {
    let problem = expand(&json!({"resource": "gadgets"}), &json!({})).err();
    assert_eq!(problem.as_deref(), Some("resource \"gadgets\": 'tag' is missing"));
}

#[test]
fn a_word_that_means_nothing_is_named() {
    let resource = json!({
        "resource": "gadgets", "tag": "Studio", "schema": "Gadget", "singular": "gadget", "plural": "gadgets", "about": "A thing.",
        "create_olny": ["size"],
    });
    let problem = expand(&resource, &json!({})).err();
    assert_eq!(
        problem.as_deref(),
        Some("resource \"gadgets\": 'create_olny' means nothing; openapi/README.md has the list")
    );
}

#[test]
fn all_words_are_explained() {
    let page = include_str!("../../../README.md");
    let silent: Vec<&str> = NEEDED
        .into_iter()
        .chain(FURTHER)
        .filter(|word| !page.contains(&format!("`{word}`")))
        .collect();
    assert_eq!(silent, [""; 0], "openapi/README.md says nothing of these");
}

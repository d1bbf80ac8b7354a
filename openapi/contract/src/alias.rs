//! Adds the addresses of older documents: each answers as a present operation does, and is a deprecated operation of its
//! own in the document.

use serde_json::{Map, Value, json};

use crate::complete::{ADDRESS_TOO_LONG, METHODS, add_shared, path_parameters};

/// An operation at an old address: its path, its method in small letters, and the operation.
type Alias = (String, String, Value);

/// Adds every alias of `aliases.yaml` to paths whose operations are complete.
pub(crate) fn add(paths: &mut Map<String, Value>, aliases: &Value, problems: &mut Vec<String>) {
    let mut made = of_operations(paths, &aliases["operations"], problems);
    made.extend(of_collections(paths, &aliases["collections"], problems));
    for (path, method, mut operation) in made {
        let target = paths.entry(path.clone()).or_insert_with(|| json!({}));
        let described = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "path");
        if !described
            .clone()
            .map(|parameter| parameter["name"].as_str().unwrap_or_default())
            .eq(path_parameters(&path))
        {
            problems.push(format!(
                "the alias {path} has other path parameters than what it stands for"
            ));
        }
        // An address is described under one tag. Operations of collections are at home under any.
        let tags = target
            .as_object()
            .and_then(|item| item.values().next())
            .map(|other| other["tags"].clone());
        if let Some(tags) = tags.filter(|_| operation.get("x-crud").is_some()) {
            operation["tags"] = tags;
        }
        // An operation by name comes before one of a whole collection.
        if target.get(&method).is_none() {
            target[&method] = operation;
        }
    }
}

fn of_operations(paths: &Map<String, Value>, aliases: &Value, problems: &mut Vec<String>) -> Vec<Alias> {
    let mut made = Vec::new();
    for (address, value) in aliases.as_object().into_iter().flatten() {
        let told = if value.is_string() {
            json!({"as": value})
        } else {
            value.clone()
        };
        let Some((method, path)) = address.split_once(' ') else {
            problems.push(format!("the alias {address} is no method and path"));
            continue;
        };
        let target = told["as"].as_str().unwrap_or_default();
        let id = told["id"]
            .as_str()
            .map_or_else(|| format!("{target}_legacy"), str::to_owned);
        match find(paths, |operation| operation["operationId"] == target) {
            Some((place, operation)) => made.push((
                path.to_owned(),
                method.to_lowercase(),
                alias(&operation, &place, &id, &told["parameters"]),
            )),
            None => problems.push(format!(
                "the alias {address} stands for {target}, which is no operation"
            )),
        }
    }
    made
}

/// The five operations of each collection that has an older name.
fn of_collections(paths: &Map<String, Value>, aliases: &Value, problems: &mut Vec<String>) -> Vec<Alias> {
    let mut made = Vec::new();
    for (name, collection) in aliases.as_object().into_iter().flatten() {
        let collection = collection.as_str().unwrap_or_default();
        for (verb, method, path) in [
            ("list", "get", format!("/data/{name}")),
            ("create", "post", format!("/data/{name}")),
            ("get", "get", format!("/data/{name}/{{instance_id}}")),
            ("update", "put", format!("/data/{name}/{{instance_id}}")),
            ("delete", "delete", format!("/data/{name}/{{instance_id}}")),
        ] {
            let id = format!("{verb}_{name}_legacy");
            match find(paths, |operation| {
                operation["x-crud"] == json!({"collection": collection, "verb": verb})
            }) {
                Some((place, operation)) => {
                    made.push((path, method.to_owned(), alias(&operation, &place, &id, &Value::Null)))
                }
                None => problems.push(format!(
                    "the alias {name} stands for {collection}, which is no collection"
                )),
            }
        }
    }
    made
}

/// An operation with its method and path.
fn find(paths: &Map<String, Value>, is_it: impl Fn(&Value) -> bool) -> Option<(String, Value)> {
    paths.iter().find_map(|(path, item)| {
        METHODS.iter().find_map(|method| {
            let operation = item
                .get(method)
                .filter(|operation| operation.get("x-alias-of").is_none() && is_it(operation))?;
            Some((format!("{} {path}", method.to_uppercase()), operation.clone()))
        })
    })
}

fn alias(operation: &Value, place: &str, id: &str, more: &Value) -> Value {
    let mut alias = operation.clone();
    alias["x-alias-of"] = operation["operationId"].clone();
    alias["operationId"] = id.into();
    alias["deprecated"] = true.into();
    alias["summary"] = format!(
        "{}, by an old address",
        operation["summary"].as_str().unwrap_or_default()
    )
    .into();
    let description = operation["description"].as_str().unwrap_or_default().trim();
    alias["description"] = format!("{description}\n\nNew clients call `{place}`, which is the same.").into();
    if let Some(more) = more.as_array() {
        let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        parameters.extend(more.iter().cloned());
        alias["parameters"] = parameters.into();
        if more.iter().any(|parameter| parameter["in"] == "query") {
            add_shared(&mut alias["responses"], &[ADDRESS_TOO_LONG]);
            if let Some(responses) = alias["responses"].as_object_mut() {
                responses.sort_keys();
            }
        }
        // The parameters may stand for the body.
        if alias["requestBody"].is_object() {
            alias["requestBody"]["required"] = false.into();
        }
    }
    alias
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> Map<String, Value> {
        let part = json!([{"name": "instance_id", "in": "path"}]);
        let crud = |verb: &str| json!({"collection": "gadgets", "verb": verb});
        let operation = |id: &str, verb: &str, parameters: &Value| json!({"operationId": id, "summary": "Do it", "description": "Does it.", "x-crud": crud(verb), "parameters": parameters});
        let paths = json!({
            "/data/gadgets": {"get": operation("list_gadgets", "list", &json!([])), "post": operation("create_gadget", "create", &json!([]))},
            "/data/gadgets/{instance_id}": {
                "get": operation("get_gadget", "get", &part),
                "put": operation("update_gadget", "update", &part),
                "delete": operation("delete_gadget", "delete", &part),
            },
            "/actions/start": {"put": {
                "operationId": "start", "summary": "Start", "description": "Starts.", "requestBody": {"required": true},
                "responses": {"400": {}, "415": {}},
            }},
        });
        paths.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn a_collection_has_five_old_addresses() {
        let (mut paths, mut problems) = (paths(), Vec::new());
        add(
            &mut paths,
            &json!({"collections": {"old_gadgets": "gadgets"}}),
            &mut problems,
        );
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(
            paths["/data/old_gadgets"]["post"]["operationId"],
            "create_old_gadgets_legacy"
        );
        let alias = &paths["/data/old_gadgets/{instance_id}"]["put"];
        assert_eq!(
            (&alias["x-alias-of"], &alias["deprecated"]),
            (&json!("update_gadget"), &json!(true))
        );
        assert_eq!(
            alias["description"],
            "Does it.\n\nNew clients call `PUT /data/gadgets/{instance_id}`, which is the same."
        );
    }

    #[test]
    fn an_operation_may_have_more_parameters_at_its_old_address() {
        let (mut paths, mut problems) = (paths(), Vec::new());
        let more = json!([{"name": "sep", "in": "query"}]);
        add(
            &mut paths,
            &json!({"operations": {"PUT /start": {"as": "start", "parameters": more}}}),
            &mut problems,
        );
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(paths["/start"]["put"]["operationId"], "start_legacy");
        assert_eq!(paths["/start"]["put"]["parameters"][0]["name"], "sep");
        assert_eq!(paths["/start"]["put"]["requestBody"]["required"], false);
        let answers: Vec<_> = paths["/start"]["put"]["responses"]
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
            .collect();
        assert_eq!(answers, ["400", "414", "415"]);
        assert_eq!(
            paths["/start"]["put"]["responses"]["414"],
            json!({"$ref": "#/components/responses/AddressTooLong"})
        );
        assert_eq!(paths["/actions/start"]["put"]["responses"]["414"], Value::Null);
    }

    #[test]
    fn what_stands_for_nothing_is_named() {
        let mut problems = Vec::new();
        add(
            &mut paths(),
            &json!({"operations": {"GET /a": "nothing", "PUT /{b}": "start"}}),
            &mut problems,
        );
        assert_eq!(
            problems,
            [
                "the alias GET /a stands for nothing, which is no operation",
                "the alias /{b} has other path parameters than what it stands for"
            ]
        );
    }
}

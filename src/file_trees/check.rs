//! Faults of a tree that a production is to have.

use dailies_definitions::failure::FieldProblem;
use serde_json::{Map, Value};

use super::language::{Piece, pieces, problem};

/// Everything that is wrong with a tree, each with where it is. Kinds of things that the server does not know are left
/// alone, but their templates have to be good.
#[must_use]
pub fn check(tree: &Value) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    match tree {
        Value::Object(modes) => modes
            .iter()
            .for_each(|(mode, value)| check_mode(&format!("file_tree.{mode}"), value, &mut problems)),
        Value::Null => {}
        _ => problems.push(wrong("file_tree", "Input should be a valid dictionary")),
    }
    problems
}

fn wrong(field: &str, message: impl Into<String>) -> FieldProblem {
    FieldProblem {
        field: field.to_owned(),
        message: message.into(),
    }
}

fn check_mode(place: &str, mode: &Value, problems: &mut Vec<FieldProblem>) {
    let Some(mode) = mode.as_object() else {
        return problems.push(wrong(place, "Input should be a valid dictionary"));
    };
    for key in ["mountpoint", "root"] {
        if let Some(problem) = missing(mode, key, Value::is_string, "string") {
            problems.push(wrong(&format!("{place}.{key}"), problem));
        }
    }
    for key in ["folder_path", "file_name"] {
        let place = format!("{place}.{key}");
        match missing(mode, key, Value::is_object, "dictionary") {
            Some(problem) => problems.push(wrong(&place, problem)),
            None => mode[key]
                .as_object()
                .into_iter()
                .flatten()
                .for_each(|(kind, template)| check_template(&place, kind, template, problems)),
        }
    }
}

fn missing(mode: &Map<String, Value>, key: &str, is: impl Fn(&Value) -> bool, what: &str) -> Option<String> {
    match mode.get(key) {
        None => Some("Field required".into()),
        Some(value) => (!is(value)).then(|| format!("Input should be a valid {what}")),
    }
}

fn check_template(place: &str, kind: &str, template: &Value, problems: &mut Vec<FieldProblem>) {
    let place = format!("{place}.{kind}");
    let Some(template) = template.as_str() else {
        return problems.push(wrong(&place, "Input should be a valid string"));
    };
    if kind == "style" {
        return;
    }
    for piece in pieces(template) {
        if let Piece::Token { name, field } = piece
            && let Some(problem) = problem(name, field)
        {
            problems.push(wrong(&place, problem));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(tree: &Value) -> Vec<(String, String)> {
        check(tree)
            .into_iter()
            .map(|problem| (problem.field, problem.message))
            .collect()
    }

    #[test]
    fn each_problem_is_named() {
        let tree = json!({
            "output": {
                "mountpoint": 1, "root": "",
                "folder_path": {"shot": "<Shot.number>", "style": "lowercase", "edit": "<Asset>"},
                "file_name": {"sequence": "<Project>_<OuputType>"},
            },
            "working": [],
        });
        let expected = [
            ("file_tree.output.mountpoint", "Input should be a valid string"),
            ("file_tree.output.folder_path.shot", "The token Shot has no number."),
            ("file_tree.output.file_name.sequence", "Unknown data type: OuputType."),
            ("file_tree.working", "Input should be a valid dictionary"),
        ];
        assert_eq!(
            fields(&tree),
            expected.map(|(field, message)| (field.to_owned(), message.to_owned()))
        );
        assert_eq!(fields(&json!({"a": {}})).len(), 4);
        assert_eq!(fields(&json!("simple")).len(), 1);
        assert!(fields(&Value::Null).is_empty() && fields(&json!({})).is_empty());
    }
}

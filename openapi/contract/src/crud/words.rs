//! Words of the files of `resources/`.

use serde_json::Value;

/// Words that must stand in a file of `resources/`.
pub(super) const NEEDED: [&str; 6] = ["resource", "tag", "schema", "singular", "plural", "about"];

/// Other words that may stand there. `openapi/README.md` says what each means.
pub(super) const FURTHER: [&str; 29] = [
    "access",
    "answers",
    "article",
    "body_limit",
    "create_only",
    "create_query",
    "delete_query",
    "event",
    "example",
    "extra",
    "finds",
    "force",
    "get_query",
    "hidden",
    "import",
    "loose",
    "notes",
    "optional",
    "properties",
    "query",
    "read_only",
    "relations",
    "required",
    "silent",
    "transaction",
    "type_values",
    "update_only",
    "update_query",
    "write_only",
];

/// Refuses a file that lacks a word, or has one that means nothing.
pub(super) fn check(file: &Value) -> Result<(), String> {
    let resource = &file["resource"];
    for word in NEEDED {
        if file[word].as_str().is_none() {
            return Err(format!("resource {resource}: '{word}' is missing"));
        }
    }
    let is_known = |word: &str| NEEDED.contains(&word) || FURTHER.contains(&word);
    for word in file.as_object().into_iter().flat_map(|file| file.keys()) {
        if !is_known(word) {
            return Err(format!(
                "resource {resource}: '{word}' means nothing; openapi/README.md has the list"
            ));
        }
    }
    Ok(())
}

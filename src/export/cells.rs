//! Cells of tables as they are written, and as they are read again: what the one does the other undoes.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Characters that a spreadsheet takes for the beginning of a formula, wide letters of Asian keyboards among them.
const TRIGGERS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The cell as text: what a spreadsheet would take for a formula gets an apostrophe in front. So does what would be read
/// again as such a cell, so that [`restored`] gives every cell back as it was.
#[must_use]
pub fn guarded(cell: &str) -> Cow<'_, str> {
    let inner = cell.trim_start_matches('\'');
    let is_plain = inner.len() == cell.len() && cell.parse::<f64>().is_ok_and(f64::is_finite);
    if inner.starts_with(TRIGGERS) && !is_plain {
        format!("'{cell}").into()
    } else {
        cell.into()
    }
}

/// The cell without the apostrophe that [`guarded`] put in front.
#[must_use]
pub fn restored(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with(TRIGGERS) => rest,
        _ => cell,
    }
}

/// Names in one cell, with commas between them. A name that has a comma or a quote itself stands in quotes.
#[must_use]
pub fn join_names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut cell = String::new();
    for name in names {
        if !cell.is_empty() {
            cell.push(',');
        }
        if name.contains([',', '"']) {
            cell.push_str(&format!("\"{}\"", name.replace('"', "\"\"")))
        } else {
            cell.push_str(name)
        }
    }
    cell
}

/// The names in a cell, without blanks around them. A quote that does not begin a name is a part of it.
#[must_use]
pub fn split_names(cell: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = cell.trim_start();
    while !rest.is_empty() {
        let (name, left) = next_name(rest);
        if !name.is_empty() {
            names.push(name);
        }
        rest = left.trim_start();
    }
    names
}

/// The first name of a list, and what follows behind its comma.
fn next_name(list: &str) -> (String, &str) {
    if let Some(quoted) = list.strip_prefix('"') {
        let mut name = String::new();
        let mut letters = quoted.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            if letter != '"' {
                name.push(letter);
            } else if letters.next_if(|(_, next)| *next == '"').is_some() {
                name.push('"');
            } else {
                let left = quoted[at + 1..].trim_start();
                if left.is_empty() || left.starts_with(',') {
                    return (name.trim().to_owned(), left.strip_prefix(',').unwrap_or_default());
                }
                break;
            }
        }
    }
    let (name, left) = list.split_once(',').unwrap_or((list, ""));
    (name.trim().to_owned(), left)
}

/// A value as a cell.
#[must_use]
pub fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

/// The value of a metadata column as a cell.
#[must_use]
pub fn metadata(data: &Map<String, Value>, field_name: &str, data_type: Option<&str>) -> String {
    let cell = plain(data.get(field_name));
    if data_type == Some("boolean") {
        cell.eq_ignore_ascii_case("true").to_string()
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn formulas_become_text_and_numbers_stay() {
        assert_eq!(guarded("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(guarded("@sum"), "'@sum");
        assert_eq!(guarded("- lift the arm"), "'- lift the arm");
        assert_eq!(guarded("-12"), "-12");
        assert_eq!(guarded("+33123456789"), "+33123456789");
        assert_eq!(guarded("it's"), "it's");
        assert_eq!(guarded("'tis"), "'tis");
    }

    #[test]
    fn every_cell_comes_back() {
        for cell in [
            "", "a", "=1+1", "'=1+1", "''=1", "'", "''", "'a", "-1", "'-1", "-inf", "+a", "\t=x", "＝1", "'tis",
            "+33 6",
        ] {
            assert_eq!(restored(&guarded(cell)), cell, "{cell:?}");
        }
    }

    #[test]
    fn lists_of_names_come_back() {
        for names in [
            vec!["Ada", "Bob"],
            vec!["Doe, John", "Ada"],
            vec!["The \"Rock\"", "Ada"],
            vec!["One"],
            vec![],
        ] {
            assert_eq!(split_names(&join_names(names.iter().copied())), names);
        }
        assert_eq!(split_names(" Ada , ,Bob,"), ["Ada", "Bob"]);
        assert_eq!(split_names("5\" gun,\"open"), ["5\" gun", "\"open"]);
    }

    #[test]
    fn booleans_say_true_or_false_however_they_are_stored() {
        let stored = |value: Value| value.as_object().cloned().unwrap_or_default();
        for (data, cell) in [
            (json!({"outdoor": "true"}), "true"),
            (json!({"outdoor": true}), "true"),
            (json!({"outdoor": "false"}), "false"),
            (json!({}), "false"),
        ] {
            assert_eq!(metadata(&stored(data), "outdoor", Some("boolean")), cell);
        }
        for (data, cell) in [
            (json!({"size": 12}), "12"),
            (json!({"size": "big; red"}), "big; red"),
            (json!({"size": null}), ""),
            (json!({"size": ["a", 1]}), "[\"a\",1]"),
        ] {
            assert_eq!(metadata(&stored(data), "size", None), cell);
        }
    }
}

//! Comparison of two servers: their rows, their files and what they answer.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use harness::Answers;
use serde_json::{Value, json};
use zip::ZipArchive;

/// The members of an archive that hold rows, as sets of lines.
pub(super) fn members(file: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut archive = ZipArchive::new(File::open(file).expect("a file")).expect("an archive");
    let names = archive.file_names().map(|name| name.expect("a name").into_owned());
    let names: Vec<String> = names.filter(|name| name.starts_with("tables/")).collect();
    let mut read = |name: &str| {
        let mut text = String::new();
        archive
            .by_name(name)
            .expect("a member")
            .read_to_string(&mut text)
            .expect("a text");
        text.lines().map(str::to_owned).collect()
    };
    names.iter().map(|name| (name.clone(), read(name))).collect()
}

/// The same rows with JSON in one form, since PostgreSQL keeps no spaces and no order of keys.
pub(super) fn alike(members: &BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    fn read(value: Value) -> Value {
        match value {
            Value::String(text) => {
                let inner = serde_json::from_str::<BTreeMap<String, Value>>(&text).map(|object| json!(object));
                inner
                    .or_else(|_| serde_json::from_str(&text))
                    .unwrap_or(Value::String(text))
            }
            Value::Array(items) => items.into_iter().map(read).collect(),
            other => other,
        }
    }
    let line = |line: &String| {
        let row: BTreeMap<String, Value> = serde_json::from_str(line).expect("a row");
        json!(
            row.into_iter()
                .map(|(name, value)| (name, read(value)))
                .collect::<BTreeMap<_, _>>()
        )
        .to_string()
    };
    members
        .iter()
        .map(|(name, lines)| (name.clone(), lines.iter().map(line).collect()))
        .collect()
}

/// Answers as JSON, whose keys may come in any order.
pub(super) fn as_json(answers: &Answers) -> BTreeMap<String, (u16, Value)> {
    fn rounded(value: Value) -> Value {
        match value {
            Value::Array(items) => items.into_iter().map(rounded).collect(),
            Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, rounded(value))).collect(),
            // SQLite writes 15 digits of a fraction within nested rows, and PostgreSQL as many as it takes.
            Value::Number(number) if number.is_f64() => json!(number.as_f64().map(|number| format!("{number:.12e}"))),
            value => value,
        }
    }
    let read =
        |bytes: &Vec<u8>| serde_json::from_slice(bytes).map_or_else(|_| json!(String::from_utf8_lossy(bytes)), rounded);
    answers
        .iter()
        .map(|(address, (status, bytes))| (address.clone(), (*status, read(bytes))))
        .collect()
}

pub(super) fn assert_alike<T: PartialEq + std::fmt::Debug>(
    before: &BTreeMap<String, T>,
    after: &BTreeMap<String, T>,
    what: &str,
) {
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    let different: Vec<String> = before
        .iter()
        .filter(|(name, value)| after.get(*name) != Some(value))
        .map(|(name, value)| {
            let [was, is] = [value, &after[name]].map(|value| format!("{value:?}").chars().collect::<Vec<char>>());
            let same = was.iter().zip(&is).take_while(|(was, is)| was == is).count();
            let shown = |text: &[char]| text.iter().skip(same.saturating_sub(300)).take(600).collect::<String>();
            format!("{name} from {same} on: …{}…\nbecame …{}…", shown(&was), shown(&is))
        })
        .collect();
    assert!(
        different.is_empty(),
        "{what}: {} differ\n{}",
        different.len(),
        different[..different.len().min(3)].join("\n")
    );
}

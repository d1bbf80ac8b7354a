//! Comparison of two servers: their rows, their files and what they answer.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use harness::Client;
use reqwest::Method;
use serde_json::json;
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
    fn read(value: serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::String(text) => {
                let inner =
                    serde_json::from_str::<BTreeMap<String, serde_json::Value>>(&text).map(|object| json!(object));
                inner
                    .or_else(|_| serde_json::from_str(&text))
                    .unwrap_or(serde_json::Value::String(text))
            }
            serde_json::Value::Array(items) => items.into_iter().map(read).collect(),
            other => other,
        }
    }
    let line = |line: &String| {
        let row: BTreeMap<String, serde_json::Value> = serde_json::from_str(line).expect("a row");
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

/// Answers that somebody gets, by their addresses.
pub(super) async fn answers(client: &Client, addresses: &[String]) -> BTreeMap<String, (u16, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for address in addresses {
        let response = client
            .request(Method::GET, address)
            .send()
            .await
            .expect("the server answers");
        let status = response.status().as_u16();
        found.insert(
            address.clone(),
            (status, response.bytes().await.expect("the whole answer").to_vec()),
        );
    }
    found
}

/// Answers as JSON. Rows of the same moment come in the order that the plan of a query gives them, so that lists count as
/// sets here; the rows themselves are compared as they are stored.
pub(super) fn as_json(answers: &BTreeMap<String, (u16, Vec<u8>)>) -> BTreeMap<String, (u16, serde_json::Value)> {
    fn sorted(value: serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::Array(items) => {
                let mut items: Vec<_> = items.into_iter().map(sorted).collect();
                items.sort_by_cached_key(ToString::to_string);
                items.into()
            }
            // Lists are sorted by their text, so keys come in one order.
            serde_json::Value::Object(fields) => {
                let fields: BTreeMap<_, _> = fields.into_iter().map(|(name, value)| (name, sorted(value))).collect();
                fields.into_iter().collect()
            }
            // SQLite writes 15 digits of a fraction within nested rows, and PostgreSQL as many as it takes.
            serde_json::Value::Number(number) if number.is_f64() => {
                json!(number.as_f64().map(|number| format!("{number:.12e}")))
            }
            value => value,
        }
    }
    let read =
        |bytes: &Vec<u8>| serde_json::from_slice(bytes).map_or_else(|_| json!(String::from_utf8_lossy(bytes)), sorted);
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

//! Tests of the manual: what its pages say of settings, events and metrics is so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::manual::{assert_none, manual, pattern, program, root};
use super::settings;
use crate::web::docs::{self, Edition};

/// The rows of all tables of a page, by the headings of their columns.
fn rows(page: &str) -> Vec<BTreeMap<&str, &str>> {
    let mut headings: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for line in page.lines().filter(|line| !line.starts_with("|-")) {
        let cells = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |"));
        let cells: Vec<&str> = cells.map(|cells| cells.split(" | ").collect()).unwrap_or_default();
        if headings.is_empty() || cells.is_empty() {
            headings = cells;
        } else {
            found.push(headings.iter().copied().zip(cells).collect());
        }
    }
    found
}

/// Variables with the defaults that a page says they have: in the columns of a table, or in a sentence.
fn told_defaults(page: &str) -> Vec<(String, String)> {
    let span = pattern("`([A-Z0-9]+(?:_[A-Z0-9]+)+)`");
    let mut told = Vec::new();
    for row in rows(page) {
        for (variables, defaults) in [("Variable", "Default"), ("Where it is set", "Limit")] {
            let (Some(variables), Some(defaults)) = (row.get(variables), row.get(defaults)) else {
                continue;
            };
            let variables = span.captures_iter(variables).map(|found| found[1].to_owned());
            told.extend(variables.zip(defaults.split(", ").map(str::to_owned)));
        }
    }
    let sentence = pattern(r"`([A-Z0-9_]+)`[^`.]{0,80}?\s(`[^`]+`|\d[\d,]*)(?:\s\w+)?\sunless\sit\sis\sset");
    let brackets = pattern(r"`([A-Z0-9_]+)`[^`.()]{0,40}\((\d[^)]*)\)");
    let told_in_words = sentence.captures_iter(page).chain(brackets.captures_iter(page));
    told.extend(told_in_words.map(|found| (found[1].to_owned(), found[2].to_owned())));
    told
}

/// True if a text, such as `10 GB` or `400,000,000`, is the default of a setting, or what its help says where it has none.
fn is_default(told: &str, default: &str, help: &str) -> bool {
    if default.is_empty() {
        return help.contains(told);
    }
    let word = told.trim_matches('`');
    let digits: String = word.split(' ').next().unwrap_or_default().replace(',', "");
    let bytes = digits.parse::<u64>().map(|number| match word.rsplit(' ').next() {
        Some("GB") => number << 30,
        Some("MB") => number << 20,
        _ => number,
    });
    word == default || digits == default || bytes.is_ok_and(|bytes| bytes.to_string() == default)
}

#[test]
fn defaults_are_those_of_the_program() {
    let program = program();
    let serve = program.find_subcommand("serve").expect("the server");
    let known: BTreeMap<String, (String, String)> = serve
        .get_arguments()
        .map(|arg| {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            (settings::variable(arg), (settings::default(arg), help))
        })
        .collect();
    let mut looked_at = 0;
    let mut problems = Vec::new();
    for (name, text) in manual() {
        for (variable, told) in told_defaults(&text) {
            let Some((default, help)) = known.get(&variable) else {
                continue;
            };
            looked_at += 1;
            if !is_default(&told, default, help) {
                problems.push(format!("{name}: {variable} is {told}, and not {default}"));
            }
        }
    }
    assert_none(&problems);
    assert!(looked_at > 15, "{looked_at}");
}

#[test]
fn the_page_of_events_has_those_of_the_contract() {
    let document = docs::document(Edition::Json).expect("the contract");
    let page = fs::read_to_string(root().join("docs/events.md")).expect("a page");
    let event = pattern("`([a-z-]+):([a-z-]+)`");
    let text = String::from_utf8_lossy(&document);
    let told: BTreeSet<(&str, &str)> = event
        .captures_iter(&text)
        .filter_map(|found| Some((found.get(1)?.as_str(), found.get(2)?.as_str())))
        .collect();
    assert!(told.len() > 100, "{told:?}");
    let has = |record: &str, what: &str| match what {
        "new" | "update" | "delete" => page.contains(&format!("`{record}`")),
        _ => page.contains(&format!("\n| `{record}:{what}` |")),
    };
    let missing = told.iter().filter(|name| !has(name.0, name.1));
    let mut problems: Vec<String> = missing
        .map(|(record, what)| format!("no word of {record}:{what}"))
        .collect();
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let strange = rows.filter_map(|row| {
        let found = event.captures(row)?;
        let name = (found.get(1)?.as_str(), found.get(2)?.as_str());
        (!told.contains(&name)).then(|| format!("nobody emits {}:{}", name.0, name.1))
    });
    problems.extend(strange);
    assert_none(&problems);
}

#[test]
fn metrics_are_those_that_are_counted() {
    let read = |path: &str| fs::read_to_string(root().join(path)).expect("a file");
    let counted = pattern(r#""(dailies_[a-z_]+)""#);
    let sources = [
        read("src/web/metrics.rs"),
        read("src/database/counting.rs"),
        read("src/jobs/counting.rs"),
    ]
    .concat();
    let known: BTreeSet<String> = counted
        .captures_iter(&sources)
        .map(|found| found[1].to_owned())
        .collect();
    assert!(known.len() > 5, "{known:?}");
    let page = read("docs/monitoring.md");
    let missing: Vec<String> = known
        .iter()
        .filter(|name| !page.contains(&format!("| `{name}` |")))
        .cloned()
        .collect();
    assert_none(&missing);
    let name = pattern(r"\bdailies_(?:http|realtime|database|jobs?|build)_[a-z_]+\b");
    let bare = |found: &str| {
        ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| found.strip_suffix(end))
            .unwrap_or(found)
            .to_owned()
    };
    for path in [
        "docs/monitoring.md",
        "packaging/prometheus-alerts.yaml",
        "packaging/grafana-dashboard.json",
    ] {
        let strange: Vec<String> = name
            .find_iter(&read(path))
            .map(|found| bare(found.as_str()))
            .filter(|found| !known.contains(found))
            .collect();
        assert_eq!(strange, Vec::<String>::new(), "{path}");
    }
}

//! Tests of the manual: what its pages name is there, be it a page, a file, a command, a flag, a variable or an address.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use regex::Regex;

use super::Cli;
use crate::web::docs::{self, Edition};

/// Flags of other programs.
const FLAGS_OF_OTHERS: &str = "--archive --bytes --config --dbname --directory --encoding --extract --file --force --format --gzip \
    --ignore-scripts --locked --no-owner --now --offline --output --owner --path --prefix --property --pty --pwprompt --raw-output --release \
    --role --setenv --summarize --wait --workspace";
/// Variables of the server whose installations are taken over, which mean nothing here.
const VARIABLES_OF_OTHERS: &str = "DB_DRIVER DB_MAX_OVERFLOW DB_POOL_RECYCLE EVENT_HANDLERS_FOLDER EVENT_STREAM_HOST EVENT_STREAM_PORT \
    INDEXER_HOST INDEXER_KEY JOB_QUEUE_NOMAD_HOST PROMETHEUS_METRICS_ENABLED SENTRY_DSN SENTRY_ENABLED THUMBNAIL_FOLDER";
/// Variables of secrets that no flag stands for.
const VARIABLES_WITHOUT_FLAGS: &str = "SYNC_PASSWORD SYNC_TOKEN";
/// Variables of OpenTelemetry that its library reads by itself.
const VARIABLES_OF_OPENTELEMETRY: &str = "OTEL_BSP_SCHEDULE_DELAY OTEL_EXPORTER_OTLP_COMPRESSION OTEL_EXPORTER_OTLP_TIMEOUT \
    OTEL_METRIC_EXPORT_INTERVAL OTEL_RESOURCE_ATTRIBUTES OTEL_TRACES_SAMPLER OTEL_TRACES_SAMPLER_ARG";
/// Words behind the name of the program that are no commands: names of containers and services.
const NO_COMMANDS: [&str; 1] = ["dailies"];

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn markdown(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
    {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if entry.is_dir() && !matches!(name.as_str(), "target" | "node_modules" | ".git" | "data") {
            markdown(&entry, found);
        } else if name.ends_with(".md") {
            found.push(entry);
        }
    }
}

/// All pages of the repository, by their paths in it.
fn pages() -> BTreeMap<String, String> {
    let mut found = Vec::new();
    markdown(root(), &mut found);
    let name = |page: &Path| {
        page.strip_prefix(root())
            .expect("a page")
            .to_string_lossy()
            .replace('\\', "/")
    };
    found
        .iter()
        .map(|page| (name(page), fs::read_to_string(page).expect("a page")))
        .collect()
}

/// The pages for those who run the server.
pub(super) fn manual() -> BTreeMap<String, String> {
    pages()
        .into_iter()
        .filter(|(name, _)| name.starts_with("docs/") || matches!(name.as_str(), "README.md" | "SECURITY.md"))
        .collect()
}

pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}

/// The code of a page: a text for each span, and for each line of a block.
fn code(page: &str) -> Vec<String> {
    let span = pattern("`([^`]+)`");
    let mut in_block = false;
    let mut found = Vec::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if in_block || line.starts_with("    ") {
            found.push(line.to_owned());
        } else {
            found.extend(span.captures_iter(line).map(|found| found[1].to_owned()));
        }
    }
    found
}

/// The addresses that links of a page lead to, and its pictures.
fn links(page: &str) -> Vec<String> {
    pattern(r#"(?:\]\(|src=")([^)\s"]+)[)"]"#)
        .captures_iter(page)
        .map(|found| found[1].to_owned())
        .collect()
}

/// Names of the headings of a page in addresses.
fn anchors(page: &str) -> BTreeSet<String> {
    let heading = |line: &str| line.trim_start_matches('#').trim().to_lowercase();
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    page.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| heading(line).chars().filter(kept).collect::<String>().replace(' ', "-"))
        .collect()
}

fn words(list: &str) -> BTreeSet<String> {
    list.split_whitespace().map(str::to_owned).collect()
}

pub(super) fn program() -> Command {
    let mut command = Cli::command();
    command.build();
    command
}

/// Flags of a command and of those below it.
fn flags(command: &Command) -> BTreeSet<String> {
    let of = |arg: &clap::Arg| {
        arg.get_long_and_visible_aliases()
            .unwrap_or_default()
            .into_iter()
            .map(|flag| format!("--{flag}"))
            .collect::<Vec<_>>()
    };
    command
        .get_arguments()
        .flat_map(of)
        .chain(command.get_subcommands().flat_map(flags))
        .collect()
}

pub(super) fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn links_lead_to_what_is_there() {
    let pages = pages();
    let mut problems = Vec::new();
    for (name, text) in &pages {
        let folder = root().join(name).parent().expect("a folder").to_owned();
        for link in links(text)
            .iter()
            .filter(|link| !link.contains("://") && !link.starts_with("mailto:"))
        {
            let (path, anchor) = link.split_once('#').unwrap_or((link.as_str(), ""));
            let target = if path.is_empty() {
                root().join(name)
            } else {
                folder.join(path)
            };
            let has_anchor =
                || anchor.is_empty() || fs::read_to_string(&target).is_ok_and(|text| anchors(&text).contains(anchor));
            if !target.exists() || !has_anchor() {
                problems.push(format!("{name} links to {link}"));
            }
        }
    }
    assert!(pages.len() > 20, "the pages are not there");
    assert_none(&problems);
}

#[test]
fn every_page_of_the_manual_is_in_its_index() {
    let index = fs::read_to_string(root().join("docs/README.md")).expect("an index");
    let listed: BTreeSet<String> = links(&index).into_iter().map(|link| format!("docs/{link}")).collect();
    let missing: Vec<String> = manual()
        .into_keys()
        .filter(|name| name.starts_with("docs/") && name != "docs/README.md" && !listed.contains(name))
        .collect();
    assert_none(&missing);
}

#[test]
fn every_command_is_in_the_manual() {
    let page = fs::read_to_string(root().join("docs/commands.md")).expect("a page");
    let missing: Vec<String> = program()
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .filter(|name| name != "help" && !page.contains(&format!("`dailies {name}")))
        .collect();
    assert_none(&missing);
}

#[test]
fn commands_and_flags_are_those_of_the_program() {
    let program = program();
    let others = words(FLAGS_OF_OTHERS);
    let all: BTreeSet<String> = program.get_subcommands().flat_map(flags).collect();
    let (call, flag) = (
        pattern(r"\bdailies ((?:--[a-z-]+ \S+ )*)([a-z][a-z0-9-]*)(.*)"),
        pattern(r"(?:^|[\s`(\[|])(--[a-z0-9][a-z0-9-]*)"),
    );
    let mut problems = Vec::new();
    for (name, text) in manual() {
        for code in code(&text) {
            let called = call.captures(&code).filter(|found| !NO_COMMANDS.contains(&&found[2]));
            let takes = match &called {
                Some(found) => match program.find_subcommand(&found[2]) {
                    Some(command) => flags(command),
                    None => {
                        problems.push(format!("{name} names the command {}: {code}", &found[2]));
                        continue;
                    }
                },
                None => all.union(&others).cloned().collect(),
            };
            let looked_at = called
                .as_ref()
                .map_or(code.as_str(), |found| found.get(3).expect("the rest").as_str());
            let looked_at = looked_at
                .split(" && ")
                .next()
                .unwrap_or_default()
                .split('#')
                .next()
                .unwrap_or_default();
            problems.extend(
                flag.captures_iter(looked_at)
                    .filter(|found| !takes.contains(&found[1]))
                    .map(|found| format!("{name}: {} in {code}", &found[1])),
            );
        }
    }
    assert_none(&problems);
}

#[test]
fn variables_are_those_of_the_program() {
    let program = program();
    let of = |command: &Command| {
        command
            .get_arguments()
            .filter_map(|arg| arg.get_env()?.to_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let mut known = words(VARIABLES_OF_OTHERS);
    known.extend(words(VARIABLES_WITHOUT_FLAGS));
    known.extend(words(VARIABLES_OF_OPENTELEMETRY));
    known.extend(program.get_subcommands().flat_map(of));
    let variable = pattern(r"\b[A-Z0-9]+(?:_[A-Z0-9]+)+\b");
    let mut problems = Vec::new();
    for (name, text) in manual() {
        for code in code(&text) {
            let strange = variable
                .find_iter(&code)
                .map(|found| found.as_str())
                .filter(|found| !known.contains(*found));
            problems.extend(strange.map(|found| format!("{name}: {found} in {code}")));
        }
    }
    assert_none(&problems);
}

#[test]
fn addresses_are_those_of_the_contract() {
    let document: serde_json::Value =
        serde_json::from_slice(&docs::document(Edition::Json).expect("the contract")).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    // The names of parameters do not matter.
    let parameter = pattern(r"\{[^}]*\}");
    let bare = |path: &str| {
        parameter
            .replace_all(path.strip_prefix("/api").unwrap_or(path), "{}")
            .into_owned()
    };
    let operations = |(path, item): (&String, &serde_json::Value)| {
        let methods = item.as_object().expect("operations").keys();
        methods
            .map(|method| (method.to_uppercase(), bare(path)))
            .collect::<Vec<_>>()
    };
    let known: BTreeSet<(String, String)> = paths.iter().flat_map(operations).collect();
    let known = |method: &str, path: &str| known.contains(&(method.to_owned(), bare(path)));
    // The counts are no operation of the contract.
    let besides = ["/metrics"];
    let call = pattern(r"\b(GET|POST|PUT|DELETE) (/[^\s`?]*)");
    let mut problems = Vec::new();
    for (name, text) in manual() {
        for code in code(&text) {
            let strange = call
                .captures_iter(&code)
                .filter(|found| !besides.contains(&&found[2]) && !known(&found[1], &found[2]));
            problems.extend(strange.map(|found| format!("{name}: {}", &found[0])));
        }
    }
    assert_none(&problems);
}

#[test]
fn files_of_the_repository_are_there() {
    let file = pattern(
        r"(?:^|[\s`(])((?:src|docs|packaging|tests|openapi|entity|migration|benches|demo|\.ci)/[A-Za-z0-9_./-]*[A-Za-z0-9_])",
    );
    let mut problems = Vec::new();
    for (name, text) in pages() {
        for code in code(&text) {
            let strange = file
                .captures_iter(&code)
                .filter(|found| !root().join(&found[1]).exists() && !code.contains(['*', '<', '…', '{']));
            let folder = root().join(&name).parent().expect("a folder").to_owned();
            problems.extend(
                strange
                    .filter(|found| !folder.join(&found[1]).exists())
                    .map(|found| format!("{name}: {}", &found[1])),
            );
        }
    }
    assert_none(&problems);
}

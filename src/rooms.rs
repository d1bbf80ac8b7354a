//! A rule for all sources: the order of the rooms, of which each may use those before it and none behind it
//! (`ARCHITECTURE.md` shows the same list, and names nothing that is gone). And rows of queries are read by the names of their
//! columns.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every room of `src/`, with what it is for.
const ORDER: [(&str, &str); 62] = [
    // Tools that know nothing of the field.
    (
        "traces",
        "spans that become traces, and the trace that a request belongs to",
    ),
    (
        "database",
        "SQLite and PostgreSQL: connections, transactions, statements, and rows that become JSON",
    ),
    ("store", "short-lived facts by key, such as revoked tokens"),
    ("peers", "addresses of those who call"),
    ("config", "settings, from arguments, the environment and files"),
    ("telemetry", "traces and metrics for a collector of OpenTelemetry"),
    ("origins", "pages of the web that may call"),
    ("storage", "files, on disk or in an object store"),
    ("pictures", "reading, scaling and drawing of pictures"),
    ("programs", "programs of others that look into movies and documents"),
    ("realtime", "the stream of events over Socket.IO, and the review rooms"),
    ("background", "lanes of background work, and why a job was not done"),
    ("mail", "e-mails: wording, and the way to the mail server"),
    ("messengers", "messages to chat services"),
    // Parts of the field and of a running server that all rooms share.
    (
        "vocabulary",
        "kinds of entities, persons as answers show them, periods of the calendar, addresses",
    ),
    ("credentials", "passwords and tokens"),
    (
        "conditional",
        "answers that did not change: tags, marks of change, and what is kept in memory",
    ),
    ("callers", "persons who call, kept in mind while none changes"),
    ("app", "the parts of a running server"),
    ("sessions", "sessions that end before their tokens do"),
    ("events", "a change as one transaction, with the events that tell of it"),
    ("jobs", "the queue of background work and its workers"),
    ("access", "every rule about who may do what, once"),
    ("crud", "the engine behind the collections"),
    ("file_trees", "the paths that productions give their files"),
    // Capabilities.
    (
        "readiness",
        "consequences of castings: counts, castings of episodes, assets that are ready",
    ),
    ("event_log", "the log of events and sign-ins"),
    (
        "studio",
        "records that all productions share: organisation, departments, task types, statuses",
    ),
    (
        "auth",
        "signing in here, at providers and in a directory; second factors, accounts",
    ),
    (
        "notifications",
        "notifications of persons, the news of productions, subscriptions",
    ),
    ("previews", "previews, annotations, avatars, backgrounds, movies"),
    ("removal", "rows and files that fall with what they belong to"),
    ("tasks", "tasks: assignment, dates, progress, time spent, todo lists"),
    ("comments", "comments on tasks, with all that follows from them"),
    ("chats", "chats about entities"),
    ("files", "working files and output files"),
    ("entities", "assets, shots, sequences, episodes and the like"),
    (
        "casting",
        "assets that appear in shots and the like, also called the breakdown",
    ),
    (
        "instances",
        "single appearances of assets in scenes, in other assets and in shots",
    ),
    ("playlists", "playlists for reviews"),
    (
        "sharing",
        "playlists that guests look at: links, guests, answers to them",
    ),
    ("quotas", "amounts of work that people get done"),
    ("people", "the persons of the studio, their presence and their time"),
    (
        "productions",
        "productions: team, settings, columns, templates, removal",
    ),
    ("budgets", "budgets and salary scales"),
    ("schedules", "bars, milestones and versions of schedules"),
    ("saved_searches", "searches that persons save"),
    ("search", "search for assets, shots and persons"),
    ("export", "tables for spreadsheets"),
    (
        "imports",
        "tables that people send: persons, assets, shots, edits, castings, estimations; and timelines",
    ),
    (
        "user",
        "the data that a client starts with, and the records of the caller",
    ),
    ("status", "health, configuration and figures of the server"),
    ("collections", "the list of the collections of the CRUD pattern"),
    (
        "sources",
        "data of other programs: rows of another instance, records of ShotGrid",
    ),
    // The program.
    (
        "web",
        "HTTP around the operations: router, limits, compression, documentation",
    ),
    ("server", "puts the server together"),
    ("progress", "progress of long work, on the terminal"),
    (
        "dumps",
        "`dailies dump` and `dailies restore`: everything in one file, for either database",
    ),
    (
        "upkeep",
        "`dailies upkeep`: old rows, orphaned files, figures worked out anew",
    ),
    (
        "pulling",
        "`dailies pull` and `dailies push`: copies of other instances, through their API",
    ),
    ("demo", "`dailies demo`, a production for a look around"),
    ("cli", "the commands of the program"),
];

/// Finds the sources in a folder and below it.
pub fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
    {
        if entry.is_dir() && !entry.ends_with("node_modules") {
            sources(&entry, found);
        } else if entry.extension().is_some_and(|ending| ending == "rs" || ending == "py") {
            found.push(entry);
        }
    }
}

/// The room of a source, by its path below `src/`; none for the roots of the crate and for the rules of all sources.
fn room(path: &str) -> Option<&str> {
    let room = path
        .split_once('/')
        .map_or_else(|| path.trim_end_matches(".rs"), |(room, _)| room);
    (!matches!(room, "lib" | "main" | "prose" | "refusals" | "rooms")).then_some(room)
}

/// The rooms that a source names, apart from its tests and comments.
fn named(text: &str) -> BTreeSet<String> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let code = code.join("\n");
    let word = |text: &str| {
        text.chars()
            .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
            .collect::<String>()
    };
    let mut found = BTreeSet::new();
    for part in code.split("crate::").skip(1) {
        match part.strip_prefix('{') {
            Some(group) => {
                let mut depth = 0;
                let mut first = true;
                for (at, letter) in group.char_indices() {
                    match letter {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => first = true,
                        letter if first && !letter.is_whitespace() => {
                            found.insert(word(&group[at..]));
                            first = false;
                        }
                        _ => {}
                    }
                }
            }
            None => {
                found.insert(word(part));
            }
        }
    }
    found
}

/// The folder of the sources of the server.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Sources by their paths below `src/`.
pub fn all_sources() -> Vec<(String, String)> {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    let path = |file: &Path| {
        file.strip_prefix(root())
            .expect("a source")
            .to_string_lossy()
            .replace('\\', "/")
    };
    files
        .iter()
        .map(|file| (path(file), fs::read_to_string(file).expect("a source")))
        .collect()
}

fn place(room: &str) -> Option<usize> {
    ORDER.iter().position(|(name, _)| *name == room)
}

#[test]
fn no_import_runs_upward() {
    let mut problems = Vec::new();
    for (path, text) in all_sources() {
        let Some(own) = room(&path) else { continue };
        if path.ends_with("tests.rs") {
            continue;
        }
        for other in named(&text).iter().filter(|other| *other != own) {
            if place(other) >= place(own) {
                problems.push(format!("src/{path} uses {other}, which is no room below {own}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_room_has_its_place() {
    let sources = all_sources();
    assert!(sources.len() > 200, "the sources are not there");
    let there: BTreeSet<&str> = sources.iter().filter_map(|(path, _)| room(path)).collect();
    let listed: BTreeSet<&str> = ORDER.iter().map(|(name, _)| *name).collect();
    assert_eq!(there, listed);
}

#[test]
fn the_guide_shows_the_same_order() {
    let guide = fs::read_to_string(root().join("../ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let rows: Vec<&str> = guide.lines().filter(|line| line.starts_with("| `")).collect();
    let expected: Vec<String> = ORDER
        .iter()
        .map(|(name, phrase)| format!("| `{name}` | {phrase} |"))
        .collect();
    assert_eq!(
        rows, expected,
        "the table of rooms in ARCHITECTURE.md should have these lines"
    );
}

/// Words before the name of what a source defines.
const DEFINITIONS: [&str; 7] = ["const", "enum", "fn", "mod", "static", "struct", "trait"];

#[test]
fn sources_and_definitions_that_the_guides_name_are_there() {
    let sources = all_sources();
    let is_source = |name: &str| {
        let ending = format!("/{name}");
        sources
            .iter()
            .any(|(path, _)| format!("/src/{path}").ends_with(&ending))
    };
    let is_defined = |name: &str| {
        DEFINITIONS.iter().any(|word| {
            let definition = format!("{word} {name}");
            sources.iter().any(|(_, text)| text.contains(&definition))
        })
    };
    let is_word = |text: &str| {
        text.chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    let mut problems = Vec::new();
    for guide in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(root().join("..").join(guide)).expect("a guide");
        // Every second part of a line stands between backticks.
        for span in text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)) {
            let is_there = match span.rsplit_once("::") {
                Some((_, name)) => !is_word(name) || is_defined(name),
                None if span.contains('*') || !span.ends_with(".rs") => true,
                None => is_source(span) || root().join("..").join(span).exists(),
            };
            if !is_there {
                problems.push(format!("{guide} names {span}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Functions that read a column of a row by its place.
const POSITIONAL_READS: [&str; 5] = [
    "try_get_by_index",
    "try_get_many_by_index",
    "try_get_by(",
    "get_by_index",
    "into_tuple",
];

#[test]
fn rows_are_read_by_name() {
    let mut problems = Vec::new();
    for (path, text) in all_sources() {
        // The writers of `database` decide once for a statement where its columns are. Its readers of one value need no name.
        if room(&path).is_none_or(|room| room == "database") {
            continue;
        }
        for (at, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            if let Some(read) = POSITIONAL_READS.iter().find(|read| line.contains(**read)) {
                problems.push(format!(
                    "src/{path}:{}: {read} counts columns; read them by name, or add them to a SelectList",
                    at + 1
                ));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn imports_are_found_in_every_form() {
    let text = "//! See crate::web.\nuse crate::app::App;\nuse crate::{database::{self, Sql}, events::Work,\n    jobs};\nfn a() { crate::tasks::b() }";
    assert_eq!(
        named(text).into_iter().collect::<Vec<_>>(),
        ["app", "database", "events", "jobs", "tasks"]
    );
}

//! Files of replays: their keys, the steps that a file comes to, and the form that all of them keep.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rstest::rstest;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replay {
    /// Subject of the file.
    about: String,
    /// Flags that the server starts with.
    #[serde(default)]
    flags: Vec<String>,
    /// Files of the same folder whose steps come first, to prepare the studio: of those only the status counts.
    #[serde(default)]
    after: Vec<String>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// Point of the step, in one sentence.
    pub does: String,
    /// Caller: a role of the team, `outside` and a role, or nobody.
    #[serde(default = "admin", rename = "as")]
    pub caller: String,
    /// Method and path.
    pub call: String,
    pub body: Option<Value>,
    /// Headers that the call has besides the usual ones.
    #[serde(default)]
    pub with: HashMap<String, String>,
    /// A table that is sent as the file of a form, in place of a body.
    pub table: Option<String>,
    /// Name of that file.
    #[serde(default = "table_name")]
    pub file: String,
    #[serde(default = "ok")]
    pub status: u16,
    /// The shape of the answer.
    pub answer: Option<Value>,
    /// The answer to the letter, where it is no JSON; lines end with line feeds here.
    pub text: Option<String>,
    /// Variable for the answer as text.
    pub keep: Option<String>,
    /// Variables, each by its place in the answer.
    #[serde(default)]
    pub save: HashMap<String, String>,
    /// Names and payloads of the events that the step makes, in order.
    pub events: Option<Vec<serde_json::Map<String, Value>>>,
    /// Callers who may not do it; they are tried first.
    #[serde(default)]
    pub refused: Vec<String>,
}

fn admin() -> String {
    "admin".into()
}

fn ok() -> u16 {
    200
}

fn table_name() -> String {
    "table.csv".into()
}

/// A step, and where it is written.
pub(super) struct Planned {
    /// `comments.yaml:12`
    pub place: String,
    /// The lines of the step.
    pub source: String,
    /// True if it only prepares what follows.
    pub prepares: bool,
    pub step: Step,
}

fn parse(file: &Path) -> (Replay, String) {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let replay: Replay = serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert!(
        !replay.about.is_empty() && !replay.steps.is_empty(),
        "{} is about nothing",
        file.display()
    );
    (replay, text)
}

/// The steps of a file, behind those of the files that it comes after.
pub(super) fn plan(file: &Path, prepares: bool, planned: &mut Vec<Planned>) -> Vec<String> {
    let (replay, text) = parse(file);
    for name in &replay.after {
        plan(&file.with_file_name(name), true, planned);
    }
    let name = file.file_name().expect("a file").to_string_lossy();
    let lines: Vec<&str> = text.lines().collect();
    let starts: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.starts_with("  - does:") || line.starts_with("  - {does:"))
        .map(|(at, _)| at)
        .collect();
    assert_eq!(
        starts.len(),
        replay.steps.len(),
        "{name}: a step begins with 'does', two blanks from the margin"
    );
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    for ((start, end), step) in starts.iter().zip(ends).zip(replay.steps) {
        planned.push(Planned {
            place: format!("{name}:{}", start + 1),
            source: lines[*start..end].join("\n"),
            prepares,
            step,
        });
    }
    replay.flags
}

/// Bytes and lines that a file may have. One that comes near is cut by subject.
const LONGEST: (usize, usize) = (20_480, 700);

/// Words that begin a sentence which leans on the one before it.
const LEANING: [&str; 16] = [
    "Again", "Also", "And", "But", "Even", "Likewise", "Neither", "Nor", "Once", "Or", "So", "Such", "Then", "Twice",
    "Unless", "Which",
];

/// True if a step says nothing to somebody who reads it alone, as where it fails.
fn leans(does: &str) -> bool {
    let mut words = does.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
    let first = words.next().unwrap_or_default();
    LEANING.contains(&first) || does.split_whitespace().count() < 3
}

/// Lines that not every parser reads alike: an older one takes a question mark in a flow mapping for syntax.
fn ambiguous(text: &str) -> impl Iterator<Item = usize> {
    let prose = |line: &str| {
        ["call:", "- does:", "about:", "#"]
            .iter()
            .any(|start| line.trim_start().starts_with(start))
    };
    let plain = |line: &str| line.split('"').step_by(2).any(|part| part.contains('?'));
    text.lines()
        .enumerate()
        .filter(move |(_, line)| !prose(line) && plain(line))
        .map(|(at, _)| at + 1)
}

#[rstest]
fn files_are_short_and_plain_yaml(#[files("tests/replay/*.yaml")] file: PathBuf) {
    let (replay, text) = parse(&file);
    let leaning: Vec<&str> = replay
        .steps
        .iter()
        .map(|step| step.does.as_str())
        .filter(|does| leans(does))
        .collect();
    assert!(
        leaning.is_empty(),
        "{}: these steps say nothing by themselves: {leaning:?}",
        file.display()
    );
    let (size, lines) = (text.len(), text.lines().count());
    assert!(
        size <= LONGEST.0 && lines <= LONGEST.1,
        "{}: {size} bytes and {lines} lines; cut it by subject, see `after`",
        file.display()
    );
    let unclear: Vec<usize> = ambiguous(&text).collect();
    assert!(
        unclear.is_empty(),
        "{}: put what has a question mark into quotes, lines {unclear:?}",
        file.display()
    );
}

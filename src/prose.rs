//! Rules for the text of all sources, in Rust and in Python: their length, their heads, and the first words of docs.

use std::fs;
use std::path::Path;

use crate::rooms::{root, sources};

/// Folders of the repository with sources.
const SOURCES: [&str; 8] = [
    "benches",
    "demo/src",
    "docs",
    "entity/src",
    "migration",
    "openapi",
    "src",
    "tests",
];

/// Words that begin a question, and no name of what is described.
const QUESTION_WORDS: [&str; 10] = [
    "What", "Whether", "How", "Who", "Whom", "Whose", "When", "Where", "Which", "Why",
];

/// Words that may stand before a word of a question, as in *from when on*.
const PREPOSITIONS: [&str; 10] = ["After", "At", "By", "For", "From", "In", "Of", "To", "Under", "Until"];

/// Text of a line of a doc comment, or of the first line of one in Python.
fn documentation(line: &str) -> Option<&str> {
    let line = line.trim_start();
    ["///", "//!", "\"\"\""]
        .into_iter()
        .find_map(|mark| line.strip_prefix(mark))
        .map(str::trim)
}

/// True if a text begins as a question does, or with a *that* which stands for a name.
fn asks(text: &str) -> bool {
    let mut words = text.split(|letter: char| !letter.is_alphanumeric());
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let follows = QUESTION_WORDS.iter().any(|word| word.eq_ignore_ascii_case(second));
    first == "That" || QUESTION_WORDS.contains(&first) || (PREPOSITIONS.contains(&first) && follows)
}

/// Places of paragraphs of doc comments that begin with a word of a question, and of docs that say nothing before their first
/// heading.
fn questions(text: &str) -> Vec<usize> {
    let mut before = None;
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let said = documentation(line);
        let begins = before.is_none_or(|before: &str| before.is_empty() || before.starts_with('#'));
        let is_silent = before.is_none() && said.is_some_and(|said| said.starts_with("# "));
        if is_silent || (begins && said.is_some_and(asks)) {
            found.push(at + 1);
        }
        before = said;
    }
    found
}

/// Sources of the whole repository by their paths in it.
fn repository() -> Vec<(String, String)> {
    let repository = root().join("..");
    let mut files = Vec::new();
    for folder in SOURCES {
        sources(&repository.join(folder), &mut files);
    }
    assert!(files.len() > 600, "the sources are not there");
    let path = |file: &Path| file.strip_prefix(&repository).expect("a source").display().to_string();
    files
        .iter()
        .map(|file| (path(file), fs::read_to_string(file).expect("a source")))
        .collect()
}

/// Lines that a source may have, with its tests. One that comes near is cut by subject.
const LONGEST: usize = 500;

#[test]
fn sources_are_short() {
    let long = |(path, text): &(String, String)| {
        let lines = text.lines().count();
        (lines > LONGEST).then(|| format!("{path} has {lines} lines"))
    };
    let problems: Vec<String> = repository().iter().filter_map(long).collect();
    assert!(problems.is_empty(), "cut them by subject:\n{}", problems.join("\n"));
}

#[test]
fn sources_open_with_a_sentence_about_themselves() {
    let opens = |text: &str| text.starts_with("//!") || text.starts_with("\"\"\"");
    let sources = repository();
    let silent: Vec<&str> = sources
        .iter()
        .filter(|(_, text)| !opens(text))
        .map(|(path, _)| path.as_str())
        .collect();
    assert!(silent.is_empty(), "say what lives there:\n{}", silent.join("\n"));
}

#[test]
fn docs_begin_with_what_they_describe() {
    let mut problems = Vec::new();
    for (path, text) in repository() {
        problems.extend(questions(&text).iter().map(|line| format!("{path}:{line}")));
    }
    assert!(
        problems.is_empty(),
        "these docs begin with a word of a question, or with a heading; say what kind of thing it is:\n{}",
        problems.join("\n")
    );
}

#[test]
fn questions_are_found_where_docs_begin() {
    let text = "//! How it works.\n\n/// Result of it.\n/// When it fails, none.\n///\n/// # Errors\n/// When it fails.\nfn a() {}\n    /// Whether it does.\n    b: bool, // Who knows.\n";
    assert_eq!(questions(text), [1, 7, 9]);
    let text = "/// From when on.\nfn a() {}\n/// In that order.\nfn b() {}\n/// That of a sheep.\nfn c() {}\n\"\"\"Whether it is.\"\"\"\n";
    assert_eq!(questions(text), [1, 5, 7]);
    assert_eq!(
        questions("/// # Errors\n/// It fails.\nfn a() {}\n/// It.\n///\n/// # Errors\n/// It fails."),
        [1]
    );
}

//! A rule for all sources: a refusal says which parameter or field is wrong. Its message names it, or `Failure::naming` does
//! where clients know the message without it.

use crate::rooms::all_sources;

/// Functions that make a refusal of a message.
const CONSTRUCTORS: [&str; 3] = ["Failure::refused(", "Failure::parameter(", "Failure::record("];

/// Placeholders that stand for the name of a field in a message that is put together.
const PLACES: [&str; 12] = [
    "{field}",
    "{fields}",
    "{issuer}",
    "{key}",
    "{list}",
    "{missing}",
    "{name}",
    "{named}",
    "{parameter}",
    "{subject}",
    "column.name",
    "missing_field(",
];

/// Messages that name a field by a word of the language.
const NAMED_BY_A_WORD: [&str; 15] = [
    "A concept folder with this name already exists.",
    "A preview background file with similar name already exists",
    "A project template with this name already exists",
    "Entity type with this name already exists: {twin}",
    "Invalid locale, expected a name available in Python Babel (e.g. en_US, fr_FR).",
    "Invalid resolution {resolution}. Expected format: '1920x1080' or 'x1080'.",
    "Invalid status",
    "Missing required parameter: comments",
    "Revision {new} already exists for this task. Choose a different revision number, or omit it to let the revision auto-increment.",
    "Revision {revision} already exists for this task. Choose a different revision number, or omit it to let the revision auto-increment.",
    "The 'name' field cannot be set to None.",
    "The 'name' field is required and cannot be None.",
    "Wrong or expired token.",
    "assignees must be a list.",
    "name is required",
];

/// Refusals that are about no field: what is there stands in the way, or the whole body or file is at fault. Those that are no
/// sentence are arguments of functions, and hold one of either kind.
const OF_NO_FIELD: [&str; 47] = [
    "A preview account can't be assigned",
    "An admin can't change another admin's password.",
    "An admin can't disable 2FA for other admins.",
    "Cannot extract {what} from preview with extension '{extension}'",
    "FIDO not enabled.",
    "No annotated frame could be extracted from this preview",
    "No annotation found on picture preview",
    "No preregistration before.",
    "No task status says that work is going on.",
    "No two factor authentication enabled.",
    "Only closed projects can be deleted",
    "Only one preview file is allowed per revision for this project.",
    "Passwords are not kept on this server.",
    "Preview file has no annotations",
    "Preview file is not a movie",
    "Request body must be a JSON array.",
    "Request body must be a JSON object.",
    "Request body must only contain valid UUIDs.",
    "Salary scales cannot be created",
    "Some data are still linked to given person.",
    "Some data are still linked to this {}.",
    "Task type is attached to {}. Re-issue the request with force=true to detach.",
    "The change conflicts with records referencing this one.",
    "The entity type {name} can't be deleted.",
    "The extension of an attached file has more than {LONGEST_EXTENSION} characters.",
    "The last administrator can't be demoted, made inactive or deleted.",
    "The movie can't be read.",
    "The name of an attached file has more than {LONGEST_NAME} characters.",
    "The picture has more than {pixels} pixels, or takes more than {megabytes} MB when it is decoded.",
    "The playlist has nothing that a movie could be made of.",
    "The preview has more than {MOST_ANNOTATIONS} annotations.",
    "The status {name} can't be deleted, because productions are found by it.",
    "There are no numbers left for instances of this asset.",
    "This automation is used in a project.",
    "This person has no e-mail address.",
    "This task has no preview file to set as the main preview.",
    "This user is in protected accounts.",
    "Two factor authentication not enabled for this user.",
    "Uploaded file is not a readable picture.",
    "User is unactive.",
    "What happened can't be changed.",
    "What is drawn on a frame takes more than {seconds} seconds to draw.",
    "You are not a participant of this chat",
    "Your password is kept in the directory of the studio.",
    "message",
    "refusal",
    "text",
];

/// A refusal of a source.
struct Refusal<'a> {
    line: usize,
    /// Source before the call.
    before: &'a str,
    arguments: &'a str,
    /// Source behind the call.
    after: &'a str,
}

/// Place of the bracket that closes a call, whose arguments a text begins with.
fn end_of_call(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 1);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at += literal(&text[at..]).map_or(0, |literal| literal.len() + 1),
            b'\'' if bytes.get(at + 2) == Some(&b'\'') => at += 2,
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
        at += 1;
    }
    at
}

/// The first text in quotes, as it is written.
fn literal(text: &str) -> Option<&str> {
    let start = text.find('"')? + 1;
    let mut escaped = false;
    for (at, letter) in text[start..].char_indices() {
        match letter {
            '"' if !escaped => return Some(&text[start..start + at]),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

/// The refusals of a source, apart from its tests.
fn refusals(text: &str) -> Vec<Refusal<'_>> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut found = Vec::new();
    for constructor in CONSTRUCTORS {
        for (at, _) in text.match_indices(constructor) {
            let start = at + constructor.len();
            let end = start + end_of_call(&text[start..]);
            found.push(Refusal {
                line: text[..at].lines().count(),
                before: &text[..at],
                arguments: &text[start..end],
                after: text.get(end + 1..).unwrap_or_default(),
            });
        }
    }
    found
}

impl<'a> Refusal<'a> {
    /// The message; the argument where the message comes from elsewhere.
    fn message(&self) -> &'a str {
        let argument = self.arguments.trim();
        let made = || literal(&self.before[self.before.rfind(&format!("let {argument} ="))?..]);
        literal(argument).or_else(made).unwrap_or(argument)
    }

    fn names_a_field(&self) -> bool {
        let message = self.message();
        let in_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let is_field = |word: &str| word.contains('_') && !word.contains(|letter: char| letter.is_ascii_uppercase());
        let prefixed = message
            .split_once(": ")
            .is_some_and(|(name, _)| name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_'));
        self.after.trim_start().starts_with(".naming(")
            || prefixed
            || message.split(|letter: char| !in_word(letter)).any(is_field)
            || PLACES
                .iter()
                .any(|place| message.contains(place) || self.arguments.contains(place))
    }
}

#[test]
fn refusals_name_what_is_wrong() {
    let mut problems = Vec::new();
    let mut seen = 0;
    for (path, text) in all_sources() {
        if path.ends_with("tests.rs") || path == "refusals.rs" {
            continue;
        }
        for refusal in refusals(&text) {
            seen += 1;
            let message = refusal.message();
            let known = NAMED_BY_A_WORD.contains(&message) || OF_NO_FIELD.contains(&message);
            if !known && !refusal.names_a_field() {
                problems.push(format!(
                    "src/{path}:{}: \"{message}\" names no field; say which one with naming()",
                    refusal.line
                ));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(seen > 150, "only {seen} refusals were found");
}

#[test]
fn refusals_are_found_in_every_form() {
    let text = r#"
        let message = format!("'{key}' (once)");
        Failure::record(message)
        Failure::parameter("No \"brackets\" ) in texts").naming("name")
        Failure::refused(format!("{} is gone", f(x)))
    "#;
    let found: Vec<(&str, bool)> = refusals(text)
        .iter()
        .map(|refusal| (refusal.message(), refusal.names_a_field()))
        .collect();
    assert_eq!(
        found,
        [
            ("{} is gone", false),
            (r#"No \"brackets\" ) in texts"#, true),
            ("'{key}' (once)", true),
        ]
    );
}

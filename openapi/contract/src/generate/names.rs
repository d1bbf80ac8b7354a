//! Names of the contract as names of Rust.

/// `PersonSummary` or `person-summary` or `Person summary` as `person_summary`.
pub(super) fn snake(name: &str) -> String {
    let mut text = String::new();
    for (at, c) in name.chars().enumerate() {
        if c.is_ascii_uppercase() {
            if at > 0 && !text.ends_with('_') {
                text.push('_');
            }
            text.push(c.to_ascii_lowercase());
        } else if c.is_ascii_alphanumeric() {
            text.push(c);
        } else if !text.ends_with('_') {
            text.push('_');
        }
    }
    text
}

/// `list_persons` or `project-status` as `ListPersons` and `ProjectStatus`.
pub(super) fn pascal(name: &str) -> String {
    let mut text = String::new();
    let mut start = true;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            start = true;
        } else if start {
            text.push(c.to_ascii_uppercase());
            start = false;
        } else {
            text.push(c);
        }
    }
    text
}

/// A name that may stand for a field: keywords are escaped, foreign characters replaced.
pub(super) fn field(name: &str) -> String {
    const KEYWORDS: [&str; 9] = ["type", "for", "in", "match", "move", "ref", "self", "use", "where"];
    let text = snake(name);
    if KEYWORDS.contains(&text.as_str()) {
        format!("r#{text}")
    } else {
        text
    }
}

/// Text as lines of a doc comment.
pub(super) fn doc(text: &str, indent: &str) -> String {
    text.trim()
        .lines()
        .map(|line| format!("{indent}/// {line}").trim_end().to_owned() + "\n")
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_change_their_case() {
        assert_eq!(snake("PersonSummary"), "person_summary");
        assert_eq!(snake("project-status"), "project_status");
        assert_eq!(pascal("list_task_types"), "ListTaskTypes");
        assert_eq!(field("type"), "r#type");
        assert_eq!(field("database-up"), "database_up");
    }
}

//! Keeps addresses apart. Where an address could be read as either of two paths, the one that says more of it (a word
//! where the other has a parameter) is written with the `/api` that every address may have in front.

use serde_json::{Map, Value};

/// Prefix that may stand in front of every address.
pub(crate) const PREFIX: &str = "/api";

/// Certainty of a segment about what stands there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    /// One parameter, and nothing else.
    Anything,
    /// A parameter with text or another parameter beside it.
    Something,
    Word,
}

fn segments(path: &str) -> impl Iterator<Item = (&str, Segment)> {
    path.split('/').map(|text| {
        let open = text.starts_with('{') && text.ends_with('}');
        match text.matches('{').count() {
            1 if open => (text, Segment::Anything),
            0 => (text, Segment::Word),
            _ => (text, Segment::Something),
        }
    })
}

/// True if nothing but the order of the routes tells two paths apart: there is an address for both, and neither has more
/// parameters than the other.
pub(crate) fn ambiguous(one: &str, other: &str) -> bool {
    // Two parameters that fill a segment between them are like one.
    let is_parameter = |text: &str| text.starts_with('{') && text.ends_with('}');
    let parameters = |path: &str| path.split('/').filter(|text| is_parameter(text)).count();
    one != other
        && one.split('/').count() == other.split('/').count()
        && parameters(one) == parameters(other)
        && one
            .split('/')
            .zip(other.split('/'))
            .all(|(one, other)| one == other || is_parameter(one) || is_parameter(other))
}

/// True if the first path says more where the two first differ.
fn says_more(one: &str, other: &str) -> bool {
    let differing = segments(one)
        .zip(segments(other))
        .find(|((_, one), (_, other))| one != other);
    differing.is_some_and(|((_, one), (_, other))| one > other)
}

/// Writes [`PREFIX`] in front of every path that could be taken for one that says less.
pub(crate) fn keep_apart(paths: &mut Map<String, Value>) {
    let known: Vec<String> = paths.keys().cloned().collect();
    let taken = std::mem::take(paths);
    for (path, item) in taken {
        let prefixed = known
            .iter()
            .any(|other| ambiguous(&path, other) && says_more(&path, other));
        if prefixed {
            let mut item = item;
            say_so(&mut item, &path);
            paths.insert(format!("{PREFIX}{path}"), item);
        } else {
            paths.insert(path, item);
        }
    }
}

/// Tells readers of a prefixed path where else it answers, and why it is written this way.
fn say_so(item: &mut Value, path: &str) {
    for operation in item.as_object_mut().into_iter().flat_map(|item| item.values_mut()) {
        let description = operation["description"].as_str().unwrap_or_default();
        let more = format!(
            "Answers at `{path}` as well; here it has `{PREFIX}` in front, since tools could take it for another path."
        );
        operation["description"] = format!("{description}\n\n{more}").trim().into();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_word_goes_under_api_where_another_path_has_a_parameter() {
        let mut paths = Map::new();
        for path in [
            "/persons/{person_id}/tasks",
            "/persons/logs/{month}",
            "/persons/logs/today",
            "/persons/{instance_id}",
            "/files/{instance_id}.{extension}",
            "/files/{instance_id}",
            "/files/{instance_id}.png",
        ] {
            paths.insert(path.to_owned(), json!({}));
        }
        keep_apart(&mut paths);
        let names: Vec<_> = paths.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "/persons/{person_id}/tasks",
                "/api/persons/logs/{month}",
                "/persons/logs/today",
                "/persons/{instance_id}",
                "/api/files/{instance_id}.{extension}",
                "/files/{instance_id}",
                "/files/{instance_id}.png",
            ]
        );
    }
}

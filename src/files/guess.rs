//! Reads paths by the folder templates of a tree, the other way round.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{GuessedPath, PathToGuess};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::names::{NameLookup, NamedKind};
use super::paths::separator;
use crate::access::entities::Scope;
use crate::app::App;
use crate::database::{self, Sql};
use crate::file_trees::Prefix;
use crate::file_trees::language::{Field, Piece, Style, pieces};
use crate::vocabulary::kinds::EntityKind;

/// The readings of a path.
pub(super) async fn guess(app: &App, caller: &Caller, body: &PathToGuess) -> Result<Json<Vec<GuessedPath>>, Failure> {
    let scope = Scope::required_project(app, caller, body.project_id)
        .await
        .map_err(|failure| failure.naming_unknown("project_id"))?;
    let sql = Sql::with("SELECT file_tree FROM project WHERE id = $1", [body.project_id.into()]);
    let row = database::row(&app.database, &sql)
        .await?
        .ok_or_else(Failure::not_found)?;
    let tree: Option<Value> = row.try_get("", "file_tree")?;
    let separator = separator(body.sep.as_ref());
    let mut names = NameLookup::new(app, &scope);
    let mut readings: Vec<Map<String, Value>> = Vec::new();
    for mode in tree.iter().filter_map(Value::as_object).flat_map(Map::values) {
        for (kind, captured) in captures(mode, &body.file_path, separator) {
            let reading = resolve(&mut names, body.project_id, kind, &captured).await?;
            if !readings.contains(&reading) {
                readings.push(reading);
            }
        }
    }
    Ok(Json::of(&readings)?)
}

/// A token with the text that stands for it.
type Captured<'a> = Vec<(&'a str, String)>;

/// The templates of a mode that a path fits, with what stands for their tokens.
fn captures<'a>(mode: &'a Value, path: &str, separator: &str) -> Vec<(&'a str, Captured<'a>)> {
    let Some(prefix) = Prefix::of(mode, separator) else {
        return Vec::new();
    };
    let style = Style::of(mode["folder_path"]["style"].as_str());
    let path = style.apply(path);
    let Some(rest) = path.strip_prefix(&style.apply(prefix.text())) else {
        return Vec::new();
    };
    let parts: Vec<&str> = rest.split(separator).collect();
    let templates = mode["folder_path"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(kind, _)| *kind != "style");
    let templates = templates.filter_map(|(kind, template)| Some((kind.as_str(), template.as_str()?)));
    templates
        .filter_map(|(kind, template)| Some((kind, capture(template, &parts)?)))
        .collect()
}

/// Texts that stand for the tokens of a template in a path, as far as both go; nothing when they differ.
fn capture<'a>(template: &'a str, parts: &[&str]) -> Option<Captured<'a>> {
    let mut captured: Captured<'a> = Vec::new();
    for (element, part) in template.split('/').zip(parts) {
        match *pieces(element).as_slice() {
            [
                Piece::Token {
                    name,
                    field: Field::Name,
                },
            ] => keep(&mut captured, name, part),
            [
                Piece::Text(before),
                Piece::Token {
                    name,
                    field: Field::Name,
                },
            ] => keep(&mut captured, name, cut(part, before, "")?),
            [
                Piece::Token {
                    name,
                    field: Field::Name,
                },
                Piece::Text(after),
            ] => keep(&mut captured, name, cut(part, "", after)?),
            [
                Piece::Text(before),
                Piece::Token {
                    name,
                    field: Field::Name,
                },
                Piece::Text(after),
            ] => keep(&mut captured, name, cut(part, before, after)?),
            // Several names, numbers and ids tell nothing for sure.
            _ if element.contains('<') => {}
            _ if element.eq_ignore_ascii_case(part) => {}
            _ => return None,
        }
    }
    (!captured.is_empty()).then_some(captured)
}

fn keep<'a>(captured: &mut Captured<'a>, name: &'a str, text: &str) {
    if captured.iter().all(|(known, _)| *known != name) {
        captured.push((name, text.replace('_', " ")));
    }
}

/// The text between two others.
fn cut<'p>(part: &'p str, before: &str, after: &str) -> Option<&'p str> {
    let (start, end) = (before.len(), part.len().checked_sub(after.len())?);
    let fits =
        start <= end && part.get(..start)?.eq_ignore_ascii_case(before) && part.get(end..)?.eq_ignore_ascii_case(after);
    if fits { part.get(start..end) } else { None }
}

/// The records that captured texts stand for, up to the first that stands for none.
async fn resolve(
    names: &mut NameLookup<'_>,
    project_id: Uuid,
    kind: &str,
    captured: &Captured<'_>,
) -> Result<Map<String, Value>, Failure> {
    let mut reading = Map::from_iter([("Template".to_owned(), json!(kind))]);
    for (token, text) in captured {
        let value = match *token {
            "Name" | "Representation" => Some(json!(text)),
            "Version" => text.trim().parse::<u32>().ok().map(|number| json!(number.to_string())),
            token => match place(token, project_id, &reading) {
                Some(kind) => names.find(kind, text).await?.map(|id| json!(id)),
                None => None,
            },
        };
        let Some(value) = value else { break };
        reading.insert((*token).to_owned(), value);
    }
    Ok(reading)
}

/// Among which records a token is looked for; nothing as long as what it depends on is not known.
fn place(token: &str, project_id: Uuid, reading: &Map<String, Value>) -> Option<NamedKind> {
    let known = |token: &str| {
        reading
            .get(token)
            .and_then(Value::as_str)
            .and_then(|text| Uuid::try_parse(text).ok())
    };
    if token == "Project" {
        return Some(NamedKind::Project(project_id));
    }
    let in_project = known("Project").is_some();
    match token {
        "AssetType" | "TemporalEntityType" => Some(NamedKind::EntityType),
        "TaskType" => Some(NamedKind::TaskType),
        "Department" => Some(NamedKind::Department),
        "OutputType" => Some(NamedKind::OutputType),
        "Instance" => known("Asset").map(NamedKind::Instance),
        _ if !in_project => None,
        "Asset" => known("AssetType").map(NamedKind::OfType),
        "TemporalEntity" => known("TemporalEntityType").map(NamedKind::OfType),
        "Episode" => Some(NamedKind::Within(EntityKind::Episode, None)),
        "Sequence" => Some(NamedKind::Within(EntityKind::Sequence, known("Episode"))),
        "Scene" => Some(NamedKind::Within(EntityKind::Scene, known("Sequence"))),
        "Shot" => known("Sequence").map(|sequence| NamedKind::Within(EntityKind::Shot, Some(sequence))),
        "Task" => {
            let entity_id = ["Scene", "Asset", "Shot"].into_iter().find_map(known)?;
            Some(NamedKind::Task {
                entity_id,
                task_type_id: known("TaskType")?,
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(template: &str, path: &str) -> Option<Vec<(String, String)>> {
        let parts: Vec<&str> = path.split('/').collect();
        capture(template, &parts).map(|captured| {
            captured
                .into_iter()
                .map(|(token, text)| (token.to_owned(), text))
                .collect()
        })
    }

    fn pair(token: &str, text: &str) -> (String, String) {
        (token.to_owned(), text.to_owned())
    }

    #[test]
    fn paths_are_read_as_far_as_they_go() {
        let template = "<Project>/assets/<Asset>/v<Version>_x";
        assert_eq!(
            read(template, "cosmos_landromat"),
            Some(vec![pair("Project", "cosmos landromat")])
        );
        let whole = vec![pair("Project", "a"), pair("Asset", "tree"), pair("Version", "003")];
        assert_eq!(read(template, "a/Assets/tree/v003_x/more"), Some(whole));
        assert_eq!(read(template, "a/shots/tree"), None);
        assert_eq!(read(template, "a/assets/tree/w003_x"), None);
        assert_eq!(read(template, "a/assets/tree/v"), None);
        assert_eq!(read("fixed", "fixed"), None);
    }

    #[test]
    fn the_first_of_several_counts_and_fields_tell_nothing() {
        assert_eq!(
            read("<Shot>/<Shot>/<Instance.number>", "a/b/0001"),
            Some(vec![pair("Shot", "a")])
        );
    }

    #[test]
    fn a_path_starts_as_the_mode_says() {
        let mode = json!({"mountpoint": "/m", "root": "", "folder_path": {"style": "lowercase", "asset": "<Project>/<Asset>", "n": 1}});
        assert_eq!(
            captures(&mode, "/M/Cosmos/Tree", "/"),
            [("asset", vec![("Project", "cosmos".into()), ("Asset", "tree".into())])]
        );
        assert_eq!(
            captures(&mode, "/m\\cosmos", "\\"),
            [("asset", vec![("Project", "cosmos".into())])]
        );
        assert!(captures(&mode, "/other/cosmos", "/").is_empty());
        assert!(captures(&json!({}), "/m/cosmos", "/").is_empty());
    }
}

//! Documents of the search: names and texts of the assets, shots and persons that the caller may see.

use std::fmt::Write;

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use sea_orm::FromQueryResult;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::words::{fold, words};
use crate::access::entities::Scope;
use crate::access::metadata::Masks;
use crate::access::persons::knows_colleagues_only;
use crate::database::{self, Database, Sql};
use crate::people::colleagues::{only_colleagues, only_known};
use crate::vocabulary::kinds::EntityKind;

/// Metadata of shots that are numbers for machines.
const FRAMES: [&str; 5] = ["frame_in", "frame_out", "fps", "handle_in", "handle_out"];

/// Something that can be found. Its texts are folded.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) id: Uuid,
    /// The name, with what stands before it: the type of an asset, the episode and sequence of a shot.
    pub(super) name: String,
    description: String,
    /// Name and value of each field.
    metadata: Vec<(String, String)>,
}

impl Document {
    /// The fields that are searched, the most important first.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let metadata = self
            .metadata
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        [("name", self.name.as_str()), ("description", self.description.as_str())]
            .into_iter()
            .chain(metadata)
    }
}

#[derive(FromQueryResult)]
struct EntityRow {
    id: Uuid,
    project_id: Uuid,
    name: String,
    place: String,
    description: Option<String>,
    data: Option<String>,
}

/// The entities of a kind that a scope shows in open productions, or in one of them.
pub(super) async fn entities(
    database: &Database,
    kind: EntityKind,
    scope: &Scope,
    project_id: Option<Uuid>,
    masks: &Masks,
) -> Result<Vec<Document>, Failure> {
    let (place, joins) = match kind {
        EntityKind::Shot => (
            "COALESCE(ep.name || ' ', '') || COALESCE(sq.name, '')",
            "LEFT JOIN entity sq ON sq.id = e.parent_id LEFT JOIN entity ep ON ep.id = sq.parent_id",
        ),
        _ => ("et.name", "JOIN entity_type et ON et.id = e.entity_type_id"),
    };
    let mut sql = Sql::new(format!(
        "SELECT e.id, e.project_id, e.name, {place} AS place, e.description, CAST(e.data AS text) AS data FROM entity e {joins} \
         JOIN project p ON p.id = e.project_id JOIN project_status ps ON ps.id = p.project_status_id \
         WHERE ps.name = 'Open' AND {}",
        kind.condition("e.entity_type_id")
    ));
    if let Some(project_id) = project_id {
        sql.push(" AND e.project_id = ").bind(project_id);
    }
    scope.restrict(&mut sql, kind);
    let rows: Vec<EntityRow> = database::read_all(database, &sql).await?;
    Ok(rows.into_iter().map(|row| document(row, kind, masks)).collect())
}

fn document(row: EntityRow, kind: EntityKind, masks: &Masks) -> Document {
    let hidden = masks.of_project(row.project_id);
    let data: Map<String, Value> = row
        .data
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let is_number = |field: &str| kind == EntityKind::Shot && FRAMES.contains(&field);
    let shown = |field: &str| !is_number(field) && hidden.iter().all(|name| name != field);
    let metadata = data
        .into_iter()
        .filter(|(field, _)| shown(field))
        .map(|(field, value)| (field, text_of(&value)));
    Document {
        id: row.id,
        name: name(&row.place, &row.name),
        description: fold(row.description.as_deref().unwrap_or_default()).into_owned(),
        metadata: metadata.collect(),
    }
}

/// A name behind its place, and once more in one word, so that `maincharacter` finds `main_character`.
fn name(place: &str, name: &str) -> String {
    let folded = fold(name);
    let mut text = format!("{} {folded}", fold(place));
    if words(&folded).nth(1).is_some() {
        text.push(' ');
        text.extend(words(&folded));
    }
    text
}

/// A value of metadata as folded text.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => fold(text).into_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => items.iter().fold(String::new(), |mut text, item| {
            let _ = write!(text, "{} ", text_of(item));
            text
        }),
        _ => String::new(),
    }
}

#[derive(FromQueryResult)]
struct PersonRow {
    id: Uuid,
    first_name: String,
    last_name: String,
}

/// The active persons whom the caller is told of.
pub(super) async fn persons(database: &Database, caller: &Caller) -> Result<Vec<Document>, Failure> {
    let mut sql =
        Sql::new("SELECT p.id, p.first_name, p.last_name FROM person p WHERE p.is_guest = false AND p.active = true");
    if knows_colleagues_only(caller) {
        only_colleagues(&mut sql, caller.person.id);
    }
    only_known(&mut sql, caller);
    let rows: Vec<PersonRow> = database::read_all(database, &sql).await?;
    let document = |row: PersonRow| Document {
        id: row.id,
        name: fold(&format!("{} {}", row.first_name, row.last_name)).into_owned(),
        description: String::new(),
        metadata: Vec::new(),
    };
    Ok(rows.into_iter().map(document).collect())
}

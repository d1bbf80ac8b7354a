//! Shelves of productions: read from the database, and kept for as long as nothing changes that they show. The database itself
//! says whether something did ([`ProductionMarks`]), so that a search is exact right after a commit, on every server.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use moka::future::Cache;
use sea_orm::{DbErr, FromQueryResult};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::documents::{Shelf, ShelfBuilder};
use super::words::{fold, words};
use crate::access::entities::Scope;
use crate::access::persons::knows_colleagues_only;
use crate::app::App;
use crate::conditional::ProductionMarks;
use crate::database::{self, Database, Sql};
use crate::people::colleagues::{only_colleagues, only_known};
use crate::vocabulary::kinds::EntityKind;

/// Metadata of shots that are numbers for machines.
const FRAMES: [&str; 5] = ["frame_in", "frame_out", "fps", "handle_in", "handle_out"];
/// Tables whose rows a shelf is made of.
const TABLES: [&str; 2] = ["entity", "entity_type"];
/// Time for which a shelf is kept that nobody looks at.
const UNUSED_LIMIT: Duration = Duration::from_secs(600);

/// A shelf, and the marks that the database had when it was filled.
#[derive(Clone)]
struct KeptShelf {
    marks: String,
    shelf: Arc<Shelf>,
}

/// The shelves that are kept.
#[derive(Clone)]
pub(super) struct Shelves {
    kept: Option<Cache<(Uuid, EntityKind), KeptShelf>>,
}

impl Shelves {
    /// Room for so many bytes; none for none.
    pub(super) fn new(bytes: u64) -> Self {
        let weight = |_: &(Uuid, EntityKind), kept: &KeptShelf| u32::try_from(kept.shelf.weight()).unwrap_or(u32::MAX);
        let kept = (bytes > 0).then(|| {
            Cache::builder()
                .max_capacity(bytes)
                .weigher(weight)
                .time_to_idle(UNUSED_LIMIT)
                .build()
        });
        Self { kept }
    }

    /// The marks by which shelves are known to be true; none where nothing is kept.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn marks(&self, app: &App) -> Result<Option<ProductionMarks>, DbErr> {
        match &self.kept {
            Some(_) => app.conditional.production_marks(&app.database, &TABLES).await,
            None => Ok(None),
        }
    }

    /// The shelves of a kind of entity in some productions. The marks were read before.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn of(
        &self,
        database: &Database,
        kind: EntityKind,
        productions: &[Uuid],
        marks: Option<&ProductionMarks>,
    ) -> Result<Vec<(Uuid, Arc<Shelf>)>, Failure> {
        let (mut found, mut missing) = (Vec::with_capacity(productions.len()), Vec::new());
        for production in productions {
            match self.known(kind, *production, marks).await {
                Some(shelf) => found.push((*production, shelf)),
                None => missing.push(*production),
            }
        }
        for (production, shelf) in load(database, kind, &missing).await? {
            let shelf = Arc::new(shelf);
            if let (Some(kept), Some(marks)) = (&self.kept, marks) {
                let entry = KeptShelf {
                    marks: marks.of(production),
                    shelf: Arc::clone(&shelf),
                };
                kept.insert((production, kind), entry).await;
            }
            found.push((production, shelf));
        }
        Ok(found)
    }

    /// A shelf that is kept and still true.
    async fn known(&self, kind: EntityKind, production: Uuid, marks: Option<&ProductionMarks>) -> Option<Arc<Shelf>> {
        let kept = self.kept.as_ref()?.get(&(production, kind)).await?;
        (marks?.of(production) == kept.marks).then_some(kept.shelf)
    }
}

/// The open productions that a scope looks into, or one of them.
///
/// # Errors
/// The database does not answer.
pub(super) async fn productions(
    database: &Database,
    scope: &Scope,
    project_id: Option<Uuid>,
) -> Result<Vec<Uuid>, DbErr> {
    let mut sql = Sql::new(
        "SELECT p.id FROM project p JOIN project_status ps ON ps.id = p.project_status_id WHERE ps.name = 'Open'",
    );
    if let Some(project_id) = project_id {
        sql.push(" AND p.id = ").bind(project_id);
    }
    scope.restrict_projects(&mut sql, "p.id");
    sql.push(" ORDER BY p.id");
    database::read_values(database, &sql).await
}

/// Those entities of productions that a scope shows.
///
/// # Errors
/// The database does not answer.
pub(super) async fn visible(
    database: &Database,
    kind: EntityKind,
    scope: &Scope,
    productions: &[Uuid],
) -> Result<HashSet<Uuid>, DbErr> {
    let mut sql = Sql::new(format!(
        "SELECT e.id FROM entity e WHERE {} AND e.project_id",
        kind.condition("e.entity_type_id")
    ));
    sql.among(productions);
    scope.restrict(&mut sql, kind);
    database::ids(database, &sql).await
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

/// Fills the shelves of a kind of entity, one for each production.
async fn load(database: &Database, kind: EntityKind, productions: &[Uuid]) -> Result<HashMap<Uuid, Shelf>, DbErr> {
    if productions.is_empty() {
        return Ok(HashMap::new());
    }
    let (place, joins) = match kind {
        EntityKind::Shot => (
            "COALESCE(ep.name || ' ', '') || COALESCE(sq.name, '')",
            "LEFT JOIN entity sq ON sq.id = e.parent_id LEFT JOIN entity ep ON ep.id = sq.parent_id",
        ),
        _ => ("et.name", "JOIN entity_type et ON et.id = e.entity_type_id"),
    };
    let mut sql = Sql::new(format!(
        "SELECT e.id, e.project_id, e.name, {place} AS place, e.description, CAST(e.data AS text) AS data FROM entity e {joins} \
         WHERE {} AND e.project_id",
        kind.condition("e.entity_type_id")
    ));
    sql.among(productions);
    let mut builders: HashMap<Uuid, ShelfBuilder> = productions.iter().map(|id| (*id, ShelfBuilder::new())).collect();
    database
        .each_row(&sql, |row| {
            let row = EntityRow::from_query_result(row, "")?;
            if let Some(builder) = builders.get_mut(&row.project_id) {
                add(builder, row, kind);
            }
            Ok(())
        })
        .await?;
    Ok(builders
        .into_iter()
        .map(|(production, builder)| (production, builder.finish()))
        .collect())
}

fn add(builder: &mut ShelfBuilder, row: EntityRow, kind: EntityKind) {
    let data: Map<String, Value> = row
        .data
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let is_number = |field: &str| kind == EntityKind::Shot && FRAMES.contains(&field);
    let metadata: Vec<(String, String)> = data
        .into_iter()
        .filter(|(field, _)| !is_number(field))
        .map(|(field, value)| (field, text_of(&value)))
        .collect();
    let description = fold(row.description.as_deref().unwrap_or_default());
    builder.add(row.id, name(&row.place, &row.name), &description, &metadata);
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
///
/// # Errors
/// The database does not answer.
pub(super) async fn persons(database: &Database, caller: &Caller) -> Result<Shelf, Failure> {
    let mut sql =
        Sql::new("SELECT p.id, p.first_name, p.last_name FROM person p WHERE p.is_guest = false AND p.active = true");
    if knows_colleagues_only(caller) {
        only_colleagues(&mut sql, caller.person.id);
    }
    only_known(&mut sql, caller);
    let mut builder = ShelfBuilder::new();
    for PersonRow {
        id,
        first_name,
        last_name,
    } in database::read_all::<PersonRow>(database, &sql).await?
    {
        builder.add(id, fold(&format!("{first_name} {last_name}")).into_owned(), "", &[]);
    }
    Ok(builder.finish())
}

//! Rows of another instance, taken over with their ids. The tables say what can be taken over; what is special to a
//! collection is in [`peculiar`].

mod events;
mod outgoing;
mod peculiar;

use std::collections::HashMap;

use dailies_definitions::failure::Failure;
use dailies_definitions::query::parse_id;
use dailies_definitions::rules::Collection;
use entity::facts::Table;
use sea_orm::DbErr;
use serde_json::{Map, Value};
use uuid::Uuid;

use self::events::{Imported, emit_imported};
use super::batch::{self, Incoming, read_columns, wrong};
use super::links::Lists;
use crate::access::references::{productions, require_many};
use crate::app::App;
use crate::collections;
use crate::crud::{self, Plain, Relation, Resource};
use crate::database::{BATCH, Sql, json, read_values, rows};
use crate::events::Work;
use crate::readiness::{self, counts::Touched};
use crate::tasks::assignment;

/// A row as another instance answers it.
pub type ForeignRow = Map<String, Value>;

/// Kind of the rows.
#[derive(Clone, Copy)]
pub struct Source {
    resource: &'static dyn Resource,
    /// Relations whose ids come along.
    relations: &'static [&'static str],
    /// True if these ids are added to those that are there, and not put in their place.
    adds: bool,
    /// True if rows are taken as they are, and their files follow.
    exact: bool,
}

/// Builds of playlists, which are no collection.
static BUILD_JOBS: Plain = Plain::of(&entity::build_job::TABLE, "BuildJob");

impl Source {
    /// Builds of playlists.
    pub(super) fn build_jobs() -> Self {
        Self {
            resource: &BUILD_JOBS,
            relations: &[],
            adds: false,
            exact: false,
        }
    }

    /// A collection, with what comes along of its relations.
    pub(super) fn of(collection: Collection) -> Self {
        let (relations, adds): (&[&str], bool) = match collection {
            Collection::Comments => (
                &[
                    "previews",
                    "mentions",
                    "department_mentions",
                    "acknowledgements",
                    "attachment_files",
                ],
                false,
            ),
            Collection::Entities => (&["entities_out"], false),
            Collection::Tasks => (&["assignees"], false),
            Collection::MetadataDescriptors => (&["departments"], true),
            Collection::Projects => (
                &[
                    "team",
                    "asset_types",
                    "task_statuses",
                    "task_types",
                    "status_automations",
                    "preview_background_files",
                ],
                true,
            ),
            _ => (&[], false),
        };
        Self {
            resource: collections::resource(collection),
            relations,
            adds,
            exact: false,
        }
    }

    /// A collection whose rows are to be the same as on the other instance, with all relations that are no records of their
    /// own.
    #[must_use]
    pub fn copy_of(collection: Collection) -> Self {
        let relations: &[&str] = match collection {
            Collection::AssetInstances => &["shots"],
            Collection::Chats => &["participants"],
            Collection::Comments => &["previews", "mentions", "department_mentions", "acknowledgements"],
            Collection::Entities => &["entity_concept_links"],
            Collection::EntityTypes => &["task_types"],
            Collection::MetadataDescriptors | Collection::Persons => &["departments"],
            Collection::ProductionScheduleVersionTaskLinks => &["assignees"],
            Collection::Projects => &[
                "team",
                "asset_types",
                "task_statuses",
                "task_types",
                "status_automations",
                "preview_background_files",
            ],
            Collection::ProjectTemplates => &[
                "asset_types",
                "task_statuses",
                "task_types",
                "status_automations",
                "preview_background_files",
            ],
            Collection::Tasks => &["assignees"],
            _ => &[],
        };
        Self {
            resource: collections::resource(collection),
            relations,
            adds: false,
            exact: true,
        }
    }

    /// The table of the rows.
    #[must_use]
    pub fn table(self) -> &'static Table {
        self.resource.table()
    }

    fn relations(self) -> impl Iterator<Item = &'static Relation> {
        self.resource
            .relations()
            .iter()
            .filter(move |relation| self.relations.contains(&relation.name))
    }

    /// Places where rows refer to others: in the rows themselves, and in their relations.
    fn places(self) -> Vec<(&'static Table, &'static str)> {
        std::iter::once((self.table(), "id"))
            .chain(self.relations().map(|relation| (relation.table, relation.own)))
            .collect()
    }
}

/// Key that makes a row one that is there already: its id, or what it links.
type RowKey = (Uuid, Uuid);

/// Rows that came, each once, with what belongs to them.
struct Sorted {
    incoming: Vec<Incoming>,
    /// Places among these for the rows in the order in which they came.
    order: Vec<usize>,
    lists: Vec<Lists>,
}

/// Reads rows that came. `stored` are the ids of those that are there already.
///
/// # Errors
/// 400 that names the place and the field of a row that is wrong.
fn sort(source: Source, given: &[ForeignRow], stored: &HashMap<RowKey, Uuid>) -> Result<Sorted, Failure> {
    let table = source.table();
    let mut places: HashMap<RowKey, usize> = HashMap::with_capacity(given.len());
    let mut incoming: Vec<Incoming> = Vec::with_capacity(given.len());
    let mut order = Vec::with_capacity(given.len());
    let mut lists: Vec<Lists> = source
        .relations()
        .map(|relation| Lists::of(relation, !source.adds))
        .collect();
    for (place, row) in given.iter().enumerate() {
        let id = id_of(row).ok_or_else(|| wrong(place, "id", "Field required"))?;
        let key = key(table, row, id);
        let named = stored.get(&(id, Uuid::nil())).copied();
        let known = stored.get(&key).copied().or(named);
        if named.is_some() && known != named {
            return Err(wrong(place, "id", "Input should not be the id of another record"));
        }
        let columns = read_columns(table, row, place, known.is_none())?;
        let at = *places.entry(key).or_insert_with(|| {
            incoming.push(Incoming {
                stored: known,
                id,
                place,
                columns: Vec::new(),
            });
            incoming.len() - 1
        });
        incoming[at].extend(columns);
        incoming[at].id = id;
        order.push(at);
        for list in &mut lists {
            if let Some(ids) = row.get(list.relation.name).and_then(Value::as_array) {
                list.ids
                    .insert(id, ids.iter().filter_map(|id| id.as_str().and_then(parse_id)).collect());
            }
        }
    }
    Ok(Sorted { incoming, order, lists })
}

/// Takes rows over, and gives them as they are stored then, as JSON.
///
/// # Errors
/// 400 that names the place and the field of a row that is wrong; nothing is stored then.
pub async fn import(
    app: &App,
    author: Option<Uuid>,
    source: Source,
    mut given: Vec<ForeignRow>,
    silent: bool,
) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin_as(app, author).await?;
    let table = source.table();
    if source.exact {
        peculiar::name(table, &mut given);
    } else {
        peculiar::prepare(&work, table, &mut given).await?;
    }
    let stored = stored(&work, table, &given).await?;
    let Sorted { incoming, order, lists } = sort(source, &given, &stored)?;
    let ids: Vec<Uuid> = incoming.iter().map(|row| row.id).collect();
    // Former ids of the rows that were there, by their ids from now on.
    let known: HashMap<Uuid, Uuid> = incoming.iter().filter_map(|row| Some((row.id, row.stored?))).collect();
    let moved: Vec<Uuid> = known.values().copied().collect();
    let before = homes_before(&work, table, &known).await?;
    let touched = castings(&work, source, &moved).await?;
    batch::store(&work, table, incoming).await?;
    for list in &lists {
        list.store(&work).await?;
    }
    let homes = require_many(&*work, table, &source.places(), &ids, &before).await?;
    let touched = touched.and(castings(&work, source, &ids).await?);
    touched.restore(&mut work).await?;
    if table.name == entity::task::TABLE.name && !source.exact {
        assignment::let_in(&work, &ids).await?;
        readiness::tasks_came(&mut work, &ids).await?;
    }
    if !silent {
        let imported = Imported {
            resource: source.resource,
            ids: &ids,
            known: &known,
            homes: &homes,
        };
        emit_imported(&mut work, &imported).await?;
    }
    let answered = answer(&work, source, &ids, &order).await?;
    work.finish().await?;
    Ok(answered)
}

/// Productions of the rows that were there, by their ids from now on.
async fn homes_before(
    work: &Work<'_>,
    table: &'static Table,
    known: &HashMap<Uuid, Uuid>,
) -> Result<HashMap<Uuid, Option<Uuid>>, DbErr> {
    let stored: Vec<Uuid> = known.values().copied().collect();
    let were = productions(&**work, table, &stored).await?;
    Ok(known
        .iter()
        .map(|(id, stored)| (*id, were.get(stored).copied().flatten()))
        .collect())
}

/// Rows as JSON, in an order of the places of their ids.
async fn answer(work: &Work<'_>, source: Source, ids: &[Uuid], order: &[usize]) -> Result<Vec<u8>, Failure> {
    let mut shape = source.resource.full_shape();
    shape.relations.clear();
    // Answers name the kind of record, whatever kind of entity it is.
    shape.extras.retain(|extra| extra.key != "type");
    let records = crud::rows(&**work, source.resource, &shape, ids).await?;
    Ok(json::array(
        order
            .iter()
            .filter_map(|at| records.get(ids.get(*at)?))
            .map(Vec::as_slice),
    ))
}

/// Castings that are other ones when these rows are, and what they are in. Rows that are taken as they are bring their counts.
async fn castings(work: &Work<'_>, source: Source, ids: &[Uuid]) -> Result<Touched, Failure> {
    match source.table().name {
        // Assets may come as other ones: canceled, ready for something else, or shared.
        "entity" if !source.exact => {
            let casts = Touched::links_of(&**work, ids).await?;
            Ok(casts.and(Touched::by(&**work, ids).await?))
        }
        "entity_link" if !source.exact => {
            let mut containers: Vec<Uuid> = Vec::new();
            for ids in ids.chunks(BATCH) {
                let mut sql = Sql::new("SELECT DISTINCT entity_in_id FROM entity_link WHERE id");
                sql.among(ids);
                containers.extend(read_values::<Uuid>(&**work, &sql).await?);
            }
            Touched::links_of(&**work, &containers).await
        }
        _ => Ok(Touched::default()),
    }
}

fn id_of(row: &ForeignRow) -> Option<Uuid> {
    id_at(row, "id")
}

fn id_at(row: &ForeignRow, key: &str) -> Option<Uuid> {
    row.get(key).and_then(Value::as_str).and_then(parse_id)
}

/// Key that makes a row one that is there already. A casting is known by the two entities.
fn key(table: &Table, row: &ForeignRow, id: Uuid) -> RowKey {
    let linked = || Some((id_at(row, "entity_in_id")?, id_at(row, "entity_out_id")?));
    let linked = if table.name == entity::entity_link::TABLE.name {
        linked()
    } else {
        None
    };
    linked.unwrap_or((id, Uuid::nil()))
}

/// Ids of the rows that are there already, by what makes them so.
async fn stored(
    work: &Work<'_>,
    table: &'static Table,
    given: &[ForeignRow],
) -> Result<HashMap<RowKey, Uuid>, Failure> {
    let ids: Vec<Uuid> = given.iter().filter_map(id_of).collect();
    let mut found: HashMap<RowKey, Uuid> = batch::existing(work, table.name, &ids)
        .await?
        .into_iter()
        .map(|id| ((id, Uuid::nil()), id))
        .collect();
    if table.name == entity::entity_link::TABLE.name {
        let entities: Vec<Uuid> = given.iter().filter_map(|row| id_at(row, "entity_in_id")).collect();
        for ids in entities.chunks(BATCH) {
            let sql = Sql::of_ids(
                "SELECT id, entity_in_id, entity_out_id FROM entity_link WHERE entity_in_id = ANY($1)",
                ids,
            );
            for row in rows(&**work, &sql).await? {
                found.insert(
                    (row.try_get("", "entity_in_id")?, row.try_get("", "entity_out_id")?),
                    row.try_get("", "id")?,
                );
            }
        }
    }
    Ok(found)
}

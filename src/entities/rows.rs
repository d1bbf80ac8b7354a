//! Entities as they are stored: plain listings, single rows, and their relations.

use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use uuid::Uuid;

use super::ordering::order_by;
use crate::access::STAFF;
use crate::access::data_mask::Metadata;
use crate::access::entities::Scope;
use crate::access::metadata::Masks;
use crate::database::json::TEXT;
use crate::database::{self, BATCH, Database, Links, SelectList, SelectedColumn, Sent, Sql, stream_array, write_text};
use crate::vocabulary::kinds::EntityKind;

/// A key that is no column: its name, its SQL, and what it holds.
pub(super) type Extra = (&'static str, &'static str, Kind);

/// Name of the production `p`.
pub(super) const PROJECT_NAME: Extra = ("project_name", "p.name", TEXT);
/// Name of the sequence `sq`.
pub(super) const SEQUENCE_NAME: Extra = ("sequence_name", "sq.name", TEXT);

/// A list of related ids: name, table, column of the entity and column of the related id.
type Relation = (&'static str, &'static str, &'static str, &'static str);

/// The lists of related ids that rows may carry.
pub(super) const RELATIONS: [Relation; 4] = [
    ("entities_out", "entity_link", "entity_in_id", "entity_out_id"),
    ("entities_in", "entity_link", "entity_out_id", "entity_in_id"),
    (
        "entity_concept_links",
        "entity_concept_link",
        "entity_in_id",
        "entity_out_id",
    ),
    (
        "instance_casting",
        "asset_instance_link",
        "entity_id",
        "asset_instance_id",
    ),
];

/// Relations that rows of concepts carry.
pub(super) const CONCEPT_RELATIONS: [Relation; 1] = [RELATIONS[2]];

/// A plain listing of entities, which its query calls `e`.
pub(super) struct Listing {
    /// The kind of the rows, by which their metadata is hidden from vendors.
    kind: EntityKind,
    /// The `type` of the rows.
    pub(super) type_name: &'static str,
    pub(super) extras: &'static [Extra],
    /// Tables beside `entity e`, as joins.
    pub(super) joins: &'static str,
    /// Conditions on the entities, each with `AND` before it.
    pub(super) conditions: Sql,
    /// The lists of related ids that the rows carry.
    pub(super) relations: &'static [Relation],
    masks: Masks,
}

impl Listing {
    /// The entities of a kind that the caller sees.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn new(database: &Database, scope: &Scope, kind: EntityKind) -> Result<Self, Failure> {
        let mut listing = Self::unrestricted(kind, Sql::default());
        scope.restrict(&mut listing.conditions, kind);
        listing.masks = scope.masks(database, kind).await?;
        Ok(listing)
    }

    /// Entities of a kind on conditions alone, with nothing hidden.
    pub(super) fn unrestricted(kind: EntityKind, conditions: Sql) -> Self {
        Self {
            kind,
            type_name: kind.type_name(),
            extras: &[],
            joins: "",
            conditions,
            relations: &[],
            masks: Masks::default(),
        }
    }

    /// Hides the metadata that the caller may not see in the productions of a scope.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn mask(&mut self, database: &Database, scope: &Scope) -> Result<(), Failure> {
        self.masks = scope.masks(database, self.kind).await?;
        Ok(())
    }

    /// Hides metadata in every production that has entities in the list, which somebody with a role in another production
    /// looks at.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn mask_visitor(
        &mut self,
        database: &Database,
        caller: &Caller,
        role: Role,
    ) -> Result<(), Failure> {
        if STAFF.contains(&role) {
            return Ok(());
        }
        let sql = self.from().before("SELECT DISTINCT e.project_id ");
        let projects = ids(database, &sql).await?;
        self.mask(database, &Scope::visiting(caller, &projects, role)).await
    }

    fn from(&self) -> Sql {
        self.conditions.clone().before(&format!(
            "FROM entity e {} WHERE {}",
            self.joins,
            self.kind.condition("e.entity_type_id")
        ))
    }

    /// Sends the list, ordered by name.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn send(self, database: &Database) -> Result<Sent, Failure> {
        let from = self.from();
        let relations = relations(database, &from, self.relations).await?;
        let writer = EntityWriter::new(self.type_name, self.extras, relations, self.masks);
        let mut sql = from.before(&format!("SELECT {} ", writer.columns()));
        sql.push(&order_by(database.backend(), &["e.name"], "e.id"));
        Ok(stream_array(database, sql, move |out, row| writer.write(out, row)).await?)
    }
}

/// The related ids of the entities of a selection (`FROM entity e … WHERE …`).
async fn relations(database: &Database, from: &Sql, wanted: &[Relation]) -> Result<Vec<(&'static str, Links)>, DbErr> {
    let mut found = Vec::with_capacity(wanted.len());
    for (name, table, own, other) in wanted {
        let mut sql = from.clone().before(&format!(
            "SELECT r.{own} AS owner, r.{other} AS item FROM {table} r WHERE r.{own} IN (SELECT e.id "
        ));
        sql.push(")");
        found.push((*name, Links::load_many(database, &sql).await?));
    }
    Ok(found)
}

/// Writes rows of the table `entity e`.
pub(crate) struct EntityWriter {
    list: SelectList,
    /// Keys, each with its column.
    fields: Vec<(Vec<u8>, SelectedColumn, Kind)>,
    /// The place of the metadata among the keys.
    data: usize,
    /// `,"type":"Shot"`
    tail: Vec<u8>,
    relations: Vec<(Vec<u8>, Links)>,
    masks: Masks,
}

impl EntityWriter {
    fn new(type_name: &str, extras: &[Extra], relations: Vec<(&'static str, Links)>, masks: Masks) -> Self {
        let columns = entity::entity::TABLE
            .columns
            .iter()
            .map(|column| (column.name, format!("e.\"{}\"", column.name), column.kind));
        let extras = extras
            .iter()
            .map(|(key, sql, kind)| (*key, format!("{sql} AS \"{key}\""), *kind));
        let mut list = SelectList::default();
        let mut fields = Vec::new();
        let mut data = 0;
        for (at, (key, sql, kind)) in columns.chain(extras).enumerate() {
            if key == "data" {
                data = at;
            }
            fields.push((
                format!("{}\"{key}\":", if at > 0 { "," } else { "" }).into_bytes(),
                list.add(sql),
                kind,
            ));
        }
        let mut tail = b",\"type\":".to_vec();
        write_text(&mut tail, type_name);
        Self {
            list,
            fields,
            data,
            tail,
            relations: relations
                .into_iter()
                .map(|(name, links)| (format!(",\"{name}\":").into_bytes(), links))
                .collect(),
            masks,
        }
    }

    /// A writer of the columns and some keys more, with nothing hidden.
    pub(super) fn with(type_name: &str, extras: &[Extra]) -> Self {
        Self::new(type_name, extras, Vec::new(), Masks::default())
    }

    /// A writer of the columns alone, some metadata hidden.
    pub(crate) fn masked(type_name: &str, masks: Masks) -> Self {
        Self::new(type_name, &[], Vec::new(), masks)
    }

    /// The columns to select first.
    pub(crate) fn columns(&self) -> String {
        self.list.to_string()
    }

    /// Writes the object without its closing brace, so that keys can be added.
    pub(crate) fn write_open(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), DbErr> {
        let hidden = if self.masks.is_empty() {
            &[]
        } else {
            self.masks.of_project(row.try_get("", "project_id")?)
        };
        self.write_without(out, row, hidden)
    }

    /// The same without these fields of the metadata.
    pub(super) fn write_without(&self, out: &mut Vec<u8>, row: &QueryResult, hidden: &[String]) -> Result<(), DbErr> {
        out.push(b'{');
        for (index, (key, column, kind)) in self.fields.iter().enumerate() {
            out.extend_from_slice(key);
            if index == self.data && !hidden.is_empty() {
                let mut text = Vec::new();
                column.write(&mut text, row, *kind)?;
                let mut metadata = Metadata::read(&text);
                metadata.hide(hidden);
                metadata.write(out);
            } else {
                column.write(out, row, *kind)?;
            }
        }
        out.extend_from_slice(&self.tail);
        if !self.relations.is_empty() {
            let id: Uuid = row.try_get("", "id")?;
            for (key, links) in &self.relations {
                out.extend_from_slice(key);
                links.write(out, id);
            }
        }
        Ok(())
    }

    fn write(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), DbErr> {
        self.write_open(out, row)?;
        out.push(b'}');
        Ok(())
    }
}

/// The columns of an entity as a JSON object.
///
/// # Errors
/// 404 when it is not there.
pub async fn plain(connection: &impl ConnectionTrait, id: Uuid, type_name: &str) -> Result<Vec<u8>, Failure> {
    let writer = EntityWriter::with(type_name, &[]);
    let sql = Sql::with(
        format!("SELECT {} FROM entity e WHERE e.id = $1", writer.columns()),
        [id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = Vec::with_capacity(1024);
    writer.write(&mut out, &row)?;
    Ok(out)
}

/// The ids of the entities that a concept is about.
///
/// # Errors
/// The database does not answer.
pub(super) async fn concept_links(connection: &impl ConnectionTrait, id: Uuid) -> Result<Vec<Uuid>, DbErr> {
    let sql = Sql::with(
        "SELECT entity_out_id FROM entity_concept_link WHERE entity_in_id = $1 ORDER BY created_at, id",
        [id.into()],
    );
    ids(connection, &sql).await
}

/// Facts of an entity that rules ask for.
#[derive(Clone, Debug)]
pub struct EntityFacts {
    pub id: Uuid,
    pub kind: EntityKind,
    pub name: String,
    pub project_id: Uuid,
    pub entity_type_id: Uuid,
    pub parent_id: Option<Uuid>,
    pub canceled: bool,
    pub created_by: Option<Uuid>,
}

/// The entities with these ids, in no order. Unknown ids are left out.
///
/// # Errors
/// The database does not answer.
pub async fn find_entities(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<EntityFacts>, DbErr> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        let mut sql = Sql::new(
            "SELECT e.id, et.name AS type_name, e.name, e.project_id, e.entity_type_id, e.parent_id, e.canceled, e.created_by \
             FROM entity e JOIN entity_type et ON et.id = e.entity_type_id WHERE e.id",
        );
        sql.among(ids);
        for row in database::rows(connection, &sql).await? {
            found.push(EntityFacts {
                id: row.try_get("", "id")?,
                kind: EntityKind::of_type(&row.try_get::<String>("", "type_name")?),
                name: row.try_get("", "name")?,
                project_id: row.try_get("", "project_id")?,
                entity_type_id: row.try_get("", "entity_type_id")?,
                parent_id: row.try_get("", "parent_id")?,
                canceled: row.try_get::<Option<bool>>("", "canceled")?.unwrap_or_default(),
                created_by: row.try_get("", "created_by")?,
            });
        }
    }
    Ok(found)
}

/// One entity of a kind.
///
/// # Errors
/// 404 when there is none with that id, or it is of another kind.
pub async fn find_entity(
    connection: &impl ConnectionTrait,
    id: Uuid,
    kind: EntityKind,
) -> Result<EntityFacts, Failure> {
    let found = find_entities(connection, &[id]).await?.into_iter().next();
    found
        .filter(|entity| entity.kind == kind)
        .ok_or_else(Failure::not_found)
}

/// The ids that a query of one column selects.
///
/// # Errors
/// The database does not answer.
pub(super) async fn ids(connection: &impl ConnectionTrait, sql: &Sql) -> Result<Vec<Uuid>, DbErr> {
    database::read_values(connection, sql).await
}

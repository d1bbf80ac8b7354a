//! Queries of castings.

use std::collections::{HashMap, HashSet};

use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{CastAsset, CastIn};
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::database::json::TEXT;
use crate::database::{self, Database, Field, RowWriter, Sql, stream_objects, write_uuid};
use crate::entities::ordering::order_by;
use crate::vocabulary::kinds::EntityKind;

/// Name of the type of an entity.
///
/// # Errors
/// 404 when there is no such entity, 403 when it belongs to another production.
pub(super) async fn belongs(
    connection: &impl ConnectionTrait,
    entity_id: Uuid,
    project_id: Uuid,
) -> Result<String, Failure> {
    let sql = Sql::with(
        "SELECT e.project_id, k.name FROM entity e JOIN entity_type k ON k.id = e.entity_type_id WHERE e.id = $1",
        [entity_id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    if row.try_get::<Uuid>("", "project_id")? == project_id {
        Ok(row.try_get("", "name")?)
    } else {
        Err(Failure::forbidden())
    }
}

/// The assets `a` of castings, as [`cast_asset`] writes them.
const CAST_ASSETS: &str = "a.id, a.name, k.name, a.ready_for, a.source_id, a.preview_file_id, l.nb_occurences, l.label, a.is_shared, a.project_id, \
     l.entity_in_id FROM entity_link l JOIN entity a ON a.id = l.entity_out_id JOIN entity_type k ON k.id = a.entity_type_id";

fn cast_asset() -> RowWriter {
    RowWriter::new([
        Field::new("asset_id", Kind::Uuid),
        Field::new("asset_name", TEXT),
        Field::new("asset_type_name", TEXT),
        Field::new("ready_for", Kind::Uuid),
        Field::new("episode_id", Kind::Uuid),
        Field::new("preview_file_id", Kind::Uuid),
        Field::new("nb_occurences", Kind::Integer),
        Field::new("label", TEXT),
        Field::new("is_shared", Kind::Bool),
        Field::new("project_id", Kind::Uuid),
    ])
}

/// The assets of several entities, as lists by their ids.
pub(super) async fn entities<T>(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Json<T>, Failure> {
    let mut sql = Sql::new(format!("SELECT {CAST_ASSETS} WHERE COALESCE(a.canceled, "));
    sql.bind(false)
        .push(") = ")
        .bind(false)
        .push(" AND l.entity_in_id")
        .among(ids)
        .push(" ORDER BY k.name, a.name, a.id");
    let writer = cast_asset();
    let mut lists: HashMap<Uuid, Vec<u8>> = HashMap::new();
    for row in database::rows(connection, &sql).await? {
        let list = lists.entry(row.try_get("", "entity_in_id")?).or_default();
        list.extend_from_slice(if list.is_empty() { b"{" } else { b",{" });
        writer.write(list, &row)?;
        list.push(b'}');
    }
    let mut out = b"{".to_vec();
    let mut seen = HashSet::new();
    for id in ids.iter().filter(|id| seen.insert(**id)) {
        separate(&mut out);
        write_uuid(&mut out, *id);
        out.extend_from_slice(b":[");
        out.extend(lists.remove(id).unwrap_or_default());
        out.push(b']');
    }
    out.push(b'}');
    Ok(Json::written(out))
}

/// The assets of one entity.
pub(super) async fn entity(database: &Database, entity_id: Uuid) -> Result<Json<Vec<CastAsset>>, Failure> {
    let sql = Sql::with(
        format!(
            "SELECT {CAST_ASSETS} WHERE l.entity_in_id = $1 AND COALESCE(a.canceled, $2) = $2 ORDER BY k.name, a.name, a.id"
        ),
        [entity_id.into(), false.into()],
    );
    let writer = cast_asset();
    Ok(stream_objects(database, sql, writer).await?.into())
}

/// Shots, then assets, that an asset appears in.
pub(super) async fn cast_in(database: &Database, asset_id: Uuid) -> Result<Json<Vec<CastIn>>, Failure> {
    let mut out = vec![b'['];
    let shots = database.rows(&shots_casting(database.backend(), asset_id)).await?;
    write_shots(&mut out, &shots)?;
    let assets = database.rows(&assets_casting(asset_id)).await?;
    write_assets(&mut out, &assets)?;
    out.push(b']');
    Ok(Json::written(out))
}

/// Selects the shots that cast an asset, as [`write_shots`] writes them. What has a parent and is no asset counts as one.
fn shots_casting(backend: DbBackend, asset_id: Uuid) -> Sql {
    let (shot, asset) = (
        EntityKind::Shot.condition("s.entity_type_id"),
        EntityKind::Asset.condition("s.entity_type_id"),
    );
    let mut sql = Sql::with(
        format!(
            "SELECT s.id, s.name, q.name, e.id AS episode_id, e.name AS episode_name, s.preview_file_id, l.nb_occurences FROM entity_link l \
             JOIN entity s ON s.id = l.entity_in_id LEFT JOIN entity q ON q.id = s.parent_id LEFT JOIN entity e ON e.id = q.parent_id \
             WHERE l.entity_out_id = $1 AND COALESCE(s.canceled, $2) = $2 AND ({shot} OR q.id IS NOT NULL AND NOT ({asset}))"
        ),
        [asset_id.into(), false.into()],
    );
    sql.push(&order_by(backend, &["e.name", "q.name", "s.name"], "s.id"));
    sql
}

fn write_shots(out: &mut Vec<u8>, rows: &[QueryResult]) -> Result<(), DbErr> {
    let head = RowWriter::new([
        Field::new("shot_id", Kind::Uuid),
        Field::new("shot_name", TEXT),
        Field::new("sequence_name", TEXT),
    ]);
    for row in rows {
        separate(out);
        out.push(b'{');
        head.write(out, row)?;
        out.extend_from_slice(b",\"episode_id\":");
        match row.try_get::<Option<Uuid>>("", "episode_id")? {
            Some(id) => write_uuid(out, id),
            None => out.extend_from_slice(b"\"None\""),
        }
        for (key, kind) in [
            ("episode_name", TEXT),
            ("preview_file_id", Kind::Uuid),
            ("nb_occurences", Kind::Integer),
        ] {
            out.extend_from_slice(format!(",\"{key}\":").as_bytes());
            database::write_column(out, row, key, kind)?;
        }
        out.push(b'}');
    }
    Ok(())
}

/// Selects the assets that cast an asset, as [`write_assets`] writes them.
fn assets_casting(asset_id: Uuid) -> Sql {
    Sql::with(
        "SELECT a.id, a.name, k.name, a.preview_file_id, l.nb_occurences FROM entity_link l \
         JOIN entity a ON a.id = l.entity_in_id JOIN entity_type k ON k.id = a.entity_type_id \
         WHERE l.entity_out_id = $1 AND COALESCE(a.canceled, $2) = $2 \
         AND k.name NOT IN ('Shot', 'Sequence', 'Episode', 'Edit', 'Scene', 'Concept', 'ConceptFolder') ORDER BY k.name, a.name, a.id",
        [asset_id.into(), false.into()],
    )
}

fn write_assets(out: &mut Vec<u8>, rows: &[QueryResult]) -> Result<(), DbErr> {
    let writer = RowWriter::new([
        Field::new("asset_id", Kind::Uuid),
        Field::new("asset_name", TEXT),
        Field::new("asset_type_name", TEXT),
        Field::new("preview_file_id", Kind::Uuid),
        Field::new("nb_occurences", Kind::Integer),
    ]);
    for row in rows {
        separate(out);
        out.push(b'{');
        writer.write(out, row)?;
        out.push(b'}');
    }
    Ok(())
}

fn separate(out: &mut Vec<u8>) {
    if out.len() > 1 {
        out.push(b',');
    }
}

/// The entities whose castings are asked for together.
#[derive(Clone, Copy)]
pub(super) enum Containers {
    Episodes,
    Shots,
    ShotsOfSequence(Uuid),
    ShotsOfEpisode(Uuid),
    AssetsOfType(Uuid),
}

impl Containers {
    fn are_shots(self) -> bool {
        matches!(self, Self::Shots | Self::ShotsOfSequence(_) | Self::ShotsOfEpisode(_))
    }

    /// The columns of their castings, with the fields that show them.
    fn fields(self) -> Vec<(&'static str, Field)> {
        let mut fields = vec![
            ("a.id", Field::new("asset_id", Kind::Uuid)),
            ("a.name", Field::new("name", TEXT)),
            ("a.name", Field::new("asset_name", TEXT)),
            ("k.name", Field::new("asset_type_name", TEXT)),
            ("a.preview_file_id", Field::new("preview_file_id", Kind::Uuid)),
            ("l.nb_occurences", Field::new("nb_occurences", Kind::Integer)),
            ("l.label", Field::new("label", TEXT)),
        ];
        if !matches!(self, Self::AssetsOfType(_)) {
            fields.extend([
                ("a.is_shared", Field::new("is_shared", Kind::Bool)),
                ("a.project_id", Field::new("project_id", Kind::Uuid)),
            ]);
        }
        if self.are_shots() {
            fields.push(("q.name", Field::new("sequence_name", TEXT)));
        }
        fields
    }

    /// Selects columns of the castings in a production, and the `container_id` that they are listed by.
    fn castings(self, backend: DbBackend, project_id: Uuid, columns: &[&str]) -> Sql {
        let mut sql = Sql::new(format!(
            "SELECT {}, c.id AS container_id FROM entity_link l JOIN entity c ON c.id = l.entity_in_id JOIN entity a ON a.id = l.entity_out_id \
             JOIN entity_type k ON k.id = a.entity_type_id ",
            columns.join(", ")
        ));
        if self.are_shots() {
            sql.push("LEFT JOIN entity q ON q.id = c.parent_id ");
        }
        sql.push("JOIN entity_type ck ON ck.id = c.entity_type_id WHERE c.project_id = ")
            .bind(project_id);
        sql.push(" AND COALESCE(a.canceled, ")
            .bind(false)
            .push(") = ")
            .bind(false);
        match self {
            Self::Episodes => sql.push(" AND ck.name = 'Episode'"),
            Self::Shots => sql.push(" AND ck.name = 'Shot'"),
            Self::ShotsOfSequence(id) => sql.push(" AND ck.name = 'Shot' AND q.id = ").bind(id),
            Self::ShotsOfEpisode(id) => sql.push(" AND ck.name = 'Shot' AND q.parent_id = ").bind(id),
            Self::AssetsOfType(id) => sql.push(" AND ck.id = ").bind(id),
        };
        if self.are_shots() {
            sql.push(&order_by(backend, &["q.name", "c.name"], "c.id, k.name, a.name, a.id"));
        } else {
            sql.push(" ORDER BY c.name, c.id, k.name, a.name, a.id");
        }
        sql
    }
}

/// Castings by the ids of their entities.
pub(super) async fn castings(
    database: &Database,
    project_id: Uuid,
    containers: Containers,
) -> Result<Json<Map<String, Value>>, Failure> {
    let (columns, fields): (Vec<&str>, Vec<Field>) = containers.fields().into_iter().unzip();
    let sql = containers.castings(database.backend(), project_id, &columns);
    let writer = RowWriter::new(fields);
    Ok(Json::written(write_by_container(&writer, &database.rows(&sql).await?)?))
}

/// Writes the rows as an object of lists, by the ids in their column `container_id`, in whose order they come.
fn write_by_container(writer: &RowWriter, rows: &[QueryResult]) -> Result<Vec<u8>, DbErr> {
    let mut out = vec![b'{'];
    let mut container = None;
    for row in rows {
        let id: Uuid = row.try_get("", "container_id")?;
        if container == Some(id) {
            out.push(b',');
        } else {
            if container.replace(id).is_some() {
                out.extend_from_slice(b"],");
            }
            write_uuid(&mut out, id);
            out.extend_from_slice(b":[");
        }
        out.push(b'{');
        writer.write(&mut out, row)?;
        out.push(b'}');
    }
    out.extend_from_slice(if container.is_some() { b"]}" } else { b"}" });
    Ok(out)
}

//! Records of what was found, in the order of the search.

use std::collections::HashMap;

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use sea_orm::{DbErr, FromQueryResult, QueryResult};
use uuid::Uuid;

use super::ranking::Hit;
use crate::access::metadata::Masks;
use crate::access::persons::View;
use crate::database::{Database, Sql, write_text, write_uuid};
use crate::entities::rows::EntityWriter;
use crate::people::colleagues;
use crate::vocabulary::kinds::EntityKind;

/// Facts about an entity besides its columns.
#[derive(FromQueryResult)]
struct Surroundings {
    project_name: String,
    asset_type_name: String,
    sequence_name: Option<String>,
    found_episode_id: Option<Uuid>,
    episode_name: Option<String>,
    preview_file_extension: Option<String>,
}

/// The list of assets or shots.
pub(super) async fn entities(
    database: &Database,
    kind: EntityKind,
    masks: Masks,
    hits: &[Hit],
) -> Result<Vec<u8>, Failure> {
    let writer = EntityWriter::masked(kind.type_name(), masks);
    let mut sql = Sql::new(format!(
        "SELECT {}, p.name AS project_name, et.name AS asset_type_name, sq.name AS sequence_name, ep.id AS found_episode_id, \
         ep.name AS episode_name, pf.extension AS preview_file_extension FROM entity e JOIN project p ON p.id = e.project_id \
         JOIN entity_type et ON et.id = e.entity_type_id LEFT JOIN entity sq ON sq.id = e.parent_id \
         LEFT JOIN entity ep ON ep.id = sq.parent_id LEFT JOIN preview_file pf ON pf.id = e.preview_file_id WHERE e.id",
        writer.columns()
    ));
    sql.among(&ids(hits));
    list(database, &sql, hits, |out, row| {
        writer.write_open(out, row)?;
        let around = Surroundings::from_query_result(row, "")?;
        write_key(out, "project_name", Some(&around.project_name));
        write_key(out, "preview_file_extension", around.preview_file_extension.as_deref());
        if kind == EntityKind::Asset {
            write_key(out, "asset_type_name", Some(&around.asset_type_name));
            return Ok(());
        }
        write_key(
            out,
            "sequence_name",
            Some(around.sequence_name.as_deref().unwrap_or_default()),
        );
        if let Some(id) = around.found_episode_id {
            write_key(out, "episode", around.episode_name.as_deref());
            out.extend_from_slice(b",\"episode_id\":");
            write_uuid(out, id);
        }
        Ok(())
    })
    .await
}

/// The list of persons: whole records for administrators, short ones for others, and shorter ones for clients.
pub(super) async fn persons(database: &Database, caller: &Caller, hits: &[Hit]) -> Result<Vec<u8>, Failure> {
    let writer = colleagues::writer(database, caller, View::of_others(caller));
    let mut sql = Sql::new(format!("SELECT {} FROM person p WHERE p.id", writer.columns()));
    sql.among(&ids(hits));
    list(database, &sql, hits, |out, row| writer.write_open(out, row)).await
}

fn ids(hits: &[Hit]) -> Vec<Uuid> {
    hits.iter().map(|hit| hit.id).collect()
}

/// Writes the records that are still there, each with what it was found by.
async fn list(
    database: &Database,
    sql: &Sql,
    hits: &[Hit],
    write_open: impl Fn(&mut Vec<u8>, &QueryResult) -> Result<(), DbErr>,
) -> Result<Vec<u8>, Failure> {
    let mut rows = HashMap::new();
    if !hits.is_empty() {
        for row in database.rows(sql).await? {
            rows.insert(row.try_get::<Uuid>("", "id")?, row);
        }
    }
    let mut out = b"[".to_vec();
    for hit in hits {
        let Some(row) = rows.get(&hit.id) else { continue };
        if out.len() > 1 {
            out.push(b',');
        }
        write_open(&mut out, row)?;
        out.extend_from_slice(b",\"matched_terms\":");
        out.extend_from_slice(&serde_json::to_vec(&hit.matched_terms)?);
        out.push(b'}');
    }
    out.push(b']');
    Ok(out)
}

fn write_key(out: &mut Vec<u8>, key: &str, text: Option<&str>) {
    out.extend_from_slice(format!(",\"{key}\":").as_bytes());
    match text {
        Some(text) => write_text(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

//! The playlists of a production, page by page and without their entries.

use dailies_definitions::access::ProjectMember;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::playlists::ListProjectPlaylistsQuery;
use dailies_definitions::schemas::ListedPlaylist;
use entity::facts::Kind;
use sea_orm::DbBackend;

use crate::access::Reach;
use crate::access::playlists::Visible;
use crate::database::{Database, Field, RowWriter, Sql, stream_array, write_value};

/// Playlists on a page.
const PAGE: i64 = 20;

const TEXT: Kind = Kind::Text { max: None };

/// Keys, their SQL, and what they hold.
const FIELDS: [(&str, &str, Kind); 11] = [
    ("id", "p.id", Kind::Uuid),
    ("name", "p.name", TEXT),
    ("project_id", "p.project_id", Kind::Uuid),
    ("episode_id", "p.episode_id", Kind::Uuid),
    ("task_type_id", "p.task_type_id", Kind::Uuid),
    ("for_client", "p.for_client", Kind::Bool),
    ("for_entity", "COALESCE(p.for_entity, 'shot')", TEXT),
    ("is_for_all", "p.is_for_all", Kind::Bool),
    ("created_at", "p.created_at", Kind::DateTime),
    ("updated_at", "p.updated_at", Kind::DateTime),
    ("created_by", "p.created_by", Kind::Uuid),
];

/// One page of the playlists that the caller sees.
///
/// # Errors
/// 403 for vendors.
pub(super) async fn of_project(
    database: &Database,
    access: &ProjectMember,
    query: &ListProjectPlaylistsQuery,
) -> Result<Json<Vec<ListedPlaylist>>, Failure> {
    let visible = Visible::new(Reach::within(access, access.project_id(), access.role()));
    if visible.is_nothing() {
        return Err(Failure::forbidden());
    }
    let first_preview = match database.backend() {
        DbBackend::Postgres => "p.shots -> 0 ->> 'preview_file_id'",
        _ => "json_extract(p.shots, '$[0].preview_file_id')",
    };
    let columns = FIELDS.map(|(_, expression, _)| expression).join(", ");
    let mut sql = Sql::new(format!("SELECT {columns}, {first_preview} FROM playlist p WHERE 1 = 1"));
    visible.restrict(&mut sql, "p");
    if let Some(id) = query.task_type_id {
        sql.push(" AND p.task_type_id = ").bind(id);
    }
    sql.push(&order(query.sort_by.as_deref())).push(" LIMIT ").bind(PAGE).push(" OFFSET ").bind((query.page.max(1) - 1) * PAGE);
    let writer = RowWriter::new(FIELDS.map(|(key, _, kind)| Field::new(key, kind)));
    let sent = stream_array(database, sql, move |out, row| {
        out.push(b'{');
        writer.write(out, row)?;
        if row.try_get_by_index::<Option<String>>(FIELDS.len())?.is_some_and(|id| !id.is_empty()) {
            out.extend_from_slice(b",\"first_preview_file_id\":");
            write_value(out, row, FIELDS.len(), TEXT)?;
        }
        out.extend_from_slice(b",\"type\":\"Playlist\"}");
        Ok(())
    });
    Ok(sent.await?.into())
}

/// The order that a column stands for: dates with the latest first, others upwards, and the last changed first for what is
/// no column. The entries are no column to order by.
fn order(column: Option<&str>) -> String {
    let known = entity::playlist::TABLE.columns.iter().map(|column| column.name).filter(|name| *name != "shots");
    let column = column.and_then(|wanted| known.into_iter().find(|name| *name == wanted)).unwrap_or("updated_at");
    let direction = if matches!(column, "created_at" | "updated_at") { " DESC" } else { "" };
    format!(" ORDER BY p.{column}{direction}, p.id")
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn only_columns_decide_the_order() {
        assert_eq!(order(Some("name")), " ORDER BY p.name, p.id");
        assert_eq!(order(Some("created_at")), " ORDER BY p.created_at DESC, p.id");
        assert_eq!(order(Some("shots; DROP TABLE playlist")), " ORDER BY p.updated_at DESC, p.id");
        assert_eq!(order(None), " ORDER BY p.updated_at DESC, p.id");
    }
}

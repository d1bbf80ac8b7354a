//! Lists of playlists: page by page and without their entries, or all of a production with them.

use dailies_definitions::access::ProjectMember;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::query::parse_id;
use dailies_definitions::schemas::ListedPlaylist;
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::Value;
use uuid::Uuid;

use crate::access::Reach;
use crate::access::playlists::VisiblePlaylists;
use crate::app::App;
use crate::database::dialect::json_ids;
use crate::database::json::TEXT;
use crate::database::paging::{self, Page};
use crate::database::{self, Database, Field, RecordWriter, RowWriter, Sql, stream_array, write_column};
use crate::vocabulary::kinds::EntityKind;

/// Playlists on a page.
const PAGE: i64 = 20;

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

/// Filter and order of a list of playlists.
#[derive(Debug, Default)]
pub(super) struct PlaylistFilter {
    pub episode: Option<Episode>,
    pub task_type_id: Option<Uuid>,
    pub for_entity: Option<String>,
    pub sort_by: Option<String>,
    /// From 1 on; smaller numbers count as 1.
    pub page: i64,
}

impl PlaylistFilter {
    /// Adds its conditions to a query of playlists `p`.
    fn restrict(&self, sql: &mut Sql) {
        match self.episode {
            None => {}
            Some(Episode::One(id)) => {
                sql.push(" AND p.episode_id = ").bind(id);
            }
            Some(word) => {
                sql.push(" AND p.episode_id IS NULL AND COALESCE(p.is_for_all, false) = ")
                    .bind(word == Episode::All);
            }
        }
        if let Some(id) = self.task_type_id {
            sql.push(" AND p.task_type_id = ").bind(id);
        }
        if let Some(kind) = self.for_entity.as_deref() {
            sql.push(" AND COALESCE(p.for_entity, 'shot') = ").bind(kind);
        }
    }
}

/// An episode, or a word for playlists without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Episode {
    /// All assets.
    All,
    /// The main pack.
    Main,
    One(Uuid),
}

impl Episode {
    /// The episode of an address.
    ///
    /// # Errors
    /// 404 when there is no such episode.
    pub(super) async fn find(connection: &impl ConnectionTrait, text: &str) -> Result<Self, Failure> {
        match text {
            "all" => return Ok(Self::All),
            "main" => return Ok(Self::Main),
            _ => {}
        }
        let id = parse_id(text).ok_or_else(Failure::not_found)?;
        let sql = Sql::with(
            format!(
                "SELECT 1 FROM entity e WHERE e.id = $1 AND {}",
                EntityKind::Episode.condition("e.entity_type_id")
            ),
            [id.into()],
        );
        database::row(connection, &sql)
            .await?
            .map(|_| Self::One(id))
            .ok_or_else(Failure::not_found)
    }
}

/// One page of the playlists that the caller sees.
///
/// # Errors
/// 403 for vendors.
pub(super) async fn of_project(
    database: &Database,
    access: &ProjectMember,
    filter: &PlaylistFilter,
) -> Result<Json<Vec<ListedPlaylist>>, Failure> {
    let visible = VisiblePlaylists::new(Reach::within(access, access.project_id(), access.role()));
    if visible.is_nothing() {
        return Err(Failure::forbidden());
    }
    let first_preview = match database.backend() {
        DbBackend::Postgres => "p.shots -> 0 ->> 'preview_file_id'",
        _ => "json_extract(p.shots, '$[0].preview_file_id')",
    };
    let columns = FIELDS.map(|(_, expression, _)| expression).join(", ");
    let mut sql = Sql::new(format!(
        "SELECT {columns}, {first_preview} AS first_preview_file_id FROM playlist p WHERE 1 = 1"
    ));
    visible.restrict(&mut sql, "p");
    filter.restrict(&mut sql);
    let offset = (filter.page.max(1) - 1) * PAGE;
    sql.push(&order(filter.sort_by.as_deref()))
        .push(" LIMIT ")
        .bind(PAGE)
        .push(" OFFSET ")
        .bind(offset);
    let writer = RowWriter::new(FIELDS.map(|(key, _, kind)| Field::new(key, kind)));
    let sent = stream_array(database, sql, move |out, row| {
        out.push(b'{');
        writer.write(out, row)?;
        if row
            .try_get::<Option<String>>("", "first_preview_file_id")?
            .is_some_and(|id| !id.is_empty())
        {
            out.extend_from_slice(b",\"first_preview_file_id\":");
            write_column(out, row, "first_preview_file_id", TEXT)?;
        }
        out.extend_from_slice(b",\"type\":\"Playlist\"}");
        Ok(())
    });
    Ok(sent.await?.into())
}

/// Every playlist of a production with its entries and the ids of its builds, or a page of them.
///
/// # Errors
/// 404 when there is no such production.
pub(super) async fn with_entries(
    app: &App,
    project_id: Uuid,
    page: Option<i64>,
    limit: i64,
) -> Result<Json<Value>, Failure> {
    let database = &app.database;
    require_project(database, project_id).await?;
    let builds = json_ids(database.backend(), "r.id", "build_job r WHERE r.playlist_id = y.id");
    let writer =
        RecordWriter::new(&entity::playlist::TABLE, "y", "Playlist").with(&[(&builds, "build_jobs", Kind::Json)]);
    let condition = Sql::with("FROM playlist y WHERE y.project_id = $1", [project_id.into()]);
    let order = "y.updated_at DESC, y.created_at DESC, y.id";
    let select = format!("SELECT {} ", writer.columns());
    let Some(number) = page.filter(|page| *page >= 1) else {
        let mut sql = condition.before(&select);
        sql.push(" ORDER BY ").push(order);
        return Ok(stream_array(database, sql, move |out, row| writer.write(out, row))
            .await?
            .into());
    };
    let page = Page { number, limit };
    let total = paging::count(database, &condition).await?;
    let mut sql = condition.before(&select);
    sql.push(" ORDER BY ")
        .push(order)
        .push(" LIMIT ")
        .bind(page.limit)
        .push(" OFFSET ")
        .bind(page.offset());
    let mut items = Vec::new();
    for row in database.rows(&sql).await? {
        let mut out = Vec::with_capacity(1024);
        writer.write(&mut out, &row)?;
        items.push(out);
    }
    Ok(Json::written(page.written(total, &items, &[])))
}

/// Requires that a production is there.
///
/// # Errors
/// 404 when there is no such production.
pub(super) async fn require_project(database: &Database, project_id: Uuid) -> Result<(), Failure> {
    let sql = Sql::with("SELECT 1 FROM project WHERE id = $1", [project_id.into()]);
    database.row(&sql).await?.map(|_| ()).ok_or_else(Failure::not_found)
}

/// The order that a column stands for: dates with the latest first, others upwards, and the last changed first for what is
/// no column. The entries are no column to order by.
fn order(column: Option<&str>) -> String {
    let known = entity::playlist::TABLE
        .columns
        .iter()
        .map(|column| column.name)
        .filter(|name| *name != "shots");
    let column = column
        .and_then(|wanted| known.into_iter().find(|name| *name == wanted))
        .unwrap_or("updated_at");
    let direction = if matches!(column, "created_at" | "updated_at") {
        " DESC"
    } else {
        ""
    };
    format!(" ORDER BY p.{column}{direction}, p.id")
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn only_columns_decide_the_order() {
        assert_eq!(order(Some("name")), " ORDER BY p.name, p.id");
        assert_eq!(order(Some("created_at")), " ORDER BY p.created_at DESC, p.id");
        assert_eq!(
            order(Some("shots; DROP TABLE playlist")),
            " ORDER BY p.updated_at DESC, p.id"
        );
        assert_eq!(order(None), " ORDER BY p.updated_at DESC, p.id");
    }
}

//! The lines of the castings of a production, one by one: for programs that keep a copy of them.

use chrono::NaiveDateTime;
use dailies_definitions::access::ProjectManager;
use dailies_definitions::casting::ListProjectEntityLinksQuery;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::EntityLink;
use entity::facts::Kind;
use serde_json::Value;
use uuid::Uuid;

use super::writing;
use crate::app::App;
use crate::database::dialect::precise_moment;
use crate::database::json::{TEXT, array, record};
use crate::database::paging::{self, Page};
use crate::database::{self, Database, Field, RecordWriter, Sent, Sql, stream_array};
use crate::events::Work;

/// Lines on a page, where the caller does not say.
const USUAL_PAGE_LENGTH: i64 = 100;

/// The order of the lines; no two are alike in it.
const ORDER: &str = "l.created_at, l.id";

/// `GET /data/projects/{project_id}/entity-links`: a page, the lines that were made after a moment, or all of them.
pub(super) async fn list(
    app: &App,
    access: &ProjectManager,
    query: &ListProjectEntityLinksQuery,
) -> Result<Json<Value>, Failure> {
    let database = &app.database;
    let selection = Sql::with(
        "FROM entity_link l WHERE l.entity_in_id IN (SELECT e.id FROM entity e WHERE e.project_id = $1)",
        [access.project_id().into()],
    );
    let limit = query.limit.filter(|limit| *limit > 0);
    match (query.page.filter(|page| *page > 0), query.cursor_created_at) {
        (Some(number), _) => {
            page(
                database,
                selection,
                Page {
                    number,
                    limit: limit.unwrap_or(USUAL_PAGE_LENGTH),
                },
            )
            .await
        }
        (None, Some(moment)) => after(database, selection, moment, limit.unwrap_or(USUAL_PAGE_LENGTH)).await,
        (None, None) => Ok(all(database, selection, limit).await?.into()),
    }
}

async fn page(database: &Database, selection: Sql, page: Page) -> Result<Json<Value>, Failure> {
    let total = paging::count(database, &selection).await?;
    let selection = database
        .page_of(selection, "l.id", ORDER, page.limit, page.offset())
        .await?;
    let writer = RecordWriter::new(&entity::entity_link::TABLE, "l", "EntityLink");
    Ok(Json::written(page.written(
        total,
        &lines(database, selection, &writer).await?,
        &[],
    )))
}

/// The lines that were made after a moment, with moments that the next call can name: so many, and all others of the moment of the
/// last one, because the next call begins behind it.
async fn after(
    database: &Database,
    mut selection: Sql,
    moment: NaiveDateTime,
    limit: i64,
) -> Result<Json<Value>, Failure> {
    let total = paging::count(database, &selection).await?;
    selection.push(" AND l.created_at > ").bind(moment);
    let mut last = selection.clone().before("SELECT l.created_at ");
    last.push(" ORDER BY l.created_at LIMIT 1 OFFSET ").bind(limit - 1);
    if let Some(last) = database::read_value::<NaiveDateTime>(database, &last).await? {
        selection.push(" AND l.created_at <= ").bind(last);
    }
    selection.push(" ORDER BY l.created_at, l.updated_at, l.id");
    let columns = entity::entity_link::TABLE
        .columns
        .iter()
        .map(|column| match column.kind {
            Kind::DateTime => (
                precise_moment(database.backend(), &format!("l.{}", column.name)),
                Field::new(column.name, TEXT),
            ),
            _ => (format!("l.\"{}\"", column.name), Field::from(column)),
        });
    let writer = RecordWriter::select(columns, Some("EntityLink"));
    let mut out = b"{\"data\":".to_vec();
    out.extend(array(
        lines(database, selection, &writer).await?.iter().map(Vec::as_slice),
    ));
    out.extend_from_slice(format!(",\"total\":{total},\"limit\":{limit}}}").as_bytes());
    Ok(Json::written(out))
}

async fn lines(database: &Database, selection: Sql, writer: &RecordWriter) -> Result<Vec<Vec<u8>>, Failure> {
    let mut items = Vec::new();
    for row in database
        .rows(&selection.before(&format!("SELECT {} ", writer.columns())))
        .await?
    {
        let mut out = Vec::with_capacity(256);
        writer.write(&mut out, &row)?;
        items.push(out);
    }
    Ok(items)
}

async fn all(database: &Database, mut selection: Sql, limit: Option<i64>) -> Result<Sent, Failure> {
    let keys = [
        ("l.id".to_owned(), Field::new("id", Kind::Uuid)),
        ("l.entity_in_id".to_owned(), Field::new("entity_in_id", Kind::Uuid)),
        ("l.entity_out_id".to_owned(), Field::new("entity_out_id", Kind::Uuid)),
        ("l.nb_occurences".to_owned(), Field::new("nb_occurences", Kind::Integer)),
        ("l.label".to_owned(), Field::new("label", TEXT)),
        ("l.data".to_owned(), Field::new("data", Kind::Json)),
        (
            precise_moment(database.backend(), "l.created_at"),
            Field::new("created_at", TEXT),
        ),
    ];
    let writer = RecordWriter::select(keys, Some("EntityLink"));
    selection.push(" ORDER BY ").push(ORDER);
    if let Some(limit) = limit {
        selection.push(" LIMIT ").bind(limit);
    }
    let sql = selection.before(&format!("SELECT {} ", writer.columns()));
    Ok(stream_array(database, sql, move |out, row| writer.write(out, row)).await?)
}

/// Removes a line from the casting that it is in, and answers it.
pub(super) async fn remove(app: &App, access: &ProjectManager, link_id: Uuid) -> Result<Json<EntityLink>, Failure> {
    let mut work = Work::begin(app, access).await?;
    let row = record(&*work, &entity::entity_link::TABLE, "EntityLink", link_id)
        .await?
        .ok_or_else(Failure::not_found)?;
    writing::remove(&mut work, access.project_id(), link_id).await?;
    work.finish().await?;
    Ok(Json::written(row))
}

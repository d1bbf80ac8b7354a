//! Notifications, subscriptions and previews of a whole production, for copying it to another server.

use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use uuid::Uuid;

use crate::app::App;
use crate::database::json::TEXT;
use crate::database::paging::{self, Page};
use crate::database::{RecordWriter, Sql};

/// A writer of notifications, which the query calls `r`; their kind has a key of its own.
#[must_use]
pub fn notification_writer() -> RecordWriter {
    let writer = RecordWriter::of(&entity::notification::TABLE, "r", "Notification", |column| {
        column != "type"
    });
    writer.with(&[("r.type", "notification_type", TEXT)])
}

/// Subject of a list.
#[derive(Clone, Copy, Debug)]
pub enum What {
    Notifications,
    Subscriptions,
    Previews,
}

impl What {
    fn table(self) -> &'static str {
        match self {
            Self::Notifications => "notification",
            Self::Subscriptions => "subscription",
            Self::Previews => "preview_file",
        }
    }

    fn writer(self) -> RecordWriter {
        match self {
            Self::Notifications => notification_writer(),
            Self::Subscriptions => RecordWriter::new(&entity::subscription::TABLE, "r", "Subscription"),
            Self::Previews => RecordWriter::new(&entity::preview_file::TABLE, "r", "PreviewFile"),
        }
    }
}

/// The records about tasks of a production, the last changed first; all, or one page.
///
/// # Errors
/// 404 for an unknown production.
pub async fn of_project<T>(app: &App, project_id: Uuid, what: What, page: Option<i64>) -> Result<Json<T>, Failure> {
    let database = &app.database;
    let known = Sql::with("SELECT 1 FROM project WHERE id = $1", [project_id.into()]);
    database.row(&known).await?.ok_or_else(Failure::not_found)?;
    // SQLite goes through the tables of a cross join in their order: records come in the order of the list then.
    let text = format!(
        "FROM {} r CROSS JOIN task t WHERE t.id = r.task_id AND t.project_id = $1",
        what.table()
    );
    let condition = Sql::with(text, [project_id.into()]);
    let writer = what.writer();
    let select = format!("SELECT {} ", writer.columns());
    let order = "r.updated_at DESC, r.created_at DESC, r.id";
    let Some(number) = page.filter(|page| *page >= 1) else {
        let mut sql = condition.before(&select);
        sql.push(" ORDER BY ").push(order);
        return Ok(writer.list(database, sql).await?);
    };
    let page = Page {
        number,
        limit: i64::try_from(app.settings.nb_records_per_page).unwrap_or(100),
    };
    let total = paging::count(database, &condition).await?;
    let sql = database
        .page_of(condition, "r.id", order, page.limit, page.offset())
        .await?
        .before(&select);
    let mut items = Vec::new();
    for row in database.rows(&sql).await? {
        let mut out = Vec::new();
        writer.write(&mut out, &row)?;
        items.push(out);
    }
    Ok(Json::written(page.written(total, &items, &[])))
}

//! Lists of records: those that a query keeps and the caller sees, all of them or a page.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::query::Query;
use sea_orm::{DbErr, QueryResult};
use serde_json::Value;

use super::select::{self, ShapeWriter};
use super::{Resource, Shape, filter};
use crate::access::data_mask::DataMask;
use crate::access::plans::{PlanMask, blank};
use crate::app::App;
use crate::database::{Database, Sql, paging, stream_array};

/// The part of a list that is asked for.
struct RecordPage {
    number: i64,
    limit: i64,
}

impl RecordPage {
    /// Reads the page that a query asks for, unless it asks for everything.
    fn read(app: &App, query: &Query) -> Result<Option<Self>, Failure> {
        let number = query.integer_within("page", Some(i32::MIN.into()), Some(1_000_000))?;
        if query.integer("limit")?.is_some_and(|limit| limit < 0) {
            return Err(Failure::parameter("limit must be a positive integer.").naming("limit"));
        }
        let limit = query
            .integer_within("limit", None, Some(dailies_definitions::facts::MOST_RECORDS))?
            .unwrap_or_default();
        let default = i64::try_from(app.settings.nb_records_per_page).unwrap_or(100);
        let limit = if limit == 0 { default } else { limit };
        Ok(number
            .filter(|number| *number >= 0)
            .map(|number| Self { number, limit }))
    }
}

/// Parts of a list, besides the condition of its rows.
struct List<'a> {
    resource: &'a dyn Resource,
    shape: Shape,
    /// True if each record has the ids of what is related to it.
    relations: bool,
    mask: Option<DataMask>,
    plans: Option<PlanMask>,
}

/// Sends the records of a collection that a query keeps and the caller sees.
///
/// # Errors
/// 400 for a parameter that is not as it should be.
pub(super) async fn send(
    app: &App,
    resource: &dyn Resource,
    caller: &Caller,
    query: &Query,
) -> Result<Json<Value>, Failure> {
    let mut condition = Sql::new(format!("{} WHERE 1 = 1", select::from(resource)));
    filter::add_filters(&mut condition, resource, caller, query)?;
    resource.visible(app, caller, &mut condition).await?;
    let plans = resource.plans(app, caller).await?;
    if let Some(plans) = plans
        .as_ref()
        .filter(|_| query.pairs().any(|(key, _)| blank(key).is_some()))
    {
        plans.leave_out(&mut condition, "t.project_id");
    }
    let page = RecordPage::read(app, query)?;
    let relations = query.flag("relations")?.unwrap_or_default() || resource.lists_relations(query);
    let list = List {
        resource,
        shape: shape(resource, caller, query)?,
        relations,
        mask: resource.mask(app, caller).await?,
        plans,
    };
    match page {
        Some(page) => list.send_page(&app.database, condition, page).await,
        None => list.send_all(&app.database, condition).await,
    }
}

/// The shape of the records, with the `fields` alone that a query names.
fn shape(resource: &dyn Resource, caller: &Caller, query: &Query) -> Result<Shape, Failure> {
    let mut shape = resource.shape(caller, false);
    if let Some(fields) = query.text("fields")?.filter(|fields| !fields.is_empty()) {
        let keys: Vec<&str> = fields.split(',').map(str::trim).chain(["id", "type"]).collect();
        shape.keep(&keys);
    }
    Ok(shape)
}

impl List<'_> {
    async fn send_all(self, database: &Database, condition: Sql) -> Result<Json<Value>, Failure> {
        let most = self.resource.most();
        let writer = self.writer(database, &condition).await?;
        let mut sql = condition.before(&format!("SELECT {} ", writer.records.columns()));
        sql.push(" ORDER BY t.created_at, t.id");
        if let Some(most) = most {
            sql.push(" LIMIT ").bind(most);
        }
        let write = move |out: &mut Vec<u8>, row: &QueryResult| writer.write(out, row);
        Ok(stream_array(database, sql, write).await?.into())
    }

    async fn send_page(self, database: &Database, condition: Sql, page: RecordPage) -> Result<Json<Value>, Failure> {
        let total = paging::count(database, &condition).await?;
        let RecordPage { number, limit } = page;
        let limit = self.resource.most().map_or(limit, |most| limit.min(most));
        let offset = (number - 1) * limit;
        let mut out = b"{\"data\":[".to_vec();
        if number > 0 && offset < total {
            let order = "t.updated_at DESC, t.created_at DESC, t.id";
            let rows = database.page_of(condition, "t.id", order, limit, offset).await?;
            let writer = self.writer(database, &rows).await?;
            let sql = rows.before(&format!("SELECT {} ", writer.records.columns()));
            for (at, row) in database.rows(&sql).await?.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                writer.write(&mut out, row)?;
            }
        }
        let pages = (total + limit - 1) / limit;
        let tail = format!(
            "],\"total\":{total},\"nb_pages\":{pages},\"limit\":{limit},\"offset\":{offset},\"page\":{number}}}"
        );
        out.extend_from_slice(tail.as_bytes());
        Ok(Json::written(out))
    }

    /// A writer of the records of a condition, with the ids of what is related to them, where these are asked for.
    async fn writer(self, database: &Database, condition: &Sql) -> Result<ListWriter, Failure> {
        let related = if self.relations {
            Some(select::all_related(database, &self.shape, condition).await?)
        } else {
            None
        };
        Ok(ListWriter {
            records: ShapeWriter::new(self.resource, &self.shape).with_related(&self.shape, related),
            mask: self.mask,
            plans: self.plans,
        })
    }
}

/// Writes records without what is hidden from the caller.
struct ListWriter {
    records: ShapeWriter,
    mask: Option<DataMask>,
    plans: Option<PlanMask>,
}

impl ListWriter {
    fn write(&self, out: &mut Vec<u8>, row: &QueryResult) -> Result<(), DbErr> {
        let start = out.len();
        self.records.write(out, row)?;
        if let Some(mask) = &self.mask {
            mask.apply(out, start);
        }
        if let Some(plans) = &self.plans {
            plans.apply(out, start);
        }
        Ok(())
    }
}

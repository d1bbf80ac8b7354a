//! The bars of a schedule: those of the task types of a production, and of the parts that they work on.

use std::collections::{HashMap, HashSet};

use chrono::{Days, Utc};
use dailies_definitions::access::ProjectMember;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{NamedScheduleBar, ScheduleBar, ScheduleItem};
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use uuid::Uuid;

use crate::access::Reach;
use crate::access::plans::are_told;
use crate::access::tasks::{SUMMED, VisibleTasks};
use crate::app::App;
use crate::database::{self, Field, RecordWriter, RowWriter, Sql, write_text};
use crate::events::{Work, payload, transact};
use crate::vocabulary::kinds::EntityKind;

/// Every bar of a production, as it is stored.
pub(super) async fn items(app: &App, access: &ProjectMember) -> Result<Json<Vec<ScheduleItem>>, Failure> {
    let model = RecordWriter::new(&entity::schedule_item::TABLE, "i", "ScheduleItem");
    let text = format!(
        "SELECT {} FROM schedule_item i WHERE i.project_id = $1 ORDER BY i.created_at, i.id",
        model.columns()
    );
    Ok(model
        .list(&app.database, Sql::with(text, [access.project_id().into()]))
        .await?)
}

/// One bar for each task type of the production that has a task there. One that is set to use no task types uses all.
pub(super) async fn of_task_types(app: &App, access: &ProjectMember) -> Result<Json<Vec<ScheduleBar>>, Failure> {
    let project_id = access.project_id();
    let mut sql = Sql::with(
        "SELECT k.id, k.name FROM task_type k WHERE k.for_entity IN ('Asset', 'Shot', 'Sequence', 'Episode', 'Edit') \
         AND (k.id IN (SELECT l.task_type_id FROM project_task_type_link l WHERE l.project_id = $1) \
         OR NOT EXISTS (SELECT 1 FROM project_task_type_link l WHERE l.project_id = $1)) \
         AND k.id IN (SELECT t.task_type_id FROM task t WHERE t.project_id = $1",
        [project_id.into()],
    );
    VisibleTasks::new(Reach::within(access, project_id, access.role()), SUMMED).restrict(&mut sql, "t");
    sql.push(")");
    let wanted = names(&app.database, &sql).await?;
    let subjects = wanted.keys().map(|id| (*id, None)).collect();
    complete(app, access, subjects).await?;
    let mut sql = Sql::with(
        "i.project_id = $1 AND i.object_id IS NULL AND i.task_type_id IN ",
        [project_id.into()],
    );
    let order = if are_told(access.role()) {
        "i.start_date IS NULL, i.start_date, i.created_at"
    } else {
        "i.created_at, i.id"
    };
    sql.bind_list(wanted.into_keys()).push(" ORDER BY ").push(order);
    let mut out = b"[".to_vec();
    for row in app.database.rows(&sql.before(&query_of_bars(access))).await? {
        if out.len() > 1 {
            out.push(b',');
        }
        out.push(b'{');
        bar_writer().write(&mut out, &row)?;
        out.push(b'}');
    }
    out.push(b']');
    Ok(Json::written(out))
}

/// The parts of a production that have bars of their own for a task type.
#[derive(Clone, Copy)]
pub(super) enum ScheduledParts {
    AssetTypes,
    Episodes,
    Sequences,
    Edits,
}

impl ScheduledParts {
    /// The query of the parts with their names.
    fn query(self, project_id: Uuid, episode_id: Option<Uuid>) -> Sql {
        let (text, episode) = match self {
            Self::AssetTypes => {
                let assets = EntityKind::Asset.condition("e.entity_type_id");
                let text = format!(
                    "SELECT DISTINCT k.id, k.name FROM entity e JOIN entity_type k ON k.id = e.entity_type_id WHERE {assets}"
                );
                (text, "e.source_id")
            }
            Self::Episodes => (entities(EntityKind::Episode), "e.id"),
            Self::Sequences => (entities(EntityKind::Sequence), "e.parent_id"),
            Self::Edits => (
                format!("{} AND COALESCE(e.canceled, false) = false", entities(EntityKind::Edit)),
                "e.parent_id",
            ),
        };
        let mut sql = Sql::new(text);
        sql.push(" AND e.project_id = ").bind(project_id);
        if let Some(episode_id) = episode_id {
            sql.push(&format!(" AND {episode} = ")).bind(episode_id);
        }
        sql
    }
}

fn entities(kind: EntityKind) -> String {
    format!(
        "SELECT e.id, e.name FROM entity e WHERE {}",
        kind.condition("e.entity_type_id")
    )
}

/// One bar of a task type for each part of the production.
pub(super) async fn of_parts(
    app: &App,
    access: &ProjectMember,
    task_type_id: Uuid,
    part: ScheduledParts,
    episode_id: Option<Uuid>,
) -> Result<Json<Vec<NamedScheduleBar>>, Failure> {
    let project_id = access.project_id();
    let sql = Sql::with("SELECT 1 FROM task_type WHERE id = $1", [task_type_id.into()]);
    if app.database.row(&sql).await?.is_none() {
        return Err(Failure::not_found());
    }
    let wanted = names(&app.database, &part.query(project_id, episode_id)).await?;
    complete(app, access, wanted.keys().map(|id| (task_type_id, Some(*id))).collect()).await?;
    let sql = Sql::with(
        "i.project_id = $1 AND i.object_id IS NOT NULL AND i.task_type_id = $2",
        [project_id.into(), task_type_id.into()],
    );
    let writer = bar_writer();
    let mut bars: Vec<(&String, Vec<u8>)> = Vec::with_capacity(wanted.len());
    for row in app.database.rows(&sql.before(&query_of_bars(access))).await? {
        let Some(name) = wanted.get(&row.try_get("", "object_id")?) else {
            continue;
        };
        let mut bar = vec![b'{'];
        writer.write(&mut bar, &row)?;
        bar.extend_from_slice(b",\"name\":");
        write_text(&mut bar, name);
        bar.push(b'}');
        bars.push((name, bar));
    }
    bars.sort_by_key(|(name, _)| *name);
    let bars: Vec<Vec<u8>> = bars.into_iter().map(|(_, bar)| bar).collect();
    let mut out = b"[".to_vec();
    out.extend(bars.join(&b','));
    out.push(b']');
    Ok(Json::written(out))
}

/// Query of bars, without days for those who are not told how work is planned; a condition follows.
fn query_of_bars(access: &ProjectMember) -> String {
    let planned = if are_told(access.role()) {
        "i.start_date, i.end_date, i.man_days"
    } else {
        "CAST(NULL AS date) AS start_date, CAST(NULL AS date) AS end_date, CAST(NULL AS integer) AS man_days"
    };
    format!("SELECT i.id, {planned}, i.project_id, i.task_type_id, i.object_id FROM schedule_item i WHERE ")
}

fn bar_writer() -> RowWriter {
    RowWriter::new([
        Field::new("id", Kind::Uuid),
        Field::new("start_date", Kind::Date),
        Field::new("end_date", Kind::Date),
        Field::new("man_days", Kind::Integer),
        Field::new("project_id", Kind::Uuid),
        Field::new("task_type_id", Kind::Uuid),
        Field::new("object_id", Kind::Uuid),
    ])
}

/// A task type or a part of a production.
#[derive(FromQueryResult)]
struct NamedPart {
    id: Uuid,
    name: String,
}

async fn names(connection: &impl ConnectionTrait, sql: &Sql) -> Result<HashMap<Uuid, String>, Failure> {
    Ok(database::read_all::<NamedPart>(connection, sql)
        .await?
        .into_iter()
        .map(|one| (one.id, one.name))
        .collect())
}

/// A bar's task type, and a part of the production unless the bar is for all of it.
type BarSubject = (Uuid, Option<Uuid>);

/// A bar that is there.
#[derive(FromQueryResult)]
struct KnownBar {
    task_type_id: Uuid,
    object_id: Option<Uuid>,
}

async fn missing(
    connection: &impl ConnectionTrait,
    project_id: Uuid,
    subjects: &[BarSubject],
) -> Result<Vec<BarSubject>, Failure> {
    let sql = Sql::with(
        "SELECT task_type_id, object_id FROM schedule_item WHERE project_id = $1 AND task_type_id IS NOT NULL",
        [project_id.into()],
    );
    let known = database::read_all::<KnownBar>(connection, &sql).await?;
    let known: HashSet<BarSubject> = known.iter().map(|bar| (bar.task_type_id, bar.object_id)).collect();
    Ok(subjects
        .iter()
        .copied()
        .filter(|subject| !known.contains(subject))
        .collect())
}

/// Adds the bars that are missing, and tells of each. A transaction is only started when there are any; those who are not
/// told how work is planned add none.
async fn complete(app: &App, access: &ProjectMember, subjects: Vec<BarSubject>) -> Result<(), Failure> {
    let project_id = access.project_id();
    if !are_told(access.role()) || missing(&app.database, project_id, &subjects).await?.is_empty() {
        return Ok(());
    }
    transact(app, || add_missing(app, access, &subjects)).await
}

async fn add_missing(app: &App, access: &ProjectMember, subjects: &[BarSubject]) -> Result<(), Failure> {
    let project_id = access.project_id();
    let mut work = Work::begin(app, access).await?;
    let today = Utc::now().date_naive();
    let tomorrow = today + Days::new(1);
    let mut rows: Vec<Vec<(&'static str, Value)>> = Vec::new();
    for (task_type_id, object_id) in missing(&*work, project_id, subjects).await? {
        let id = Uuid::new_v4();
        rows.push(vec![
            ("id", id.into()),
            ("start_date", today.into()),
            ("end_date", tomorrow.into()),
            ("project_id", project_id.into()),
            ("task_type_id", task_type_id.into()),
            ("object_id", object_id.into()),
        ]);
        work.emit_in(project_id, "schedule-item:new", payload([("schedule_item_id", id)]));
    }
    if !rows.is_empty() {
        database::insert_many(&*work, &entity::schedule_item::TABLE, rows).await?;
    }
    work.finish().await?;
    Ok(())
}

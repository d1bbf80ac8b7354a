//! Time spent on a production, and the absences of its team.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dailies_definitions::access::{ProjectManager, ProjectMember};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{DayOffsByPerson, TimeSpent, TimeSpentsByPerson};
use entity::facts::Kind;
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::access::hours::{READ_OF_PRODUCTION, VisibleHours};
use crate::access::persons::sees_whole_team;
use crate::access::{Reach, STAFF};
use crate::app::App;
use crate::database::{Field, RecordWriter, RowWriter, Sql, write_column, write_uuid};

/// All time spent on a production; for those who neither manage nor supervise it, their own.
pub(super) async fn spent(app: &App, access: &ProjectMember) -> Result<Json<Vec<TimeSpent>>, Failure> {
    let model = RecordWriter::new(&entity::time_spent::TABLE, "s", "TimeSpent");
    let mut sql = Sql::new(format!(
        "SELECT {} FROM time_spent s JOIN task t ON t.id = s.task_id WHERE t.project_id = ",
        model.columns()
    ));
    sql.bind(access.project_id());
    VisibleHours::new(
        Reach::within(access, access.project_id(), access.role()),
        READ_OF_PRODUCTION,
    )
    .restrict(&mut sql);
    sql.push(" ORDER BY s.date, s.id");
    Ok(model.list(&app.database, sql).await?)
}

/// Time spent on the tasks of one type, by person.
pub(super) async fn spent_on_task_type(
    app: &App,
    access: &ProjectManager,
    task_type_id: Uuid,
    start: Option<NaiveDate>,
    end: Option<NaiveDate>,
) -> Result<Json<TimeSpentsByPerson>, Failure> {
    let model = RecordWriter::new(&entity::time_spent::TABLE, "s", "TimeSpent");
    let mut sql = Sql::new(format!(
        "SELECT {} FROM time_spent s JOIN task t ON t.id = s.task_id WHERE s.person_id IS NOT NULL AND t.project_id = ",
        model.columns()
    ));
    sql.bind(access.project_id())
        .push(" AND t.task_type_id = ")
        .bind(task_type_id);
    if let Some(start) = start {
        sql.push(" AND s.date >= ").bind(start);
    }
    if let Some(end) = end {
        sql.push(" AND s.date <= ").bind(end);
    }
    sql.push(" ORDER BY s.date DESC, s.id");
    let rows = app.database.rows(&sql).await?;
    by_person(&rows, |out, row| Ok(model.write(out, row)?))
}

/// The days off of the team, by person. Why somebody is absent is for managers and the person themself.
pub(super) async fn days_off(
    app: &App,
    access: &ProjectMember,
    start: Option<NaiveDate>,
    end: Option<NaiveDate>,
) -> Result<Json<DayOffsByPerson>, Failure> {
    if !STAFF.contains(&access.role()) {
        return Err(Failure::forbidden());
    }
    let writer = RowWriter::new([
        Field::new("date", Kind::Date),
        Field::new("end_date", Kind::Date),
        Field::new("person_id", Kind::Uuid),
        Field::new("id", Kind::Uuid),
        Field::new("created_at", Kind::DateTime),
        Field::new("updated_at", Kind::DateTime),
    ]);
    let mut sql = Sql::new(
        "SELECT o.date, o.end_date, o.person_id, o.id, o.created_at, o.updated_at, o.description FROM day_off o \
         JOIN project_person_link l ON l.person_id = o.person_id WHERE l.project_id = ",
    );
    sql.bind(access.project_id());
    if let Some(start) = start {
        sql.push(" AND o.end_date >= ").bind(start);
    }
    if let Some(end) = end {
        sql.push(" AND o.date <= ").bind(end);
    }
    sql.push(" ORDER BY o.date, o.id");
    let rows = app.database.rows(&sql).await?;
    let manages = sees_whole_team(access.role());
    by_person(&rows, |out, row| {
        out.push(b'{');
        writer.write(out, row)?;
        if manages || row.try_get::<Uuid>("", "person_id")? == access.person.id {
            out.extend_from_slice(b",\"description\":");
            write_column(out, row, "description", Kind::Text { max: None })?;
        }
        out.extend_from_slice(b",\"type\":\"DayOff\"}");
        Ok(())
    })
}

/// Lists of rows by their `person_id`, as a JSON object, in the order of the ids: one tag stands for one text.
fn by_person<T>(
    rows: &[QueryResult],
    write: impl Fn(&mut Vec<u8>, &QueryResult) -> Result<(), Failure>,
) -> Result<Json<T>, Failure> {
    let mut lists: BTreeMap<Uuid, Vec<u8>> = BTreeMap::new();
    for row in rows {
        let list = lists.entry(row.try_get("", "person_id")?).or_default();
        if !list.is_empty() {
            list.push(b',');
        }
        write(list, row)?;
    }
    let mut out = b"{".to_vec();
    for (person_id, list) in lists {
        if out.len() > 1 {
            out.push(b',');
        }
        write_uuid(&mut out, person_id);
        out.extend_from_slice(b":[");
        out.extend_from_slice(&list);
        out.push(b']');
    }
    out.push(b'}');
    Ok(Json::written(out))
}

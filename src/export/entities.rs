//! Tables of the assets, shots and edits of a production, with their metadata and tasks.

use std::collections::{BTreeMap, HashMap, HashSet};

use dailies_definitions::access::ProjectMember;
use dailies_definitions::exports::EntityTableFilter;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use dailies_definitions::query::parse_id;
use entity::facts::Kind;
use entity::project;
use sea_orm::{DbErr, EntityTrait, FromQueryResult, QueryResult};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::cells::{self, join_names, plain};
use super::layouts::{CellSource, ExportLayout, layout};
use super::table::{Table, integer, order_by, text};
use crate::access::tasks::{VisibleTasks, assigned_to, worked_on_by};
use crate::access::{ALL_BUT_VENDORS, Reach, STAFF, metadata};
use crate::database::{self, Database, SelectList, SelectedColumn, Sql};
use crate::vocabulary::kinds::EntityKind;

/// Heading of the assignees of a task, right of the column of its type.
pub const ASSIGNATIONS: &str = "Assignations";

/// Entities to keep.
struct ExportFilter {
    id: Option<Uuid>,
    episode: Episode,
    /// True if only what the caller has a task of is wanted, with the caller's tasks alone.
    own: bool,
}

impl ExportFilter {
    fn read(query: &EntityTableFilter) -> Result<Self, Failure> {
        Ok(Self {
            id: query.id,
            episode: Episode::read(query.episode_id.as_deref())?,
            own: query.assigned_to.is_some(),
        })
    }
}

/// Episode that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Episode {
    All,
    /// Entities that belong to no episode.
    Main,
    One(Uuid),
}

impl Episode {
    /// Reads the parameter `episode_id`.
    ///
    /// # Errors
    /// 400 for what is neither an id nor `all` nor `main`.
    pub(super) fn read(text: Option<&str>) -> Result<Self, Failure> {
        match text.unwrap_or_default() {
            "" | "all" => Ok(Self::All),
            "main" => Ok(Self::Main),
            text => parse_id(text)
                .map(Self::One)
                .ok_or_else(|| Failure::parameter(format!("Invalid UUID format for episode_id: {text}"))),
        }
    }
}

/// A metadata column.
#[derive(FromQueryResult)]
struct ExportedDescriptor {
    name: String,
    field_name: String,
    data_type: Option<String>,
}

/// A task of an entity.
#[derive(FromQueryResult)]
struct ExportedTask {
    id: Uuid,
    entity_id: Uuid,
    task_type: String,
    /// Place of the task type in the pipeline.
    priority: Option<i32>,
    status: Option<String>,
    duration: Option<f64>,
}

/// A person who is assigned to a task.
#[derive(FromQueryResult)]
struct Assignee {
    task_id: Uuid,
    person_id: Uuid,
    full_name: String,
}

/// The tasks of one entity: minutes spent, and for each task type by its name the status and the assignees.
#[derive(Default)]
struct ExportedTasks {
    minutes: f64,
    by_type: HashMap<String, [String; 2]>,
}

/// The table of a kind of entity, with what a query keeps.
///
/// # Errors
/// 403 for vendors, 400 for what is no episode.
pub(super) async fn table(
    database: &Database,
    access: &ProjectMember,
    kind: EntityKind,
    query: &EntityTableFilter,
) -> Result<Media, Failure> {
    let filter = ExportFilter::read(query)?;
    if !ALL_BUT_VENDORS.contains(&access.role()) {
        return Err(Failure::forbidden());
    }
    let layout = layout(kind);
    let project = project_name(database, access.project_id()).await?;
    let from = selection(access, kind, layout, &filter);
    let descriptors = descriptors(database, access, kind).await?;
    let person = filter.own.then_some(access.person.id);
    let visible = VisibleTasks::within(access.caller(), access.project_id(), access.role());
    let (task_types, work) = tasks(database, &from, &visible, person).await?;
    let headings = all_headings(layout, &descriptors, &task_types);
    let table = Table::of_production(&project, layout.name, headings);
    let mut list = SelectList::default();
    let columns: Vec<CellSource> = layout
        .columns
        .iter()
        .map(|(_, value)| CellSource::of(*value, &mut list))
        .collect();
    let [data, id] = ["e.data", "e.id"].map(|column| list.add(column));
    let lines = ExportedLines {
        project,
        columns,
        data,
        id,
        of_staff: access.caller().is_admin() || STAFF.contains(&access.role()),
        descriptors,
        task_types,
        work,
    };
    let mut sql = from.before(&format!("SELECT {list} "));
    sql.push(&order_by(database.backend(), &layout.names())).push(", e.id");
    table.send(database, sql, move |row| lines.cells(row)).await
}

/// Headings of the columns of a layout, of the metadata and of the tasks.
fn all_headings(layout: &ExportLayout, descriptors: &[ExportedDescriptor], task_types: &[String]) -> Vec<String> {
    let mut headings: Vec<String> = layout.headings().map(str::to_owned).collect();
    headings.extend(descriptors.iter().map(|descriptor| descriptor.name.clone()));
    headings.extend(
        task_types
            .iter()
            .flat_map(|name| [name.clone(), ASSIGNATIONS.to_owned()]),
    );
    headings
}

/// Columns of the rows of a table, and what its lines say besides.
struct ExportedLines {
    project: String,
    /// Columns of the layout.
    columns: Vec<CellSource>,
    data: SelectedColumn,
    id: SelectedColumn,
    /// True if time spent and assignees are told, which are for the staff.
    of_staff: bool,
    descriptors: Vec<ExportedDescriptor>,
    task_types: Vec<String>,
    work: HashMap<Uuid, ExportedTasks>,
}

impl ExportedLines {
    /// Cells of the line of an entity.
    fn cells(&self, row: &QueryResult) -> Result<Vec<String>, DbErr> {
        let none = ExportedTasks::default();
        let tasks = self.work.get(&self.id.read(row)?).unwrap_or(&none);
        let data = data_of(row, self.data)?;
        let mut cells = Vec::new();
        for column in &self.columns {
            cells.push(match column {
                CellSource::Project => self.project.clone(),
                CellSource::Text(column) => text(row, *column)?,
                CellSource::Number(column) => integer(row, *column)?,
                CellSource::Data(key) => plain(data.get(*key)),
                CellSource::TimeSpent if self.of_staff => format!("{:.2}", tasks.minutes / 60.0 / 8.0),
                CellSource::TimeSpent => String::new(),
            });
        }
        cells.extend(self.descriptors.iter().map(|descriptor| descriptor.cell(&data)));
        for name in &self.task_types {
            let [status, assignees] = tasks.by_type.get(name).cloned().unwrap_or_default();
            cells.extend([status, if self.of_staff { assignees } else { String::new() }]);
        }
        Ok(cells)
    }
}

/// Name of a production.
///
/// # Errors
/// 404 when it is not there.
pub(super) async fn project_name(database: &Database, id: Uuid) -> Result<String, Failure> {
    Ok(project::Entity::find_by_id(id)
        .one(database)
        .await?
        .ok_or_else(Failure::not_found)?
        .name)
}

/// The entities `e` that the table is about, from `FROM` on.
fn selection(access: &ProjectMember, kind: EntityKind, layout: &ExportLayout, filter: &ExportFilter) -> Sql {
    let mut sql = Sql::new(format!(
        "FROM entity e {} WHERE {} AND e.project_id = ",
        layout.joins,
        kind.condition("e.entity_type_id")
    ));
    sql.bind(access.project_id());
    if let Some(id) = filter.id {
        sql.push(" AND e.id = ").bind(id);
    }
    match (filter.episode, kind) {
        (Episode::All, _) => {}
        (Episode::Main, EntityKind::Asset) => {
            sql.push(" AND e.source_id IS NULL");
        }
        (Episode::Main, _) => {
            sql.push(" AND 1 = 0");
        }
        (Episode::One(id), EntityKind::Asset) => {
            sql.push(" AND (e.source_id = ").bind(id);
            sql.push(" OR e.id IN (SELECT l.entity_out_id FROM entity_link l WHERE l.entity_in_id = ")
                .bind(id)
                .push("))");
        }
        (Episode::One(id), _) => {
            sql.push(" AND ep.id = ").bind(id);
        }
    }
    if filter.own {
        sql.push(" AND ");
        worked_on_by(&mut sql, "e.id", access.person.id);
    }
    sql
}

/// The metadata columns for the caller.
async fn descriptors(
    database: &Database,
    access: &ProjectMember,
    kind: EntityKind,
) -> Result<Vec<ExportedDescriptor>, Failure> {
    let mut sql = Sql::with(
        "SELECT d.name, d.field_name, d.data_type FROM metadata_descriptor d WHERE d.project_id = $1 AND d.entity_type = $2",
        [access.project_id().into(), kind.type_name().into()],
    );
    metadata::restrict(
        &mut sql,
        &Reach::within(access, access.project_id(), access.role()),
        "d",
    );
    sql.push(" ORDER BY d.position NULLS LAST, d.name, d.id");
    Ok(database::read_all(database, &sql).await?)
}

/// Names of the task types in the order of the pipeline, and the tasks of the selected entities, as far as lists show them.
async fn tasks(
    database: &Database,
    from: &Sql,
    visible: &VisibleTasks,
    person: Option<Uuid>,
) -> Result<(Vec<String>, HashMap<Uuid, ExportedTasks>), Failure> {
    let mut assignees = assignees(database, from).await?;
    let mut sql = from.clone().before(
        "SELECT t.id, t.entity_id, k.name AS task_type, k.priority, s.short_name AS status, t.duration FROM task t \
         JOIN task_type k ON k.id = t.task_type_id LEFT JOIN task_status s ON s.id = t.task_status_id WHERE t.entity_id IN (SELECT e.id ",
    );
    sql.push(")");
    visible.restrict(&mut sql, "t");
    if let Some(person) = person {
        sql.push(" AND ");
        assigned_to(&mut sql, "t.id", person);
    }
    sql.push(" ORDER BY t.created_at, t.id");
    let mut priorities: BTreeMap<String, i32> = BTreeMap::new();
    let mut found: HashMap<Uuid, ExportedTasks> = HashMap::new();
    for task in database::read_all::<ExportedTask>(database, &sql).await? {
        let priority = task.priority.unwrap_or(i32::MAX);
        priorities
            .entry(task.task_type.clone())
            .and_modify(|least| *least = priority.min(*least))
            .or_insert(priority);
        let tasks = found.entry(task.entity_id).or_default();
        tasks.minutes += task.duration.unwrap_or_default();
        let names = assignees.remove(&task.id).unwrap_or_default();
        tasks
            .by_type
            .entry(task.task_type)
            .or_insert([task.status.unwrap_or_default(), names]);
    }
    let mut names: Vec<(i32, String)> = priorities
        .into_iter()
        .map(|(name, priority)| (priority, name))
        .collect();
    names.sort();
    Ok((names.into_iter().map(|(_, name)| name).collect(), found))
}

/// Names of the assignees of the tasks of the selected entities, by task. Who shares a name with others goes by the id.
async fn assignees(database: &Database, from: &Sql) -> Result<HashMap<Uuid, String>, DbErr> {
    let shared = shared_names(database).await?;
    let mut sql = from.clone().before(
        "SELECT l.task_id, l.person_id, TRIM(w.first_name || ' ' || w.last_name) AS full_name FROM task_person_link l \
         JOIN person w ON w.id = l.person_id JOIN task t ON t.id = l.task_id WHERE t.entity_id IN (SELECT e.id ",
    );
    sql.push(") ORDER BY w.first_name, w.last_name, w.id");
    let mut found: HashMap<Uuid, Vec<String>> = HashMap::new();
    database
        .each_row(&sql, |row| {
            let Assignee {
                task_id,
                person_id,
                full_name,
            } = Assignee::from_query_result(row, "")?;
            let unclear = full_name.is_empty() || shared.contains(&full_name.to_lowercase());
            found
                .entry(task_id)
                .or_default()
                .push(if unclear { person_id.to_string() } else { full_name });
            Ok(())
        })
        .await?;
    Ok(found
        .into_iter()
        .map(|(task_id, names)| (task_id, join_names(names.iter().map(String::as_str))))
        .collect())
}

/// Names that several persons have, in small letters.
async fn shared_names(database: &Database) -> Result<HashSet<String>, DbErr> {
    let mut seen = HashSet::new();
    let mut shared = HashSet::new();
    database
        .each_row(
            &Sql::new("SELECT TRIM(first_name || ' ' || last_name) AS full_name FROM person"),
            |row| {
                let name = row.try_get::<String>("", "full_name")?.to_lowercase();
                if !seen.insert(name.clone()) {
                    shared.insert(name);
                }
                Ok(())
            },
        )
        .await?;
    Ok(shared)
}

/// The metadata of an entity.
fn data_of(row: &QueryResult, column: SelectedColumn) -> Result<Map<String, Value>, DbErr> {
    let mut text = Vec::new();
    column.write(&mut text, row, Kind::Json)?;
    let data: Option<Map<String, Value>> =
        serde_json::from_slice(&text).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(data.unwrap_or_default())
}

impl ExportedDescriptor {
    /// The entity's value of this column.
    fn cell(&self, data: &Map<String, Value>) -> String {
        cells::metadata(data, &self.field_name, self.data_type.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_episode_is_an_id_or_a_word() {
        assert_eq!(Episode::read(None).ok(), Some(Episode::All));
        assert_eq!(Episode::read(Some("main")).ok(), Some(Episode::Main));
        assert!(Episode::read(Some("xx")).is_err());
    }
}

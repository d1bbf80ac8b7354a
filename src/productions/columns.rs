//! Metadata columns as they are stored: read, added, changed with their values, and removed.

use std::collections::{HashMap, HashSet};

use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use uuid::Uuid;

use super::field_data::{self, ColumnPlace};
use super::field_name::field_name;
use crate::crud::require_known;
use crate::database::{self, Links, RecordWriter, Sql};
use crate::events::{Work, payload};

/// The kinds of things that have metadata columns.
pub(super) const ENTITY_TYPES: [&str; 7] = ["Asset", "Shot", "Sequence", "Episode", "Edit", "Project", "Task"];

/// The properties of a metadata column that a body gives.
#[derive(Clone)]
pub(super) struct Properties {
    pub data_type: String,
    pub choices: Vec<String>,
    pub for_client: bool,
    pub departments: Vec<Uuid>,
}

impl Properties {
    /// Missing ones get their defaults.
    pub(super) fn new(
        data_type: Option<String>,
        choices: Option<Vec<String>>,
        for_client: Option<bool>,
        departments: Option<Vec<Uuid>>,
    ) -> Self {
        Self {
            data_type: data_type.unwrap_or_else(|| "string".to_owned()),
            choices: choices.unwrap_or_default(),
            for_client: for_client.unwrap_or_default(),
            departments: departments.unwrap_or_default(),
        }
    }

    fn columns(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("data_type", self.data_type.clone().into()),
            ("choices", Value::Json(Some(Box::new(self.choices.clone().into())))),
            ("for_client", self.for_client.into()),
        ]
    }
}

/// Name and key of a metadata column, and the kind of thing that it is for.
#[derive(FromQueryResult)]
pub(super) struct ColumnSubject {
    pub entity_type: String,
    /// Of a column for tasks.
    pub task_type_id: Option<Uuid>,
    pub name: String,
    pub field_name: String,
}

/// A metadata column as it is stored.
#[derive(FromQueryResult)]
pub(super) struct StoredDescriptor {
    pub id: Uuid,
    pub project_id: Uuid,
    #[sea_orm(nested)]
    pub subject: ColumnSubject,
}

/// 400: another column has that name or key.
pub(super) fn taken() -> Failure {
    Failure::parameter("Metadata descriptor already exists.").naming("name")
}

/// Metadata columns as a JSON list. `condition` is about `d`, and `order` what they are ordered by.
pub(super) async fn list(connection: &impl ConnectionTrait, condition: Sql, order: &str) -> Result<Vec<u8>, Failure> {
    let model = RecordWriter::new(&entity::metadata_descriptor::TABLE, "d", "MetadataDescriptor");
    let mut sql = condition.clone().before(
        "SELECT l.metadata_descriptor_id AS owner, l.department_id AS item FROM department_metadata_descriptor_link l WHERE l.metadata_descriptor_id IN \
         (SELECT d.id FROM metadata_descriptor d WHERE ",
    );
    sql.push(")");
    let departments = Links::load(connection, &sql).await?;
    let mut sql = condition.before(&format!(
        "SELECT {} FROM metadata_descriptor d JOIN project p ON p.id = d.project_id WHERE ",
        model.columns()
    ));
    sql.push(&format!(" ORDER BY {order}"));
    let mut out = b"[".to_vec();
    for row in database::rows(connection, &sql).await? {
        if out.len() > 1 {
            out.push(b',');
        }
        model.write_open(&mut out, &row)?;
        departments.write_key(&mut out, "departments", row.try_get("", "id")?);
        out.push(b'}');
    }
    out.push(b']');
    Ok(out)
}

/// The order of metadata columns for the same thing.
pub(super) const ORDER: &str = "d.position IS NULL, d.position, d.name, d.id";

/// Metadata columns by their ids.
pub(super) async fn by_ids(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<u8>, Failure> {
    let mut condition = Sql::new("d.id IN ");
    condition.bind_list(ids.iter().copied());
    list(connection, condition, &format!("p.name, {ORDER}")).await
}

/// The productions among these in which a column for the same thing has the same name or key, apart from some columns.
pub(super) async fn clashing(
    work: &Work<'_>,
    projects: &[Uuid],
    subject: &ColumnSubject,
    apart: &[Uuid],
) -> Result<HashSet<Uuid>, Failure> {
    let mut sql = Sql::new("SELECT DISTINCT project_id FROM metadata_descriptor WHERE entity_type = ");
    sql.bind(subject.entity_type.as_str())
        .push(" AND (name = ")
        .bind(subject.name.as_str());
    sql.push(" OR field_name = ")
        .bind(subject.field_name.as_str())
        .push(") AND project_id IN ")
        .bind_list(projects.iter().copied());
    if let Some(task_type_id) = subject.task_type_id {
        sql.push(" AND task_type_id = ").bind(task_type_id);
    }
    if !apart.is_empty() {
        sql.push(" AND id NOT IN ").bind_list(apart.iter().copied());
    }
    Ok(database::read_values(&**work, &sql).await?.into_iter().collect())
}

/// Adds the same metadata column to productions, and tells of each.
pub(super) async fn insert(
    work: &mut Work<'_>,
    projects: &[Uuid],
    subject: &ColumnSubject,
    properties: &Properties,
    position: Option<i32>,
) -> Result<Vec<Uuid>, Failure> {
    let mut ids = Vec::with_capacity(projects.len());
    let mut rows = Vec::with_capacity(projects.len());
    for project_id in projects {
        let id = Uuid::new_v4();
        let mut row = vec![
            ("id", id.into()),
            ("project_id", (*project_id).into()),
            ("entity_type", subject.entity_type.as_str().into()),
            ("task_type_id", subject.task_type_id.into()),
            ("name", subject.name.as_str().into()),
            ("field_name", subject.field_name.as_str().into()),
            ("position", position.into()),
        ];
        row.extend(properties.columns());
        rows.push(row);
        ids.push(id);
        work.emit_in(
            *project_id,
            "metadata-descriptor:new",
            payload([("metadata_descriptor_id", id)]),
        );
    }
    if !rows.is_empty() {
        database::insert_many(&**work, &entity::metadata_descriptor::TABLE, rows).await?;
        set_departments(work, &ids, &properties.departments).await?;
    }
    Ok(ids)
}

/// Makes metadata columns be for these departments, and gives those that were for others.
async fn set_departments(work: &Work<'_>, ids: &[Uuid], departments: &[Uuid]) -> Result<Vec<Uuid>, Failure> {
    require_known(&**work, &entity::department::TABLE, "departments", departments).await?;
    let mut stored: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
    let mut sql = Sql::new(
        "SELECT metadata_descriptor_id, department_id FROM department_metadata_descriptor_link WHERE metadata_descriptor_id",
    );
    sql.among(ids);
    for row in database::rows(&**work, &sql).await? {
        stored
            .entry(row.try_get("", "metadata_descriptor_id")?)
            .or_default()
            .insert(row.try_get("", "department_id")?);
    }
    let wanted: HashSet<Uuid> = departments.iter().copied().collect();
    let ids: Vec<Uuid> = ids
        .iter()
        .copied()
        .filter(|id| stored.remove(id).unwrap_or_default() != wanted)
        .collect();
    if ids.is_empty() {
        return Ok(ids);
    }
    let mut sql = Sql::new("DELETE FROM department_metadata_descriptor_link WHERE metadata_descriptor_id IN ");
    sql.bind_list(ids.iter().copied());
    database::execute(&**work, &sql).await?;
    let mut sql = Sql::new(
        "INSERT INTO department_metadata_descriptor_link (metadata_descriptor_id, department_id) SELECT d.id, p.id ",
    );
    sql.push("FROM metadata_descriptor d CROSS JOIN department p WHERE d.id IN ")
        .bind_list(ids.iter().copied());
    sql.push(" AND p.id IN ").bind_list(departments.iter().copied());
    database::execute(&**work, &sql).await?;
    Ok(ids)
}

/// Changes metadata columns that have the same key and are for the same kind of thing, moves their values when the key
/// changes, and tells of each that changed.
pub(super) async fn change(
    work: &mut Work<'_>,
    columns: &[StoredDescriptor],
    name: Option<&str>,
    properties: &Properties,
) -> Result<(), Failure> {
    let Some(first) = columns.first() else {
        return Ok(());
    };
    let ids: Vec<Uuid> = columns.iter().map(|column| column.id).collect();
    let projects: Vec<Uuid> = columns.iter().map(|column| column.project_id).collect();
    let mut values = properties.columns();
    if let Some(name) = name.filter(|name| columns.iter().any(|column| column.subject.name != *name)) {
        let subject = ColumnSubject {
            entity_type: first.subject.entity_type.clone(),
            task_type_id: first.subject.task_type_id,
            name: name.to_owned(),
            field_name: field_name(name)?,
        };
        if !clashing(work, &projects, &subject, &ids).await?.is_empty() {
            return Err(taken());
        }
        if subject.field_name != first.subject.field_name {
            let place = ColumnPlace {
                entity_type: &subject.entity_type,
                task_type_id: subject.task_type_id,
                projects: &projects,
            };
            field_data::rename(work, &place, &first.subject.field_name, &subject.field_name).await?;
        }
        values.extend([("name", subject.name.into()), ("field_name", subject.field_name.into())]);
    }
    let mut changed =
        database::update_all_differing(&**work, &entity::metadata_descriptor::TABLE, &ids, values).await?;
    changed.extend(set_departments(work, &ids, &properties.departments).await?);
    for column in columns.iter().filter(|column| changed.contains(&column.id)) {
        work.emit_in(
            column.project_id,
            "metadata-descriptor:update",
            payload([("metadata_descriptor_id", column.id)]),
        );
    }
    Ok(())
}

/// Removes metadata columns that have the same key and are for the same kind of thing with their values, and tells of each.
pub(super) async fn delete(work: &mut Work<'_>, columns: &[StoredDescriptor]) -> Result<(), Failure> {
    let Some(first) = columns.first() else {
        return Ok(());
    };
    let projects: Vec<Uuid> = columns.iter().map(|column| column.project_id).collect();
    let place = ColumnPlace {
        entity_type: &first.subject.entity_type,
        task_type_id: first.subject.task_type_id,
        projects: &projects,
    };
    field_data::strip(work, &place, &first.subject.field_name).await?;
    for (table, column) in [
        ("department_metadata_descriptor_link", "metadata_descriptor_id"),
        ("metadata_descriptor", "id"),
    ] {
        let mut sql = Sql::new(format!("DELETE FROM {table} WHERE {column} IN "));
        sql.bind_list(columns.iter().map(|column| column.id));
        database::execute(&**work, &sql).await?;
    }
    for column in columns {
        work.emit_in(
            column.project_id,
            "metadata-descriptor:delete",
            payload([("metadata_descriptor_id", column.id)]),
        );
    }
    Ok(())
}

/// Sets the positions of metadata columns.
pub(super) async fn place(work: &Work<'_>, places: &[(Uuid, i32)]) -> Result<(), Failure> {
    for places in places.chunks(1000) {
        let mut sql = Sql::new("UPDATE metadata_descriptor SET updated_at = ");
        sql.bind(database::now()).push(", position = CASE id");
        for (id, position) in places {
            sql.push(" WHEN ").bind(*id).push(" THEN ").bind(*position);
        }
        sql.push(" END WHERE id IN ")
            .bind_list(places.iter().map(|(id, _)| *id));
        database::execute(&**work, &sql).await?;
    }
    Ok(())
}

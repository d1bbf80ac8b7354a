//! The metadata columns of one production.

use std::collections::HashSet;

use dailies_definitions::access::{Caller, ProjectManager, ProjectMember, Role};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{MetadataDescriptor, MetadataDescriptorOrder, ProjectMetadataDescriptorAdd, ProjectMetadataDescriptorChange};
use sea_orm::{ConnectionTrait, Value};
use uuid::Uuid;

use super::field_data::{self, Place};
use super::field_name::field_name;
use super::models::Model;
use super::rows::{ids_by_owner, only_visible};
use crate::app::App;
use crate::database::{self, Sql};
use crate::events::{Work, payload};

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
    pub(super) fn new(data_type: Option<String>, choices: Option<Vec<String>>, for_client: Option<bool>, departments: Option<Vec<Uuid>>) -> Self {
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

/// What a metadata column is and for what.
pub(super) struct Subject {
    pub entity_type: String,
    /// Of a column for tasks.
    pub task_type_id: Option<Uuid>,
    pub name: String,
    pub field_name: String,
}

/// A metadata column as it is stored.
pub(super) struct Stored {
    pub id: Uuid,
    pub project_id: Uuid,
    pub subject: Subject,
}

/// 403 unless the caller manages the production, or supervises it and the column is for departments, all of the caller's
/// own among them.
fn require_departments(access: &ProjectMember, departments: &[Uuid]) -> Result<(), Failure> {
    if allows(access.role(), &access.person.departments, departments) { Ok(()) } else { Err(Failure::forbidden()) }
}

fn allows(role: Role, own: &[Uuid], departments: &[Uuid]) -> bool {
    match role {
        Role::Admin | Role::Manager => true,
        Role::Supervisor => !departments.is_empty() && own.iter().all(|department| departments.contains(department)),
        Role::Artist | Role::Client | Role::Vendor => false,
    }
}

fn taken() -> Failure {
    Failure::parameter("Metadata descriptor already exists.")
}

/// Metadata columns as a JSON list. `condition` is about `d`, and `order` what they are ordered by.
pub(super) async fn list(connection: &impl ConnectionTrait, condition: Sql, order: &str, departments: bool) -> Result<Vec<u8>, Failure> {
    let model = Model::new(&entity::metadata_descriptor::TABLE, "d", "MetadataDescriptor");
    let links = if departments {
        let mut sql = condition.clone().before(
            "SELECT l.metadata_descriptor_id, l.department_id FROM department_metadata_descriptor_link l WHERE l.metadata_descriptor_id IN \
             (SELECT d.id FROM metadata_descriptor d WHERE ",
        );
        sql.push(")");
        Some(ids_by_owner(&database::rows(connection, &sql).await?)?)
    } else {
        None
    };
    let mut sql = condition.before(&format!(
        "SELECT {}, d.id FROM metadata_descriptor d JOIN project p ON p.id = d.project_id WHERE ",
        model.columns()
    ));
    sql.push(&format!(" ORDER BY {order}"));
    let mut out = b"[".to_vec();
    for row in database::rows(connection, &sql).await? {
        if out.len() > 1 {
            out.push(b',');
        }
        model.write_open(&mut out, &row)?;
        if let Some(links) = &links {
            out.extend_from_slice(b",\"departments\":[");
            let id: Uuid = row.try_get_by_index(model.width())?;
            out.extend_from_slice(links.get(&id).map_or(&[][..], Vec::as_slice));
            out.push(b']');
        }
        out.push(b'}');
    }
    out.push(b']');
    Ok(out)
}

/// The order of metadata columns for the same thing.
pub(super) const ORDER: &str = "d.position IS NULL, d.position, d.name";

/// Metadata columns by their ids, without departments.
pub(super) async fn by_ids(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<u8>, Failure> {
    let mut condition = Sql::new("d.id IN ");
    condition.bind_list(ids.iter().copied());
    list(connection, condition, &format!("p.name, {ORDER}"), false).await
}

/// A list of one item as that item.
fn only_item<T>(list: Vec<u8>) -> Result<Json<T>, Failure> {
    match list.as_slice() {
        [b'[', item @ .., b']'] if !item.is_empty() => Ok(Json::written(item.to_vec())),
        _ => Err(Failure::not_found()),
    }
}

/// The metadata columns that the caller may see.
pub(super) async fn visible(app: &App, access: &ProjectMember) -> Result<Json<Vec<MetadataDescriptor>>, Failure> {
    let mut condition = Sql::with("d.project_id = $1", [access.project_id().into()]);
    only_visible(&mut condition, access, access.role());
    Ok(Json::written(list(app.database.read(), condition, ORDER, true).await?))
}

/// One metadata column of the production, if the caller may see it.
pub(super) async fn one(app: &App, access: &ProjectMember, id: Uuid) -> Result<Json<MetadataDescriptor>, Failure> {
    let mut condition = Sql::with("d.project_id = $1 AND d.id = $2", [access.project_id().into(), id.into()]);
    only_visible(&mut condition, access, access.role());
    only_item(list(app.database.read(), condition, ORDER, true).await?)
}

/// Adds a metadata column to the production.
pub(super) async fn add(app: &App, access: &ProjectMember, body: ProjectMetadataDescriptorAdd) -> Result<Json<MetadataDescriptor>, Failure> {
    let properties = Properties::new(body.data_type, body.choices, body.for_client, body.departments);
    require_departments(access, &properties.departments)?;
    let entity_type = body.entity_type.unwrap_or_else(|| "Asset".to_owned());
    let mut work = Work::begin(app, access).await?;
    require_task_type(&work, &entity_type, body.task_type_id).await?;
    let subject = Subject { entity_type, task_type_id: body.task_type_id, field_name: field_name(&body.name)?, name: body.name };
    let projects = [access.project_id()];
    if !clashing(&work, &projects, &subject, &[]).await?.is_empty() {
        return Err(taken());
    }
    let ids = insert(&mut work, &projects, &subject, &properties, None).await?;
    work.commit().await?;
    only_item(by_ids(app.database.read(), &ids).await?)
}

/// A column for tasks has a task type, and no other column has one.
async fn require_task_type(work: &Work<'_>, entity_type: &str, task_type_id: Option<Uuid>) -> Result<(), Failure> {
    match (entity_type, task_type_id) {
        ("Task", None) => Err(Failure::parameter("Task metadata descriptors require a task_type_id.")),
        ("Task", Some(id)) => {
            let sql = Sql::with("SELECT 1 FROM task_type WHERE id = $1", [id.into()]);
            let found = database::row(&**work, &sql).await?;
            found.map(|_| ()).ok_or_else(|| Failure::parameter("Task type not found."))
        }
        (_, None) => Ok(()),
        (_, Some(_)) => Err(Failure::parameter("task_type_id only applies to Task metadata descriptors.")),
    }
}

/// The productions among these in which a column for the same thing has the same name or key, apart from some columns.
pub(super) async fn clashing(work: &Work<'_>, projects: &[Uuid], subject: &Subject, apart: &[Uuid]) -> Result<HashSet<Uuid>, Failure> {
    let mut sql = Sql::new("SELECT DISTINCT project_id FROM metadata_descriptor WHERE entity_type = ");
    sql.bind(subject.entity_type.as_str()).push(" AND (name = ").bind(subject.name.as_str());
    sql.push(" OR field_name = ").bind(subject.field_name.as_str()).push(") AND project_id IN ").bind_list(projects.iter().copied());
    if let Some(task_type_id) = subject.task_type_id {
        sql.push(" AND task_type_id = ").bind(task_type_id);
    }
    if !apart.is_empty() {
        sql.push(" AND id NOT IN ").bind_list(apart.iter().copied());
    }
    let mut found = HashSet::new();
    for row in database::rows(&**work, &sql).await? {
        found.insert(row.try_get_by_index(0)?);
    }
    Ok(found)
}

/// Adds the same metadata column to productions, and tells of each.
pub(super) async fn insert(
    work: &mut Work<'_>,
    projects: &[Uuid],
    subject: &Subject,
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
        work.emit_in(*project_id, "metadata-descriptor:new", payload([("metadata_descriptor_id", id)]));
    }
    if !rows.is_empty() {
        database::insert_many(&**work, &entity::metadata_descriptor::TABLE, rows).await?;
        set_departments(work, &ids, &properties.departments).await?;
    }
    Ok(ids)
}

/// Makes metadata columns be for these departments; unknown ones are left out.
async fn set_departments(work: &Work<'_>, ids: &[Uuid], departments: &[Uuid]) -> Result<(), Failure> {
    let mut sql = Sql::new("DELETE FROM department_metadata_descriptor_link WHERE metadata_descriptor_id IN ");
    sql.bind_list(ids.iter().copied());
    database::execute(&**work, &sql).await?;
    let mut sql = Sql::new("INSERT INTO department_metadata_descriptor_link (metadata_descriptor_id, department_id) SELECT d.id, p.id ");
    sql.push("FROM metadata_descriptor d CROSS JOIN department p WHERE d.id IN ").bind_list(ids.iter().copied());
    sql.push(" AND p.id IN ").bind_list(departments.iter().copied());
    database::execute(&**work, &sql).await?;
    Ok(())
}

/// A metadata column of the production with the departments that it is for.
async fn stored(work: &Work<'_>, project_id: Uuid, id: Uuid) -> Result<(Stored, Vec<Uuid>), Failure> {
    let sql = Sql::with(
        "SELECT d.id, d.project_id, d.entity_type, d.task_type_id, d.name, d.field_name, l.department_id FROM metadata_descriptor d \
         LEFT JOIN department_metadata_descriptor_link l ON l.metadata_descriptor_id = d.id WHERE d.id = $1 AND d.project_id = $2",
        [id.into(), project_id.into()],
    );
    let rows = database::rows(&**work, &sql).await?;
    let mut departments = Vec::new();
    for row in &rows {
        departments.extend(row.try_get_by_index::<Option<Uuid>>(6)?);
    }
    let row = rows.first().ok_or_else(Failure::not_found)?;
    Ok((read(row)?, departments))
}

/// A row of the first six columns of [`stored`].
pub(super) fn read(row: &sea_orm::QueryResult) -> Result<Stored, sea_orm::DbErr> {
    let subject = Subject {
        entity_type: row.try_get_by_index(2)?,
        task_type_id: row.try_get_by_index(3)?,
        name: row.try_get_by_index(4)?,
        field_name: row.try_get_by_index(5)?,
    };
    Ok(Stored { id: row.try_get_by_index(0)?, project_id: row.try_get_by_index(1)?, subject })
}

/// Changes a metadata column of the production, and moves its values when its key changes.
pub(super) async fn update(app: &App, access: &ProjectMember, id: Uuid, body: ProjectMetadataDescriptorChange) -> Result<Json<MetadataDescriptor>, Failure> {
    let properties = Properties::new(body.data_type, body.choices, body.for_client, body.departments);
    let mut work = Work::begin(app, access).await?;
    let (stored, mut departments) = stored(&work, access.project_id(), id).await?;
    departments.extend(&properties.departments);
    require_departments(access, &departments)?;
    change(&mut work, &[stored], body.name.as_deref(), &properties).await?;
    work.commit().await?;
    only_item(by_ids(app.database.read(), &[id]).await?)
}

/// Changes metadata columns that have the same key and are for the same kind of thing, moves their values when the key
/// changes, and tells of each.
pub(super) async fn change(work: &mut Work<'_>, columns: &[Stored], name: Option<&str>, properties: &Properties) -> Result<(), Failure> {
    let Some(first) = columns.first() else { return Ok(()) };
    let ids: Vec<Uuid> = columns.iter().map(|column| column.id).collect();
    let projects: Vec<Uuid> = columns.iter().map(|column| column.project_id).collect();
    let mut values = properties.columns();
    if let Some(name) = name.filter(|name| columns.iter().any(|column| column.subject.name != *name)) {
        let subject = Subject {
            entity_type: first.subject.entity_type.clone(),
            task_type_id: first.subject.task_type_id,
            name: name.to_owned(),
            field_name: field_name(name)?,
        };
        if !clashing(work, &projects, &subject, &ids).await?.is_empty() {
            return Err(taken());
        }
        if subject.field_name != first.subject.field_name {
            let place = Place { entity_type: &subject.entity_type, task_type_id: subject.task_type_id, projects: &projects };
            field_data::rename(work, &place, &first.subject.field_name, &subject.field_name).await?;
        }
        values.extend([("name", subject.name.into()), ("field_name", subject.field_name.into())]);
    }
    let mut sql = Sql::new("UPDATE metadata_descriptor SET updated_at = ");
    sql.bind(database::now());
    for (column, value) in values {
        sql.push(&format!(", {column} = ")).bind(value);
    }
    sql.push(" WHERE id IN ").bind_list(ids.iter().copied());
    database::execute(&**work, &sql).await?;
    set_departments(work, &ids, &properties.departments).await?;
    for column in columns {
        work.emit_in(column.project_id, "metadata-descriptor:update", payload([("metadata_descriptor_id", column.id)]));
    }
    Ok(())
}

/// Removes a metadata column of the production with its values.
pub(super) async fn remove(app: &App, access: &ProjectMember, id: Uuid) -> Result<NoContent, Failure> {
    let mut work = Work::begin(app, access).await?;
    let (stored, departments) = stored(&work, access.project_id(), id).await?;
    require_departments(access, &departments)?;
    delete(&mut work, &[stored]).await?;
    work.commit().await?;
    Ok(NoContent)
}

/// Removes metadata columns that have the same key and are for the same kind of thing with their values, and tells of each.
pub(super) async fn delete(work: &mut Work<'_>, columns: &[Stored]) -> Result<(), Failure> {
    let Some(first) = columns.first() else { return Ok(()) };
    let projects: Vec<Uuid> = columns.iter().map(|column| column.project_id).collect();
    let place = Place { entity_type: &first.subject.entity_type, task_type_id: first.subject.task_type_id, projects: &projects };
    field_data::strip(work, &place, &first.subject.field_name).await?;
    for (table, column) in [("department_metadata_descriptor_link", "metadata_descriptor_id"), ("metadata_descriptor", "id")] {
        let mut sql = Sql::new(format!("DELETE FROM {table} WHERE {column} IN "));
        sql.bind_list(columns.iter().map(|column| column.id));
        database::execute(&**work, &sql).await?;
    }
    for column in columns {
        work.emit_in(column.project_id, "metadata-descriptor:delete", payload([("metadata_descriptor_id", column.id)]));
    }
    Ok(())
}

/// Orders the metadata columns of the production for one kind of thing.
pub(super) async fn reorder(app: &App, access: &ProjectManager, body: &MetadataDescriptorOrder) -> Result<Json<Vec<MetadataDescriptor>>, Failure> {
    let project_id = access.project_id();
    let caller: &Caller = access;
    let work = Work::begin(app, caller).await?;
    let sql = Sql::with(
        "SELECT id FROM metadata_descriptor WHERE project_id = $1 AND entity_type = $2 ORDER BY name",
        [project_id.into(), body.entity_type.as_str().into()],
    );
    let mut rest: Vec<Uuid> = Vec::new();
    for row in database::rows(&*work, &sql).await? {
        rest.push(row.try_get_by_index(0)?);
    }
    if let Some(id) = body.descriptor_ids.iter().find(|id| !rest.contains(id)) {
        let message = format!("Descriptor {id} not found for project {project_id} and entity type {}", body.entity_type);
        return Err(Failure::parameter(message));
    }
    rest.retain(|id| !body.descriptor_ids.contains(id));
    let places: Vec<(Uuid, i32)> = body.descriptor_ids.iter().copied().chain(rest).zip(1..).collect();
    place(&work, &places).await?;
    work.commit().await?;
    let condition = Sql::with("d.project_id = $1 AND d.entity_type = $2", [project_id.into(), body.entity_type.as_str().into()]);
    Ok(Json::written(list(app.database.read(), condition, ORDER, true).await?))
}

/// Sets the positions of metadata columns.
pub(super) async fn place(work: &Work<'_>, places: &[(Uuid, i32)]) -> Result<(), Failure> {
    for places in places.chunks(1000) {
        let mut sql = Sql::new("UPDATE metadata_descriptor SET updated_at = ");
        sql.bind(database::now()).push(", position = CASE id");
        for (id, position) in places {
            sql.push(" WHEN ").bind(*id).push(" THEN ").bind(*position);
        }
        sql.push(" END WHERE id IN ").bind_list(places.iter().map(|(id, _)| *id));
        database::execute(&**work, &sql).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supervisors_need_all_their_departments_in_the_column() {
        let [a, b] = [Uuid::from_u128(1), Uuid::from_u128(2)];
        assert!(allows(Role::Manager, &[], &[]));
        assert!(allows(Role::Supervisor, &[a], &[a]));
        assert!(allows(Role::Supervisor, &[a], &[a, b]));
        assert!(allows(Role::Supervisor, &[], &[b]));
        assert!(!allows(Role::Supervisor, &[a], &[]));
        assert!(!allows(Role::Supervisor, &[a, b], &[a]));
        assert!(!allows(Role::Artist, &[a], &[a]));
    }
}

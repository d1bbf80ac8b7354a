//! The metadata columns of one production, as its team works with them.

use dailies_definitions::access::{ProjectManager, ProjectMember};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{
    MetadataDescriptor, MetadataDescriptorOrder, ProjectMetadataDescriptorAdd, ProjectMetadataDescriptorChange,
};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::columns::{
    ColumnSubject, ORDER, Properties, StoredDescriptor, by_ids, change, clashing, delete, insert, list, place, taken,
};
use super::field_name::field_name;
use crate::access::{Reach, metadata};
use crate::app::App;
use crate::database::{self, Sql};
use crate::events::Work;

/// 403 for those who may not keep a column of these departments.
fn require_departments(access: &ProjectMember, departments: &[Uuid]) -> Result<(), Failure> {
    if metadata::keeps_column(access.role(), &access.person, departments) {
        Ok(())
    } else {
        Err(Failure::forbidden())
    }
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
    metadata::restrict(
        &mut condition,
        &Reach::within(access, access.project_id(), access.role()),
        "d",
    );
    Ok(Json::written(list(&app.database, condition, ORDER).await?))
}

/// One metadata column of the production.
///
/// # Errors
/// 404 for a column of another production, 403 for one that the caller does not see.
pub(super) async fn one(app: &App, access: &ProjectMember, id: Uuid) -> Result<Json<MetadataDescriptor>, Failure> {
    let known = Sql::with(
        "d.project_id = $1 AND d.id = $2",
        [access.project_id().into(), id.into()],
    );
    let mut condition = known.clone();
    metadata::restrict(
        &mut condition,
        &Reach::within(access, access.project_id(), access.role()),
        "d",
    );
    let found = list(&app.database, condition, ORDER).await?;
    if found == b"[]"
        && app
            .database
            .row(&known.before("SELECT 1 FROM metadata_descriptor d WHERE "))
            .await?
            .is_some()
    {
        return Err(Failure::forbidden());
    }
    only_item(found)
}

/// Adds a metadata column to the production.
pub(super) async fn add(
    app: &App,
    access: &ProjectMember,
    body: ProjectMetadataDescriptorAdd,
) -> Result<Json<MetadataDescriptor>, Failure> {
    let properties = Properties::new(body.data_type, body.choices, body.for_client, body.departments);
    require_departments(access, &properties.departments)?;
    let entity_type = body.entity_type.unwrap_or_else(|| "Asset".to_owned());
    let mut work = Work::begin(app, access).await?;
    require_task_type(&work, &entity_type, body.task_type_id).await?;
    let subject = ColumnSubject {
        entity_type,
        task_type_id: body.task_type_id,
        field_name: field_name(&body.name)?,
        name: body.name,
    };
    let projects = [access.project_id()];
    if !clashing(&work, &projects, &subject, &[]).await?.is_empty() {
        return Err(taken());
    }
    let ids = insert(&mut work, &projects, &subject, &properties, None).await?;
    work.finish().await?;
    only_item(by_ids(&app.database, &ids).await?)
}

/// A column for tasks has a task type, and no other column has one.
async fn require_task_type(work: &Work<'_>, entity_type: &str, task_type_id: Option<Uuid>) -> Result<(), Failure> {
    match (entity_type, task_type_id) {
        ("Task", None) => Err(Failure::parameter("Task metadata descriptors require a task_type_id.")),
        ("Task", Some(id)) => {
            let sql = Sql::with("SELECT 1 FROM task_type WHERE id = $1", [id.into()]);
            let found = database::row(&**work, &sql).await?;
            found
                .map(|_| ())
                .ok_or_else(|| Failure::parameter("Task type not found.").naming("task_type_id"))
        }
        (_, None) => Ok(()),
        (_, Some(_)) => Err(Failure::parameter(
            "task_type_id only applies to Task metadata descriptors.",
        )),
    }
}

/// A metadata column with one of the departments that it is for, if it is for some.
#[derive(FromQueryResult)]
struct DescriptorOfDepartment {
    #[sea_orm(nested)]
    column: StoredDescriptor,
    department_id: Option<Uuid>,
}

/// A metadata column of the production with the departments that it is for.
async fn stored(work: &Work<'_>, project_id: Uuid, id: Uuid) -> Result<(StoredDescriptor, Vec<Uuid>), Failure> {
    let sql = Sql::with(
        "SELECT d.id, d.project_id, d.entity_type, d.task_type_id, d.name, d.field_name, l.department_id FROM metadata_descriptor d \
         LEFT JOIN department_metadata_descriptor_link l ON l.metadata_descriptor_id = d.id WHERE d.id = $1 AND d.project_id = $2",
        [id.into(), project_id.into()],
    );
    let rows = database::read_all::<DescriptorOfDepartment>(&**work, &sql).await?;
    let departments = rows.iter().filter_map(|row| row.department_id).collect();
    let row = rows.into_iter().next().ok_or_else(Failure::not_found)?;
    Ok((row.column, departments))
}

/// Changes a metadata column of the production, and moves its values when its key changes.
pub(super) async fn update(
    app: &App,
    access: &ProjectMember,
    id: Uuid,
    body: ProjectMetadataDescriptorChange,
) -> Result<Json<MetadataDescriptor>, Failure> {
    let properties = Properties::new(body.data_type, body.choices, body.for_client, body.departments);
    let mut work = Work::begin(app, access).await?;
    let (stored, mut departments) = stored(&work, access.project_id(), id).await?;
    departments.extend(&properties.departments);
    require_departments(access, &departments)?;
    change(&mut work, &[stored], body.name.as_deref(), &properties).await?;
    work.finish().await?;
    only_item(by_ids(&app.database, &[id]).await?)
}

/// Removes a metadata column of the production with its values.
pub(super) async fn remove(app: &App, access: &ProjectMember, id: Uuid) -> Result<NoContent, Failure> {
    let mut work = Work::begin(app, access).await?;
    let (stored, departments) = stored(&work, access.project_id(), id).await?;
    require_departments(access, &departments)?;
    delete(&mut work, &[stored]).await?;
    work.finish().await?;
    Ok(NoContent)
}

/// Orders the metadata columns of the production for one kind of thing.
pub(super) async fn reorder(
    app: &App,
    access: &ProjectManager,
    body: &MetadataDescriptorOrder,
) -> Result<Json<Vec<MetadataDescriptor>>, Failure> {
    let project_id = access.project_id();
    let work = Work::begin(app, access).await?;
    let sql = Sql::with(
        "SELECT id FROM metadata_descriptor WHERE project_id = $1 AND entity_type = $2 ORDER BY name, id",
        [project_id.into(), body.entity_type.as_str().into()],
    );
    let mut rest: Vec<Uuid> = database::read_values(&*work, &sql).await?;
    if let Some(id) = body.descriptor_ids.iter().find(|id| !rest.contains(id)) {
        let message = format!(
            "Descriptor {id} not found for project {project_id} and entity type {}",
            body.entity_type
        );
        return Err(Failure::parameter(message).naming("descriptor_ids"));
    }
    rest.retain(|id| !body.descriptor_ids.contains(id));
    let places: Vec<(Uuid, i32)> = body.descriptor_ids.iter().copied().chain(rest).zip(1..).collect();
    place(&work, &places).await?;
    work.finish().await?;
    let condition = Sql::with(
        "d.project_id = $1 AND d.entity_type = $2",
        [project_id.into(), body.entity_type.as_str().into()],
    );
    Ok(Json::written(list(&app.database, condition, ORDER).await?))
}

//! The same metadata column in many productions at once.

use std::collections::HashMap;

use dailies_definitions::access::{Caller, Role, StudioManager};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{
    MetadataDescriptor, StudioMetadataDescriptorAdd, StudioMetadataDescriptorChange, StudioMetadataDescriptorOrder,
};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::columns::{self, ColumnSubject, ORDER, Properties, StoredDescriptor};
use super::field_name::field_name;
use super::rows::{OpenStatus, open_projects};
use crate::access::Reach;
use crate::app::App;
use crate::database::{self, Sql};
use crate::events::Work;

/// The open productions that the caller manages; for administrators those of the studio.
async fn managed(work: &Work<'_>, caller: &Caller) -> Result<Sql, Failure> {
    let mut sql = open_projects(caller, OpenStatus::Any, None);
    if !caller.is_admin() {
        sql.push(" AND p.id IN ")
            .bind_list(Reach::teams(&**work, caller).await?.projects_as(&[Role::Manager]));
    }
    Ok(sql)
}

async fn managed_ids(work: &Work<'_>, caller: &Caller) -> Result<Vec<Uuid>, Failure> {
    Ok(database::read_values(&**work, &managed(work, caller).await?).await?)
}

/// The metadata columns with this key in the productions that the caller manages.
async fn stored(
    work: &Work<'_>,
    caller: &Caller,
    entity_type: &str,
    field_name: &str,
) -> Result<Vec<StoredDescriptor>, Failure> {
    let mut sql = managed(work, caller).await?.before(
        "SELECT d.id, d.project_id, d.entity_type, d.task_type_id, d.name, d.field_name FROM metadata_descriptor d \
         JOIN project o ON o.id = d.project_id WHERE d.project_id IN (",
    );
    sql.push(") AND d.entity_type = ")
        .bind(entity_type)
        .push(" AND d.field_name = ")
        .bind(field_name)
        .push(" ORDER BY o.name");
    Ok(database::read_all(&**work, &sql).await?)
}

/// Adds a metadata column to the productions that don't have it.
pub(super) async fn add(
    app: &App,
    access: &StudioManager,
    body: StudioMetadataDescriptorAdd,
) -> Result<Json<Vec<MetadataDescriptor>>, Failure> {
    let properties = Properties::new(body.data_type, body.choices, body.for_client, body.departments);
    let subject = ColumnSubject {
        entity_type: body.entity_type.unwrap_or_else(|| "Asset".to_owned()),
        task_type_id: None,
        field_name: field_name(&body.name)?,
        name: body.name,
    };
    let mut work = Work::begin(app, access).await?;
    let mut projects = managed_ids(&work, access).await?;
    let clashing = columns::clashing(&work, &projects, &subject, &[]).await?;
    projects.retain(|id| !clashing.contains(id));
    let ids = columns::insert(&mut work, &projects, &subject, &properties, None).await?;
    work.finish().await?;
    Ok(Json::written(columns::by_ids(&app.database, &ids).await?))
}

/// Changes a metadata column wherever it is.
pub(super) async fn update(
    app: &App,
    access: &StudioManager,
    field_name: &str,
    body: StudioMetadataDescriptorChange,
) -> Result<Json<Vec<MetadataDescriptor>>, Failure> {
    let properties = Properties::new(body.data_type, body.choices, body.for_client, body.departments);
    let mut work = Work::begin(app, access).await?;
    let columns = stored(&work, access, &body.entity_type, field_name).await?;
    let name = body.name.as_deref().filter(|name| !name.is_empty());
    columns::change(&mut work, &columns, name, &properties).await?;
    work.finish().await?;
    let ids: Vec<Uuid> = columns.iter().map(|column| column.id).collect();
    Ok(Json::written(columns::by_ids(&app.database, &ids).await?))
}

/// Removes a metadata column wherever it is.
pub(super) async fn remove(
    app: &App,
    access: &StudioManager,
    field_name: &str,
    entity_type: &str,
) -> Result<Json<Vec<Uuid>>, Failure> {
    let mut work = Work::begin(app, access).await?;
    let columns = stored(&work, access, entity_type, field_name).await?;
    columns::delete(&mut work, &columns).await?;
    work.finish().await?;
    let ids: Vec<Uuid> = columns.iter().map(|column| column.id).collect();
    Ok(Json::of(&ids)?)
}

/// A metadata column of a production with its key.
#[derive(FromQueryResult)]
struct ProjectDescriptor {
    project_id: Uuid,
    id: Uuid,
    field_name: String,
}

/// Orders the metadata columns for one kind of thing in each production.
pub(super) async fn reorder(
    app: &App,
    access: &StudioManager,
    body: &StudioMetadataDescriptorOrder,
) -> Result<Json<Vec<MetadataDescriptor>>, Failure> {
    let work = Work::begin(app, access).await?;
    let mut sql = managed(&work, access)
        .await?
        .before("SELECT d.project_id, d.id, d.field_name FROM metadata_descriptor d WHERE d.project_id IN (");
    sql.push(") AND d.entity_type = ")
        .bind(body.entity_type.as_str())
        .push(" ORDER BY d.name, d.id");
    let mut by_project: HashMap<Uuid, Vec<(Uuid, String)>> = HashMap::new();
    for ProjectDescriptor {
        project_id,
        id,
        field_name,
    } in database::read_all(&*work, &sql).await?
    {
        by_project.entry(project_id).or_default().push((id, field_name));
    }
    let places: Vec<(Uuid, i32)> = by_project
        .into_values()
        .flat_map(|columns| ordered(columns, &body.field_order).into_iter().zip(1..))
        .collect();
    columns::place(&work, &places).await?;
    let mut condition = managed(&work, access).await?.before("d.project_id IN (");
    work.finish().await?;
    condition.push(") AND d.entity_type = ").bind(body.entity_type.as_str());
    Ok(Json::written(
        columns::list(&app.database, condition, &format!("p.name, {ORDER}")).await?,
    ))
}

/// Ids of columns, those of the listed keys first, the others behind them as they were.
fn ordered(mut columns: Vec<(Uuid, String)>, field_order: &[String]) -> Vec<Uuid> {
    columns.sort_by_key(|(_, key)| {
        field_order
            .iter()
            .position(|listed| listed == key)
            .unwrap_or(usize::MAX)
    });
    columns.into_iter().map(|(id, _)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_keys_come_first() {
        let ids: Vec<Uuid> = (0..4).map(Uuid::from_u128).collect();
        let columns = ["alpha", "beta", "gamma", "delta"]
            .iter()
            .zip(&ids)
            .map(|(key, id)| (*id, (*key).to_owned()))
            .collect();
        let order = ["gamma".to_owned(), "missing".to_owned(), "alpha".to_owned()];
        assert_eq!(ordered(columns, &order), [ids[2], ids[0], ids[1], ids[3]]);
    }
}

//! The file tree of a production, set to one that comes with the server.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::Project;
use entity::project::TABLE;
use uuid::Uuid;

use crate::app::App;
use crate::database;
use crate::database::json::record;
use crate::events::{Work, payload};
use crate::file_trees::shipped;

/// Gives a production the tree of that name.
///
/// # Errors
/// 400 when there is no such tree, 404 when there is no such production.
pub(super) async fn set(app: &App, caller: &Caller, project_id: Uuid, name: &str) -> Result<Json<Project>, Failure> {
    let tree = shipped(name).ok_or_else(|| Failure::parameter("Selected tree is not available").naming("tree_name"))?;
    let mut work = Work::begin(app, caller).await?;
    if database::update_differing(&*work, &TABLE, project_id, vec![("file_tree", tree.clone().into())]).await? {
        work.emit_in(project_id, "project:update", payload([]));
    }
    let text = record(&*work, &TABLE, "Project", project_id)
        .await?
        .ok_or_else(Failure::not_found)?;
    work.finish().await?;
    Ok(Json::written(text))
}

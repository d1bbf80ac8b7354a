//! Edits: who sees which of them, and how they are made.

use dailies_definitions::access::{Caller, EntityReader, ProjectManager};
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use dailies_definitions::schemas::NewEdit;
use uuid::Uuid;

use super::assets::query_id;
use super::creation::{self, NewEntity};
use super::details::{self, FurtherFacts};
use super::with_tasks::{self, ListingOptions};
use super::{layouts, listings};
use crate::access::entities::Scope;
use crate::app::App;
use crate::database::{Sent, Sql};
use crate::vocabulary::kinds::EntityKind;

/// `GET /data/edits`
pub(super) async fn list(app: &App, caller: &Caller, query: &Query) -> Result<Sent, Failure> {
    let scope = Scope::named(app, caller, query_id(query, "project_id")?).await?;
    listings::with_project(app, &scope, EntityKind::Edit, query)
        .await?
        .send(&app.database)
        .await
}

/// `GET /data/episodes/{episode_id}/edits`
pub(super) async fn list_of_episode(
    app: &App,
    access: &EntityReader,
    episode_id: Uuid,
    relations: bool,
) -> Result<Sent, Failure> {
    let conditions = Sql::with(" AND e.parent_id = $1", [episode_id.into()]);
    listings::of_episode(app, access, EntityKind::Edit, episode_id, conditions, relations).await
}

/// `GET /data/edits/with-tasks`
pub(super) async fn list_with_tasks(
    app: &App,
    caller: &Caller,
    options: ListingOptions,
) -> Result<with_tasks::Listing, Failure> {
    let (main, one) = (" AND e.parent_id IS NULL", " AND e.parent_id = ");
    listings::of_chosen_episode(app, caller, &layouts::EDITS, options, main, one).await
}

/// `GET /data/edits/{edit_id}`
pub(super) async fn read_edit(app: &App, access: &EntityReader, id: Uuid) -> Result<Vec<u8>, Failure> {
    let scope = Scope::project(access.caller(), access.project_id(), access.role());
    details::with_tasks(&app.database, &layouts::EDITS, &scope, id, FurtherFacts::LeftOut).await
}

/// `POST /data/projects/{project_id}/edits`
pub(super) async fn create(app: &App, access: &ProjectManager, body: NewEdit) -> Result<Vec<u8>, Failure> {
    let field = if body.episode_id.is_some() {
        "episode_id"
    } else {
        "parent_id"
    };
    let new = NewEntity {
        name: body.name,
        description: body.description,
        data: body.data,
        parent_id: body.episode_id.or(body.parent_id),
        ..NewEntity::default()
    };
    creation::create(app, access, EntityKind::Edit, EntityKind::Episode, new)
        .await
        .map_err(|failure| failure.naming_unknown(field))
}

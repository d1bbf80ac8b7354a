//! Clients who are told that a playlist is ready.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::query::parse_id;
use dailies_definitions::schemas::{PlaylistNotification, PlaylistNotified};
use uuid::Uuid;

use crate::access::clients_of;
use crate::access::playlists::require_manager;
use crate::app::App;
use crate::crud::invalid_id;
use crate::events::Work;
use crate::notifications::notices::{self, Notice};

/// The id of what was chosen; empty text chooses nothing.
fn chosen(name: &str, text: Option<&str>) -> Result<Option<Uuid>, Failure> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| parse_id(text).ok_or_else(|| invalid_id(name, text)))
        .transpose()
}

/// Notifies the clients of the production, or those of a studio or department.
///
/// # Errors
/// 404 for an unknown playlist, 403 for those who don't manage its production.
pub(super) async fn notify(
    app: &App,
    caller: &Caller,
    playlist_id: Uuid,
    body: PlaylistNotification,
) -> Result<Json<PlaylistNotified>, Failure> {
    let studio_id = chosen("studio_id", body.studio_id.as_deref())?;
    let department_id = chosen("department_id", body.department_id.as_deref())?;
    let mut work = Work::begin(app, caller).await?;
    let relation = require_manager(&*work, caller, playlist_id).await?;
    let clients = match relation.project_id {
        Some(id) => clients_of(&*work, id, studio_id, department_id).await?,
        None => Vec::new(),
    };
    let notice = |client: Uuid| Notice::of_playlist(client, caller.person.id, playlist_id, relation.project_id);
    let notices: Vec<Notice> = clients.into_iter().map(notice).collect();
    for notice in &notices {
        notice.emit(&mut work);
    }
    notices::store(&mut work, &notices).await?;
    work.finish().await?;
    Ok(Json::of(&PlaylistNotified {
        status: "success".into(),
    })?)
}

//! The picture of the caller.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::NoContent;

use crate::app::App;
use crate::database;
use crate::events::{Work, payload};
use crate::previews;

/// Removes it. The file stays unless files are removed at all.
pub async fn clear(app: &App, caller: &Caller) -> Result<NoContent, Failure> {
    let id = caller.person.id;
    let mut work = Work::begin(app, caller).await?;
    if database::update_differing(&*work, &entity::person::TABLE, id, vec![("has_avatar", false.into())]).await? {
        work.emit_of_studio(&entity::person::TABLE, "person:update", payload([("person_id", id)]));
    }
    previews::discard_avatar(&mut work, id);
    work.finish().await?;
    Ok(NoContent)
}

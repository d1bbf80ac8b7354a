//! Thumbnails of files that are attached to comments and chat messages.

use std::sync::Arc;

use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use dailies_definitions::rules::Guard;
use uuid::Uuid;

use super::download::Shipment;
use super::keys;
use super::work::picture_work;
use crate::access::AccessGuard;
use crate::app::SharedApp;
use crate::database::Sql;
use crate::pictures;
use crate::storage::{Bucket, FileKey};

/// Sends the thumbnail of an attached picture.
///
/// # Errors
/// 404 when there is none, 403 for those who may not get the file, 416 for a range that can't be given.
pub(super) async fn thumbnail(app: &SharedApp, caller: &Caller, id: Uuid) -> Result<Media, Failure> {
    let sql = Sql::with(
        "SELECT a.updated_at, c.object_id, h.object_id, c.for_client, c.person_id, w.role, l.role, p.is_clients_isolated, a.mimetype \
         FROM attachment_file a LEFT JOIN comment c ON c.id = a.comment_id LEFT JOIN person w ON w.id = c.person_id \
         LEFT JOIN task t ON t.id = c.object_id LEFT JOIN project p ON p.id = t.project_id \
         LEFT JOIN project_person_link l ON l.project_id = t.project_id AND l.person_id = c.person_id \
         LEFT JOIN chat_message m ON m.id = a.chat_message_id LEFT JOIN chat h ON h.id = m.chat_id WHERE a.id = $1",
        [id.into()],
    );
    let row = app.database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let guard = AccessGuard(Arc::clone(app));
    if let Some(task_id) = row.try_get_by_index(1)? {
        let role = guard.task_reader(caller.clone(), task_id).await?.role();
        let studio: Option<String> = row.try_get_by_index(5)?;
        let team: Option<String> = row.try_get_by_index(6)?;
        let comment = CommentFacts {
            for_client: row.try_get_by_index::<Option<bool>>(3)?.unwrap_or_default(),
            own: row.try_get_by_index::<Option<Uuid>>(4)? == Some(caller.person.id),
            by_client: by_client(studio.as_deref(), team.as_deref()),
            isolated: row.try_get_by_index::<Option<bool>>(7)?.unwrap_or_default(),
        };
        if !comment.shows_files_to(role) {
            return Err(Failure::forbidden());
        }
    } else if let Some(entity_id) = row.try_get_by_index(2)? {
        guard.entity_reader(caller.clone(), entity_id).await?;
    } else {
        return Err(Failure::forbidden());
    }
    if row.try_get_by_index::<Option<String>>(8)?.is_some_and(|kind| kind.starts_with("image/")) {
        make(app, id).await?;
    }
    Shipment::shown(&[keys::thumbnail(id)], "image/png", row.try_get_by_index(0)?).send(app).await
}

/// Makes the thumbnail when it is asked for the first time. Of a file that is no picture after all there is none.
async fn make(app: &SharedApp, id: Uuid) -> Result<(), Failure> {
    if app.storage.exists(&keys::thumbnail(id)).await? {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let source = folder.path().join("attachment");
    if !app.storage.download(&FileKey::new(Bucket::Files, "attachments", id), &source).await? {
        return Ok(());
    }
    let limit = app.settings.files.max_image_pixels;
    match picture_work(move || pictures::attachment_thumbnail(&source, limit)).await {
        Ok(thumbnail) => app.storage.put(&keys::thumbnail(id), thumbnail.into()).await?,
        Err(error) if error.is_fault_of_input() => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Whether somebody with these roles in the studio and in the team writes as a client.
fn by_client(studio: Option<&str>, team: Option<&str>) -> bool {
    let studio = Role::from_code(studio.unwrap_or_default());
    let role = if studio == Role::Admin { studio } else { team.map_or(studio, Role::from_code) };
    role == Role::Client
}

/// What decides about who gets the files of a comment.
struct CommentFacts {
    for_client: bool,
    /// Whether the caller wrote it.
    own: bool,
    by_client: bool,
    /// Whether clients of the production don't see each other's comments.
    isolated: bool,
}

impl CommentFacts {
    fn shows_files_to(&self, role: Role) -> bool {
        match role {
            Role::Admin | Role::Manager | Role::Supervisor => true,
            Role::Client => self.for_client || self.own || (self.by_client && !self.isolated),
            Role::Artist | Role::Vendor => !self.by_client,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_and_artists_do_not_see_each_others_files() {
        let staff = CommentFacts { for_client: false, own: false, by_client: false, isolated: false };
        let client = CommentFacts { by_client: true, ..staff };
        let isolated = CommentFacts { by_client: true, isolated: true, ..staff };
        let published = CommentFacts { for_client: true, ..staff };
        let shown = |role| [&staff, &client, &isolated, &published].map(|comment| comment.shows_files_to(role));
        assert_eq!(shown(Role::Supervisor), [true; 4]);
        assert_eq!(shown(Role::Client), [false, true, false, true]);
        assert_eq!(shown(Role::Vendor), [true, false, false, true]);
    }

    #[test]
    fn the_role_in_the_team_counts_unless_one_runs_the_studio() {
        assert!(by_client(Some("user"), Some("client")));
        assert!(!by_client(Some("client"), Some("user")));
        assert!(!by_client(Some("admin"), Some("client")));
        assert!(by_client(Some("client"), None));
    }
}

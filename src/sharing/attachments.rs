//! Files of comments on a shared playlist.

use dailies_definitions::access::ShareVisitor;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, Media, NoContent};
use dailies_definitions::query::parse_id;
use dailies_definitions::schemas::GuestComment;
use dailies_definitions::submission::Submission;
use poem::http::StatusCode;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::comments::{Own, answer, no_comment, seen};
use super::guests::{self, refused};
use crate::access::shares::SharedRecords;
use crate::app::App;
use crate::auth::caller_address;
use crate::comments::attachments::{Attachment, Holder, drop_contents, keep, store};
use crate::comments::files;
use crate::database::{self, Sql};
use crate::events::{Work, transact};
use crate::removal::discard_attachments;

/// Attaches files to a comment.
///
/// # Errors
/// 404, 403 and 400 as the contract says.
pub(super) async fn add(
    app: &App,
    visitor: &ShareVisitor,
    comment_id: &str,
    named: Option<Uuid>,
    body: Submission,
) -> Result<Json<GuestComment>, Failure> {
    let guest_id = body.text("guest_id").and_then(parse_id).or(named);
    let guest_id = guest_id.ok_or_else(|| refused(StatusCode::FORBIDDEN, "Forbidden"))?;
    Own::find(app, &app.database, visitor, guest_id, comment_id).await?;
    app.guesses.admit_form(visitor.link_id, caller_address(app)).await?;
    let files = keep(app, body.files.iter().collect()).await?;
    let stored = transact(app, || store_all(app, visitor, guest_id, comment_id, &files)).await;
    if stored.is_err() {
        drop_contents(app, &files).await;
    }
    Ok(Json::written(stored?))
}

async fn store_all(
    app: &App,
    visitor: &ShareVisitor,
    guest_id: Uuid,
    comment_id: &str,
    files: &[Attachment],
) -> Result<Vec<u8>, Failure> {
    let work = Work::begin_as(app, None).await?;
    let own = Own::find(app, &*work, visitor, guest_id, comment_id).await?;
    let files: Vec<_> = files.iter().map(|file| (Holder::Comment(own.id()), file)).collect();
    store(&work, &files).await?;
    let text = answer(&*work, own.id()).await?;
    work.finish().await?;
    Ok(text)
}

#[derive(FromQueryResult)]
struct AttachmentComment {
    comment_id: Option<Uuid>,
}

/// Removes a file from a comment.
///
/// # Errors
/// 404 and 403 as the contract says.
pub(super) async fn delete(
    app: &App,
    visitor: &ShareVisitor,
    guest_id: Uuid,
    comment_id: &str,
    file_id: Uuid,
) -> Result<NoContent, Failure> {
    let mut work = Work::begin_as(app, None).await?;
    let own = Own::find(app, &*work, visitor, guest_id, comment_id).await?;
    let sql = Sql::with("SELECT comment_id FROM attachment_file WHERE id = $1", [file_id.into()]);
    let found = database::read_one::<AttachmentComment>(&*work, &sql).await?;
    if found.is_none_or(|file| file.comment_id != Some(own.id())) {
        return Err(no_comment());
    }
    database::execute(
        &*work,
        &Sql::with("DELETE FROM attachment_file WHERE id = $1", [file_id.into()]),
    )
    .await?;
    if app.settings.files.remove_files {
        work.afterwards(move |app| Box::pin(discard_attachments(app, vec![file_id])));
    }
    work.finish().await?;
    Ok(NoContent)
}

/// A file of a comment that the guest sees.
///
/// # Errors
/// 404 for any other file, 416 for a part that is not there.
pub(super) async fn download(
    app: &App,
    visitor: &ShareVisitor,
    guest_id: Option<Uuid>,
    file_id: Uuid,
) -> Result<Media, Failure> {
    let shown = SharedRecords::find(&app.database, visitor).await?;
    let guest_id = guests::who_asks(app, visitor, guest_id).await?;
    let condition = seen(app, visitor, guest_id, &shown.tasks()).await?;
    let mut sql = condition
        .before("SELECT f.name, f.mimetype, f.updated_at FROM attachment_file f WHERE f.comment_id IN (SELECT c.id ");
    sql.push(") AND f.id = ").bind(file_id);
    let row = app
        .database
        .row(&sql)
        .await?
        .ok_or_else(|| refused(StatusCode::NOT_FOUND, "Attachment not found"))?;
    files::send_attachment(app, file_id, &row).await
}

//! Guests who draw on previews.

use dailies_definitions::access::ShareVisitor;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{AnnotationChanges, GuestAnnotations, PreviewFile};
use poem::http::StatusCode;

use super::guests::{self, refused};
use super::media::shown;
use crate::access::shares::without_internal;
use crate::app::App;
use crate::events::Work;
use crate::previews::annotate::draw_as_guest;

/// Merges what a guest draws.
///
/// # Errors
/// 404, 403 and 400 as the contract says.
pub(super) async fn update(
    app: &App,
    visitor: &ShareVisitor,
    body: GuestAnnotations,
) -> Result<Json<PreviewFile>, Failure> {
    if !visitor.can_comment {
        return Err(refused(StatusCode::FORBIDDEN, "Annotations are disabled"));
    }
    let mut work = Work::begin_as(app, None).await?;
    guests::require(app, &*work, visitor, body.guest_id).await?;
    let preview = shown(&*work, visitor, body.preview_file_id)
        .await
        .map_err(|failure| failure.naming_unknown("preview_file_id"))?;
    // Of what another production shares, guests see the pictures.
    if preview.project_id != Some(visitor.project_id) {
        return Err(Failure::forbidden());
    }
    let changes = AnnotationChanges {
        additions: body.additions,
        updates: body.updates,
        deletions: body.deletions,
    };
    let text = draw_as_guest(&mut work, &preview, body.guest_id, changes).await?;
    work.finish().await?;
    Ok(Json::written(without_internal(&text)))
}

//! Drawing on a preview: who may, and how the drawings are stored while others draw too.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{AnnotationChanges, PreviewFile};
use entity::facts::Kind;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::annotations::{keep_own, merge};
use super::rows;
use super::subject::PreviewSubject;
use crate::access::tasks::REVIEW;
use crate::app::SharedApp;
use crate::database::{self, Sql, write_column};
use crate::events::{Work, payload};

/// Merges drawings into a preview.
///
/// # Errors
/// 404, 403 and 400 as the contract says.
pub(super) async fn update(
    app: &SharedApp,
    caller: &Caller,
    id: Uuid,
    changes: AnnotationChanges,
) -> Result<Json<PreviewFile>, Failure> {
    let preview = PreviewSubject::find(&app.database, id).await?;
    preview.require(app, caller, &REVIEW).await?;
    let mut work = Work::begin(app, caller).await?;
    let text = draw(&mut work, &preview, caller.person.id, changes).await?;
    work.finish().await?;
    Ok(Json::written(text))
}

/// Merges the drawings of a guest, who leaves those of others as they are.
///
/// # Errors
/// 400 for what is no drawing.
pub async fn draw_as_guest(
    work: &mut Work<'_>,
    preview: &PreviewSubject,
    guest_id: Uuid,
    mut changes: AnnotationChanges,
) -> Result<Vec<u8>, Failure> {
    keep_own(&stored(&**work, preview.id).await?, guest_id, &mut changes);
    draw(work, preview, guest_id, changes).await
}

/// Most bytes of all that is drawn on a preview, as JSON: every player reads it as a whole.
const MOST_DRAWN: usize = 16_000_000;

/// Lets drawings go on that a preview can hold, or that are less than before.
///
/// # Errors
/// 400 when they are more.
fn require_room(before: &Value, after: &Value) -> Result<(), Failure> {
    let size = |drawn: &Value| serde_json::to_vec(drawn).map(|text| text.len());
    let wanted = size(after)?;
    if wanted > MOST_DRAWN && wanted > size(before)? {
        let message = format!("All that is drawn on a preview may have {MOST_DRAWN} bytes at most.");
        return Err(Failure::refused(message).naming("additions"));
    }
    Ok(())
}

/// Merges drawings, tells of it, and gives the preview as JSON.
async fn draw(
    work: &mut Work<'_>,
    preview: &PreviewSubject,
    person_id: Uuid,
    changes: AnnotationChanges,
) -> Result<Vec<u8>, Failure> {
    let id = preview.id;
    let before = stored(&**work, id).await?;
    let annotations = Value::from(merge(before.clone(), changes)?);
    if annotations == before {
        return rows::record(&**work, id).await;
    }
    require_room(&before, &annotations)?;
    let moment = database::now();
    let values = vec![("annotations", annotations.into()), ("updated_at", moment.into())];
    database::update(&**work, &entity::preview_file::TABLE, id, values).await?;
    let mut told = payload([("preview_file_id", id), ("person_id", person_id)]);
    told.insert(
        "updated_at".into(),
        json!(moment.format("%Y-%m-%dT%H:%M:%S").to_string()),
    );
    work.emit_in(preview.project_id, "preview-file:annotation-update", told);
    rows::record(&**work, id).await
}

/// The annotations as they are now.
///
/// # Errors
/// 404 when there is no such preview.
pub(super) async fn stored(connection: &impl ConnectionTrait, id: Uuid) -> Result<Value, Failure> {
    let sql = Sql::with("SELECT annotations FROM preview_file WHERE id = $1", [id.into()]);
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    let mut text = Vec::new();
    write_column(&mut text, &row, "annotations", Kind::Json)?;
    Ok(serde_json::from_slice(&text)?)
}

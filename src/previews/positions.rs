//! The order of the previews of a revision.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::PreviewFile;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::rows::{PreviewWriter, columns};
use super::subject::PreviewSubject;
use crate::app::SharedApp;
use crate::database::{self, Sql};
use crate::events::Work;

/// Moves a preview to another position of its revision, and answers the previews of the revision in their order.
///
/// # Errors
/// 404 and 403 as the contract says.
pub(super) async fn move_preview(
    app: &SharedApp,
    caller: &Caller,
    id: Uuid,
    position: i32,
) -> Result<Json<Vec<PreviewFile>>, Failure> {
    let preview = PreviewSubject::find(&app.database, id).await?;
    preview.require_actor(app, caller).await?;
    let work = Work::begin(app, caller).await?;
    let order = order(&*work, &preview).await?;
    if let Some(order) = moved(&order, id, position) {
        for (place, id) in (1_i32..).zip(order) {
            let sql = Sql::with(
                "UPDATE preview_file SET position = $1, updated_at = $2 WHERE id = $3 AND (position IS NULL OR position <> $1)",
                [place.into(), database::now().into(), id.into()],
            );
            database::execute(&*work, &sql).await?;
        }
    }
    let text = records(&*work, &preview).await?;
    work.finish().await?;
    Ok(Json::written(text))
}

/// The previews of the revision, in their order.
const OF_REVISION: &str = "FROM preview_file p WHERE p.task_id = $1 AND p.revision IS NOT DISTINCT FROM $2 ORDER BY p.position, p.created_at, p.id";

async fn order(connection: &impl ConnectionTrait, preview: &PreviewSubject) -> Result<Vec<Uuid>, Failure> {
    let sql = Sql::with(
        format!("SELECT p.id {OF_REVISION}"),
        [preview.task_id.into(), preview.revision.into()],
    );
    Ok(database::read_values(connection, &sql).await?)
}

async fn records(connection: &impl ConnectionTrait, preview: &PreviewSubject) -> Result<Vec<u8>, Failure> {
    let sql = Sql::with(
        format!("SELECT {} {OF_REVISION}", columns()),
        [preview.task_id.into(), preview.revision.into()],
    );
    let writer = PreviewWriter::new();
    let mut out = b"[".to_vec();
    for (at, row) in database::rows(connection, &sql).await?.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        writer.write(&mut out, row)?;
    }
    out.push(b']');
    Ok(out)
}

/// The order with one id moved to that position, from 1 on; nothing when there is no such position.
fn moved(order: &[Uuid], id: Uuid, position: i32) -> Option<Vec<Uuid>> {
    let place = usize::try_from(position)
        .ok()?
        .checked_sub(1)
        .filter(|place| *place < order.len())?;
    let mut order: Vec<Uuid> = order.iter().copied().filter(|other| *other != id).collect();
    order.insert(place.min(order.len()), id);
    Some(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_preview_shifts_the_others() {
        let ids: Vec<Uuid> = (0..3).map(Uuid::from_u128).collect();
        let [a, b, c] = [ids[0], ids[1], ids[2]];
        assert_eq!(moved(&ids, c, 1), Some(vec![c, a, b]));
        assert_eq!(moved(&ids, a, 2), Some(vec![b, a, c]));
        assert_eq!(moved(&ids, a, 3), Some(vec![b, c, a]));
    }

    #[test]
    fn a_position_that_is_none_changes_nothing() {
        let ids: Vec<Uuid> = (0..3).map(Uuid::from_u128).collect();
        assert_eq!(moved(&ids, ids[0], 0), None);
        assert_eq!(moved(&ids, ids[0], 99), None);
    }
}

//! Making a preview the main one of its entity, with a chosen frame of its movie as its pictures.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::Entity;
use entity::facts::Kind;
use serde_json::Value;

use super::movies::{self, MovieError};
use super::subject::Subject;
use super::work::{failure, picture_work};
use super::{keys, main_preview, rows};
use crate::access::data_mask::DataMask;
use crate::access::tasks::PRESENT;
use crate::app::{App, SharedApp};
use crate::database::{Sql, write_value};
use crate::events::{Work, transact};
use crate::pictures::{self, Admitted, Purpose};

/// Frames in a second, where nobody says.
const USUAL_RATE: f64 = 25.0;

/// Makes a preview the main one, with the pictures of that frame if one is asked for.
///
/// # Errors
/// 404, 403 and 400 as the contract says.
pub(super) async fn set_main(app: &SharedApp, caller: &Caller, id: uuid::Uuid, frame_number: Option<i32>) -> Result<Json<Entity>, Failure> {
    let preview = Subject::find(app.database.read(), id).await?;
    preview.require(app, caller, &PRESENT).await?;
    let entity_id = preview.entity_id.ok_or_else(Failure::not_found)?;
    if let Some(number) = frame_number {
        if preview.extension != "mp4" {
            return Err(Failure::parameter("Can't use a given frame on non movie preview"));
        }
        show_frame(app, &preview, number).await?;
    }
    let change = || async {
        let mut work = Work::begin(app, caller).await?;
        main_preview::set_main_preview(&mut work, entity_id, id).await?;
        let mut text = rows::entity(&*work, entity_id).await?;
        if let Some(mask) = DataMask::of(&*work, caller).await? {
            mask.apply(&mut text, 0);
        }
        work.commit().await?;
        Ok::<_, Failure>(text)
    };
    Ok(Json::written(transact(app, change).await?))
}

/// Replaces the pictures of a movie by those of one of its frames, counted from 1. Without the movie, or without a program
/// that reads it, the pictures stay as they are.
async fn show_frame(app: &App, preview: &Subject, number: i32) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let movie = folder.path().join("movie");
    let mut found = false;
    for key in keys::movie(preview.id) {
        found = app.storage.download(&key, &movie).await?;
        if found {
            break;
        }
    }
    if !found {
        return Ok(());
    }
    let second = f64::from(number - 1).max(0.0) / frame_rate(app, preview).await?;
    let frame = folder.path().join("frame.png");
    match movies::write_frame(&app.pictures, &movie, second, &frame).await {
        Ok(true) => {}
        Ok(false) => return Err(Failure::parameter(format!("The movie has no frame {number}."))),
        Err(error @ MovieError::NoProgram(_)) => {
            tracing::warn!(%error, "a frame can't be taken from a movie");
            return Ok(());
        }
        Err(MovieError::Unreadable(_)) => return Err(Failure::parameter("The movie can't be read.")),
        Err(error) => return Err(error.into()),
    }
    let target = folder.path().to_owned();
    let derive = move |frame: &Admitted| pictures::from_frame(frame, &target);
    let derived = picture_work(app, &frame, Purpose::Frame, derive).await.map_err(failure)?;
    for derived in derived.pictures {
        app.storage.put_file(&keys::picture(derived.prefix, preview.id), &derived.path).await?;
    }
    Ok(())
}

/// Frames in a second of the movies of an entity: what the entity says, or else its production.
async fn frame_rate(app: &App, preview: &Subject) -> Result<f64, Failure> {
    let sql = Sql::with(
        "SELECT p.fps, e.data FROM task t LEFT JOIN project p ON p.id = t.project_id LEFT JOIN entity e ON e.id = t.entity_id WHERE t.id = $1",
        [preview.task_id.into()],
    );
    let Some(row) = app.database.row(&sql).await? else { return Ok(USUAL_RATE) };
    let project: Option<String> = row.try_get_by_index(0)?;
    let mut data = Vec::new();
    write_value(&mut data, &row, 1, Kind::Json)?;
    let data: Value = serde_json::from_slice(&data).unwrap_or_default();
    Ok(chosen_rate(&data["fps"], project.as_deref()))
}

fn chosen_rate(entity: &Value, project: Option<&str>) -> f64 {
    let entity = match entity {
        Value::String(text) => rate(text),
        number => number.as_f64().and_then(usable),
    };
    entity.or_else(|| project.and_then(rate)).unwrap_or(USUAL_RATE)
}

/// A rate with a point or a comma.
fn rate(text: &str) -> Option<f64> {
    text.trim().replace(',', ".").parse().ok().and_then(usable)
}

fn usable(rate: f64) -> Option<f64> {
    (rate.is_finite() && rate > 0.0).then_some(rate)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_entity_has_the_last_word_on_the_rate() {
        assert_eq!(chosen_rate(&json!(30), Some("24")), 30.0);
        assert_eq!(chosen_rate(&json!("23,976"), Some("24")), 23.976);
        assert_eq!(chosen_rate(&json!(""), Some("24")), 24.0);
        assert_eq!(chosen_rate(&Value::Null, Some("0")), USUAL_RATE);
    }
}

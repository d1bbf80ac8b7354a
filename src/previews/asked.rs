//! Demands of an entity and its production on movies.

use dailies_definitions::failure::Failure;
use sea_orm::FromQueryResult;
use serde_json::Value;
use uuid::Uuid;

use super::movies::{Asked, frame_rate};
use crate::app::App;
use crate::database::{self, Sql};

#[derive(Default, FromQueryResult)]
struct Facts {
    fps: Option<String>,
    resolution: Option<String>,
    data: Option<Value>,
}

/// Size and rate of the movies of a task.
///
/// # Errors
/// The database does not answer.
pub(super) async fn of_task(app: &App, task_id: Uuid) -> Result<Asked, Failure> {
    let sql = Sql::with(
        "SELECT p.fps, p.resolution, e.data FROM task t LEFT JOIN project p ON p.id = t.project_id LEFT JOIN entity e ON e.id = t.entity_id \
         WHERE t.id = $1",
        [task_id.into()],
    );
    let facts = database::read_one::<Facts>(&app.database, &sql).await?.unwrap_or_default();
    Ok(Asked::read(&facts.data.unwrap_or_default(), facts.resolution.as_deref(), facts.fps.as_deref()))
}

/// Frames in a second of the movies of a production, where an entity says nothing else.
#[must_use]
pub fn rate_of_production(fps: Option<&str>) -> f64 {
    frame_rate(&Value::Null, fps)
}

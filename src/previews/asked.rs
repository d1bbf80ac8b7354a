//! Demands of an entity and its production on movies.

use dailies_definitions::failure::Failure;
use sea_orm::FromQueryResult;
use serde_json::Value;
use uuid::Uuid;

use super::movies::{Bitrates, MovieDemands, frame_rate};
use crate::app::App;
use crate::database::{self, Sql};

#[derive(Default, FromQueryResult)]
struct Facts {
    fps: Option<String>,
    resolution: Option<String>,
    data: Option<Value>,
    high: Option<i32>,
    low: Option<i32>,
    own_high: Option<i32>,
    own_low: Option<i32>,
}

/// Size, rate and bitrates of the movies of a task.
///
/// # Errors
/// The database does not answer.
pub(super) async fn of_task(app: &App, task_id: Uuid) -> Result<MovieDemands, Failure> {
    let sql = Sql::with(
        "SELECT p.fps, p.resolution, e.data, p.hd_bitrate_compression AS high, p.ld_bitrate_compression AS low, \
         l.hd_bitrate_compression AS own_high, l.ld_bitrate_compression AS own_low FROM task t LEFT JOIN project p ON p.id = t.project_id \
         LEFT JOIN entity e ON e.id = t.entity_id \
         LEFT JOIN project_task_type_link l ON l.project_id = t.project_id AND l.task_type_id = t.task_type_id WHERE t.id = $1 LIMIT 1",
        [task_id.into()],
    );
    let facts = database::read_one::<Facts>(&app.database, &sql)
        .await?
        .unwrap_or_default();
    let server = Bitrates {
        high: app.settings.movie_highdef_bitrate,
        low: app.settings.movie_lowdef_bitrate,
    };
    let bitrates = Bitrates::choose([facts.own_high, facts.own_low], [facts.high, facts.low], server);
    Ok(MovieDemands::read(
        &facts.data.unwrap_or_default(),
        facts.resolution.as_deref(),
        facts.fps.as_deref(),
    )
    .with(bitrates))
}

/// Frames in a second of the movies of a production, where an entity says nothing else.
#[must_use]
pub fn rate_of_production(fps: Option<&str>) -> f64 {
    frame_rate(&Value::Null, fps)
}

//! The lengths of shots as their latest movies have them.

use dailies_definitions::access::ProjectManager;
use dailies_definitions::failure::Failure;
use dailies_definitions::schemas::ShotLength;
use entity::{project, task_type};
use sea_orm::{EntityTrait, FromQueryResult};
use uuid::Uuid;

use crate::app::App;
use crate::database::{self, Sql};
use crate::events::Work;
use crate::previews::rate_of_production;
use crate::vocabulary::kinds::{EntityKind, built_in_type};

/// A shot with the length of its latest movie, in seconds.
#[derive(FromQueryResult)]
struct MeasuredShot {
    id: Uuid,
    nb_frames: Option<i32>,
    duration: f64,
}

/// Counts the frames of shots by the latest movies of their tasks of a type, and gives the shots that have such a movie.
///
/// # Errors
/// 404 when there is no such task type.
pub(super) async fn set(
    app: &App,
    access: &ProjectManager,
    task_type_id: Uuid,
    episode_id: Option<Uuid>,
) -> Result<Vec<ShotLength>, Failure> {
    let work = Work::begin(app, access.caller()).await?;
    let production = project::Entity::find_by_id(access.project_id())
        .one(&*work)
        .await?
        .ok_or_else(Failure::not_found)?;
    task_type::Entity::find_by_id(task_type_id)
        .one(&*work)
        .await?
        .ok_or_else(Failure::not_found)?;
    let rate = rate_of_production(production.fps.as_deref());
    let shown: Vec<MeasuredShot> =
        database::read_all(&*work, &latest(&work, production.id, task_type_id, episode_id).await?).await?;
    let lengths = shown.iter().map(|shot| {
        (
            shot,
            ShotLength {
                id: shot.id,
                nb_frames: frames(shot.duration, rate),
            },
        )
    });
    let changed: Vec<ShotLength> = lengths
        .clone()
        .filter(|(shot, length)| shot.nb_frames != Some(length.nb_frames))
        .map(|(_, length)| length)
        .collect();
    let changes = changed
        .iter()
        .map(|length| (length.id, vec![("nb_frames", length.nb_frames.into())]));
    database::update_many(&*work, &entity::entity::TABLE, changes.collect()).await?;
    let lengths = lengths.map(|(_, length)| length).collect();
    work.finish().await?;
    Ok(lengths)
}

/// The shots of a production or an episode with the latest movie of their tasks of a type.
async fn latest(
    work: &Work<'_>,
    project_id: Uuid,
    task_type_id: Uuid,
    episode_id: Option<Uuid>,
) -> Result<Sql, Failure> {
    let mut sql = Sql::with(
        "SELECT m.id, m.nb_frames, m.duration FROM (SELECT e.id, e.nb_frames, p.duration, \
         ROW_NUMBER() OVER (PARTITION BY e.id ORDER BY p.created_at DESC NULLS LAST, p.revision DESC, p.id) AS place \
         FROM preview_file p JOIN task t ON t.id = p.task_id JOIN entity e ON e.id = t.entity_id LEFT JOIN entity s ON s.id = e.parent_id \
         WHERE e.project_id = $1 AND t.task_type_id = $2 AND e.entity_type_id = $3 AND p.duration > 0",
        [
            project_id.into(),
            task_type_id.into(),
            built_in_type(&**work, EntityKind::Shot).await?.into(),
        ],
    );
    if let Some(episode_id) = episode_id {
        sql.push(" AND s.parent_id = ").bind(episode_id);
    }
    sql.push(") m WHERE m.place = 1 ORDER BY m.id");
    Ok(sql)
}

/// Frames of so many seconds.
fn frames(seconds: f64, rate: f64) -> i32 {
    (seconds * rate).round().clamp(0.0, f64::from(i32::MAX)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_whole() {
        assert_eq!(
            (
                frames(20.0, 25.0),
                frames(5.2, 25.0),
                frames(2.002, 23.976),
                frames(1e300, 25.0)
            ),
            (500, 130, 48, i32::MAX)
        );
    }
}

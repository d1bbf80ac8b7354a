//! Figures of episodes: the tasks of their shots and scenes by task type and status, and how often work was done again.

use std::collections::BTreeMap;

use dailies_definitions::access::ProjectMember;
use dailies_definitions::failure::Failure;
use sea_orm::FromQueryResult;
use serde::Serialize;
use uuid::Uuid;

use crate::access::tasks::{SUMMED, VisibleTasks};
use crate::access::{ALL_BUT_CLIENTS, Reach};
use crate::app::App;
use crate::database::{self, Sql};

/// The key of sums over everything.
const ALL: &str = "all";

/// Most takes whose outcome is told. Nobody does a shot again that often.
const MOST_TAKES: i32 = 1000;

/// Values by episode, and in each by task type, both with sums over all of them.
type ByEpisode<T> = BTreeMap<String, BTreeMap<String, T>>;

/// Tasks with one status.
#[derive(FromQueryResult)]
struct StatusRow {
    episode_id: Uuid,
    task_type_id: Uuid,
    task_status_id: Uuid,
    name: String,
    color: String,
    count: i64,
    frames: i64,
    drawings: i64,
}

/// Figures of a status.
#[derive(Serialize)]
struct StatusStats {
    name: String,
    color: String,
    #[serde(flatten)]
    bulk: Bulk,
}

/// Tasks that were done again as often, and are as far.
#[derive(FromQueryResult)]
struct TakeRow {
    episode_id: Uuid,
    task_type_id: Uuid,
    is_done: bool,
    is_retake: bool,
    retake_count: i32,
    count: i64,
    frames: i64,
    drawings: i64,
}

/// An amount of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct Bulk {
    count: i64,
    frames: i64,
    drawings: i64,
}

/// Work by its outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct WorkByOutcome {
    done: Bulk,
    retake: Bulk,
    other: Bulk,
}

/// Figures of work that is done again.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct RetakeStats {
    max_retake_count: i32,
    /// The outcome of each take, from the first one on.
    evolution: BTreeMap<i32, WorkByOutcome>,
    #[serde(flatten)]
    outcome: WorkByOutcome,
}

impl Bulk {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.frames += other.frames;
        self.drawings += other.drawings;
    }
}

/// `GET /data/projects/{project_id}/episodes/stats`
pub(super) async fn by_status(app: &App, access: &ProjectMember) -> Result<Vec<u8>, Failure> {
    let shown = Sql::with(
        "SELECT COALESCE(is_client_stats_visible, true) FROM project WHERE id = $1",
        [access.project_id().into()],
    );
    let shown = database::read_value::<bool>(&app.database, &shown)
        .await?
        .unwrap_or_default();
    if !shown && !ALL_BUT_CLIENTS.contains(&access.role()) {
        return Err(Failure::forbidden());
    }
    let mut sql = selection("t.task_status_id, ts.short_name AS name, ts.color", access);
    sql.push(" GROUP BY ep.id, t.task_type_id, t.task_status_id, ts.short_name, ts.color");
    let mut found: ByEpisode<BTreeMap<Uuid, StatusStats>> = BTreeMap::new();
    for StatusRow {
        episode_id,
        task_type_id,
        task_status_id,
        name,
        color,
        count,
        frames,
        drawings,
    } in database::read_all::<StatusRow>(&app.database, &sql).await?
    {
        for (episode, task_type) in places(episode_id, task_type_id) {
            let statuses = found.entry(episode).or_default().entry(task_type).or_default();
            let stats = statuses.entry(task_status_id).or_insert_with(|| StatusStats {
                name: name.clone(),
                color: color.clone(),
                bulk: Bulk::default(),
            });
            stats.bulk.add(Bulk {
                count,
                frames,
                drawings,
            });
        }
    }
    Ok(serde_json::to_vec(&found)?)
}

/// `GET /data/projects/{project_id}/episodes/retake-stats`
pub(super) async fn retakes(app: &App, access: &ProjectMember) -> Result<Vec<u8>, Failure> {
    const COLUMNS: &str = "COALESCE(ts.is_done, false) AS is_done, COALESCE(ts.is_retake, false) AS is_retake, COALESCE(t.retake_count, 0) AS retake_count";
    let mut sql = selection(COLUMNS, access);
    sql.push(" GROUP BY ep.id, t.task_type_id, COALESCE(ts.is_done, false), COALESCE(ts.is_retake, false), COALESCE(t.retake_count, 0)");
    let rows = database::read_all::<TakeRow>(&app.database, &sql).await?;
    Ok(serde_json::to_vec(&retake_stats(&rows))?)
}

/// The query of sums over the tasks in episodes that the caller sees.
fn selection(columns: &str, access: &ProjectMember) -> Sql {
    let mut sql = Sql::with(
        format!(
            "SELECT ep.id AS episode_id, t.task_type_id, {columns}, COUNT(*) AS count, CAST(SUM(COALESCE(e.nb_frames, 0)) AS bigint) AS frames, \
             CAST(SUM(COALESCE(t.nb_drawings, 0)) AS bigint) AS drawings FROM task t JOIN entity e ON e.id = t.entity_id \
             JOIN entity sq ON sq.id = e.parent_id JOIN entity ep ON ep.id = sq.parent_id JOIN task_status ts ON ts.id = t.task_status_id \
             WHERE t.project_id = $1 AND t.task_type_id IS NOT NULL"
        ),
        [access.project_id().into()],
    );
    VisibleTasks::new(
        Reach::within(access.caller(), access.project_id(), access.role()),
        SUMMED,
    )
    .restrict(&mut sql, "t");
    sql
}

/// Places where a task counts: in its episode and in all of them, for its task type and for all.
fn places(episode_id: Uuid, task_type_id: Uuid) -> [(String, String); 4] {
    let (episode, task_type) = (episode_id.to_string(), task_type_id.to_string());
    [
        (episode.clone(), task_type.clone()),
        (episode, ALL.into()),
        (ALL.into(), task_type),
        (ALL.into(), ALL.into()),
    ]
}

fn retake_stats(rows: &[TakeRow]) -> ByEpisode<RetakeStats> {
    let mut found: ByEpisode<RetakeStats> = BTreeMap::new();
    // The sums over everything are there even when there is nothing.
    found.entry(ALL.into()).or_default().entry(ALL.into()).or_default();
    for row in rows {
        let bulk = Bulk {
            count: row.count,
            frames: row.frames,
            drawings: row.drawings,
        };
        for (episode, task_type) in places(row.episode_id, row.task_type_id) {
            let stats = found.entry(episode).or_default().entry(task_type).or_default();
            stats.max_retake_count = stats.max_retake_count.max(row.retake_count);
            stats.outcome.add(row.is_done, row.is_retake, bulk);
        }
    }
    for row in rows {
        let bulk = Bulk {
            count: row.count,
            frames: row.frames,
            drawings: row.drawings,
        };
        for (episode, task_type) in places(row.episode_id, row.task_type_id) {
            if let Some(stats) = found
                .get_mut(&episode)
                .filter(|_| episode != ALL)
                .and_then(|types| types.get_mut(&task_type))
            {
                for take in 1..=stats.max_retake_count.min(MOST_TAKES) {
                    stats.evolution.entry(take).or_default().add(
                        take > row.retake_count && row.is_done,
                        take <= row.retake_count,
                        bulk,
                    );
                }
            }
        }
    }
    found
}

impl WorkByOutcome {
    fn add(&mut self, is_done: bool, is_retake: bool, bulk: Bulk) {
        let part = match (is_done, is_retake) {
            (true, _) => &mut self.done,
            (false, true) => &mut self.retake,
            (false, false) => &mut self.other,
        };
        part.add(bulk);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_take_has_its_outcome() {
        let [episode_id, task_type_id] = [1, 2].map(Uuid::from_u128);
        let row = |is_done, retake_count| TakeRow {
            episode_id,
            task_type_id,
            is_done,
            is_retake: false,
            retake_count,
            count: 1,
            frames: 10,
            drawings: 0,
        };
        let found = retake_stats(&[row(true, 2), row(true, 0), row(false, 1)]);
        let of_episode = &found[&episode_id.to_string()][&task_type_id.to_string()];
        let counts = |outcome: &WorkByOutcome| [outcome.done.count, outcome.retake.count, outcome.other.count];
        assert_eq!(of_episode.max_retake_count, 2);
        assert_eq!(
            of_episode.evolution.values().map(counts).collect::<Vec<_>>(),
            [[1, 2, 0], [1, 1, 1]]
        );
        assert_eq!(counts(&of_episode.outcome), [2, 0, 1]);
        assert!(found[ALL][ALL].evolution.is_empty());
        assert_eq!(found[ALL][ALL].outcome, of_episode.outcome);
    }

    #[test]
    fn nothing_has_sums_as_well() {
        let found = serde_json::to_value(retake_stats(&[])).expect("JSON");
        let nothing = serde_json::json!({"count": 0, "frames": 0, "drawings": 0});
        let expected = serde_json::json!({"max_retake_count": 0, "evolution": {}, "done": nothing, "retake": nothing, "other": nothing});
        assert_eq!(found, serde_json::json!({"all": {"all": expected}}));
    }
}

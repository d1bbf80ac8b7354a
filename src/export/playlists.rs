//! The table of a playlist: a line for each entry, with the state of the task that its preview shows.

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use sea_orm::{DbErr, FromQueryResult, QueryResult};
use uuid::Uuid;

use super::table::Table;
use crate::access::comments::{Comments, READ, by_client};
use crate::access::plans;
use crate::access::playlists::{self, DOWNLOAD};
use crate::database::dialect::{JsonItems, json_items};
use crate::database::{self, Database, Sql};
use crate::vocabulary::entity_names::EntityNames;
use crate::vocabulary::period::zone_of;
use crate::vocabulary::persons::full_name;

const HEADINGS: [&str; 9] = [
    "Entity name",
    "Nb Frames",
    "Task Type",
    "Retake count",
    "Revision",
    "Task Status",
    "Last comment author",
    "Last comment date",
    "Last comment",
];

/// Contents of the first line.
#[derive(FromQueryResult)]
struct Head {
    name: String,
    for_entity: Option<String>,
    created_at: Option<NaiveDateTime>,
    project: String,
    episode: Option<String>,
}

impl Head {
    fn line(&self, zone: Tz) -> Vec<String> {
        let place = self.episode.as_ref().map_or_else(
            || self.project.clone(),
            |episode| format!("{} - {episode}", self.project),
        );
        let kind = if self.for_entity.as_deref().is_none_or(|kind| kind == "shot") {
            "shots"
        } else {
            "assets"
        };
        let mut cells = vec![
            "Playlist".to_owned(),
            format!("{place} | for {kind}"),
            self.name.clone(),
            local(self.created_at, zone),
        ];
        cells.resize(7, String::new());
        cells
    }
}

/// An entry, and what is told of it.
#[derive(FromQueryResult)]
struct PlaylistLine {
    kind: Option<String>,
    entity: Option<String>,
    parent: Option<String>,
    grandparent: Option<String>,
    nb_frames: Option<i32>,
    task_type: Option<String>,
    /// None where it is not told.
    retake_count: Option<i32>,
    revision: Option<i32>,
    task_status: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    commented_at: Option<NaiveDateTime>,
    comment: Option<String>,
}

impl PlaylistLine {
    /// Cells below the headings.
    fn cells(self, zone: Tz) -> [String; HEADINGS.len()] {
        let number = |number: Option<i32>| number.map(|number| number.to_string()).unwrap_or_default();
        let [first, last] = [self.first_name, self.last_name].map(Option::unwrap_or_default);
        [
            EntityNames::new(self.kind, self.entity, self.parent, self.grandparent).full(),
            number(self.nb_frames),
            self.task_type.unwrap_or_default(),
            number(self.retake_count),
            number(self.revision),
            self.task_status.unwrap_or_default(),
            full_name(&first, &last),
            local(self.commented_at, zone),
            self.comment.unwrap_or_default(),
        ]
    }
}

/// A moment where the reader is.
fn local(moment: Option<NaiveDateTime>, zone: Tz) -> String {
    moment
        .map(|moment| {
            moment
                .and_utc()
                .with_timezone(&zone)
                .format("%Y-%m-%dT%H:%M:%S")
                .to_string()
        })
        .unwrap_or_default()
}

/// The table of a playlist.
///
/// # Errors
/// 404 for an unknown playlist, 403 for those who may not download.
pub(super) async fn table(database: &Database, caller: &Caller, playlist_id: Uuid) -> Result<Media, Failure> {
    let relation = playlists::require(database, caller, playlist_id, &DOWNLOAD).await?;
    let sql = Sql::with(
        "SELECT y.name, y.for_entity, y.created_at, p.name AS project, ep.name AS episode FROM playlist y JOIN project p ON p.id = y.project_id \
         LEFT JOIN entity ep ON ep.id = y.episode_id WHERE y.id = $1",
        [playlist_id.into()],
    );
    let head = database::read_one::<Head>(database, &sql)
        .await?
        .ok_or_else(Failure::not_found)?;
    let zone = zone_of(&caller.person);
    let JsonItems { from, place, id } = json_items(database.backend(), "y.shots");
    // As in other places, the entity may stand under three names.
    let entity = format!("COALESCE({}, {}, {})", id("id"), id("shot_id"), id("entity_id"));
    let mut sql = Sql::default();
    let last = sql.embed(&last_comment(caller));
    let playlist = sql.slot(playlist_id);
    let retakes = if plans::are_told(relation.role.role) {
        "t.retake_count"
    } else {
        "0 * t.retake_count"
    };
    // Of what another production shares, the work on it is not told.
    sql.push(&format!(
        "SELECT k.name AS kind, e.name AS entity, pa.name AS parent, gp.name AS grandparent, e.nb_frames, tt.name AS task_type, \
         {retakes} AS retake_count, v.revision, s.name AS task_status, w.first_name, w.last_name, c.created_at AS commented_at, c.text AS comment \
         FROM playlist y CROSS JOIN {from} JOIN entity e ON e.id = {entity} JOIN entity_type k ON k.id = e.entity_type_id \
         LEFT JOIN entity pa ON pa.id = e.parent_id LEFT JOIN entity gp ON gp.id = pa.parent_id \
         LEFT JOIN preview_file v ON v.id = {} AND v.task_id IN (SELECT o.id FROM task o WHERE o.entity_id = e.id) \
         LEFT JOIN task b ON b.id = v.task_id LEFT JOIN task_type tt ON tt.id = b.task_type_id \
         LEFT JOIN task t ON t.id = b.id AND t.project_id = y.project_id LEFT JOIN task_status s ON s.id = t.task_status_id \
         LEFT JOIN comment c ON c.id = ({last}) LEFT JOIN person w ON w.id = c.person_id WHERE y.id = {playlist} ORDER BY {place}",
        id("preview_file_id"),
    ));
    let mut table = Table::of_production(
        &head.project,
        &format!("playlist {}", head.name),
        HEADINGS.map(str::to_owned).to_vec(),
    );
    table.before = vec![head.line(zone), vec![String::new(); 7]];
    table
        .send(database, sql, move |row: &QueryResult| {
            Ok::<Vec<String>, DbErr>(PlaylistLine::from_query_result(row, "")?.cells(zone).into())
        })
        .await
}

/// The last comment of the task `t` that is none of a client and that the caller reads.
fn last_comment(caller: &Caller) -> Sql {
    let mut sql = Sql::new(format!(
        "SELECT l.id FROM comment l WHERE l.object_id = t.id AND NOT {}",
        by_client("l.person_id", "t.project_id")
    ));
    let comments = Comments {
        id: "l.id",
        author: "l.person_id",
        for_client: "l.for_client",
        project: "t.project_id",
        entity: "t.entity_id",
    };
    READ.restrict_in_teams(&mut sql, &caller.person, &comments);
    sql.push(" ORDER BY l.created_at DESC, l.id LIMIT 1");
    sql
}

//! Playlists: entries that are added at once, long playlists, and tables.

mod builds;
mod guests;
mod media;

pub use builds::ended_build;

use dailies::database::Sql;
use dailies::storage::{Bucket, FileKey};
use dailies_definitions::access::Role;
use harness::rows::insert_many;
use harness::{Client, On, Studio, id, picture};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

/// Entries of a long playlist.
const MANY: usize = 300;

/// Shots with a task each, and previews of these.
struct Material {
    shots: Vec<Uuid>,
    tasks: Vec<Uuid>,
    previews: Vec<Uuid>,
}

/// Address of a playlist for guests, by a link that is made for it.
async fn shared_address(studio: &Studio, playlist: Uuid) -> String {
    let path = format!("/data/playlists/{playlist}/share");
    let link = studio.admin.post(&path, json!({})).await.expect(201);
    format!("/shared/playlists/{}", link["token"].as_str().expect("a token"))
}

impl Material {
    /// So many shots called `SH000` and so on, each with a picture in two revisions.
    async fn of(studio: &Studio, count: usize) -> Self {
        let shot_type = studio.named("entity-types", "Shot").await;
        let animation = studio.named("task-types", "Animation").await;
        let todo = studio.named("task-status", "Todo").await;
        let ids = |count: usize| (0..count).map(|_| Uuid::new_v4()).collect::<Vec<_>>();
        let (shots, tasks, previews) = (ids(count), ids(count), ids(count));
        let project = studio.project_id;
        let shot = |at: usize| {
            vec![
                ("id", shots[at].into()),
                ("name", format!("SH{at:03}").into()),
                ("entity_type_id", shot_type.into()),
                ("project_id", project.into()),
                ("nb_frames", 48.into()),
            ]
        };
        let task = |at: usize| {
            vec![
                ("id", tasks[at].into()),
                ("name", "main".into()),
                ("project_id", project.into()),
                ("task_type_id", animation.into()),
                ("task_status_id", todo.into()),
                ("entity_id", shots[at].into()),
            ]
        };
        let preview = |at: usize, id: Uuid, revision: i32| {
            let name = format!("p{at}-{revision}");
            let facts = [
                ("extension", "png".into()),
                ("status", "ready".into()),
                ("position", 1.into()),
            ];
            [
                ("id", id.into()),
                ("name", name.into()),
                ("task_id", tasks[at].into()),
                ("revision", revision.into()),
            ]
            .into_iter()
            .chain(facts)
            .collect::<Vec<_>>()
        };
        let database = &studio.server.app.database;
        insert_many(database, &entity::entity::TABLE, (0..count).map(shot).collect())
            .await
            .expect("shots");
        insert_many(database, &entity::task::TABLE, (0..count).map(task).collect())
            .await
            .expect("tasks");
        let rows = (0..count).flat_map(|at| [preview(at, Uuid::new_v4(), 1), preview(at, previews[at], 2)]);
        insert_many(database, &entity::preview_file::TABLE, rows.collect())
            .await
            .expect("previews");
        Self { shots, tasks, previews }
    }

    /// A playlist of all shots.
    async fn playlist(&self, studio: &Studio, name: &str) -> Uuid {
        let shots: Vec<Value> = self
            .shots
            .iter()
            .zip(&self.previews)
            .map(|(shot, preview)| json!({"entity_id": shot, "preview_file_id": preview}))
            .collect();
        let body = json!({"name": name, "project_id": studio.project_id, "shots": shots, "for_client": true});
        id(&studio.admin.post("/data/playlists", body).await.expect(201))
    }

    async fn store_pictures(&self, studio: &Studio) {
        for preview in &self.previews {
            for prefix in ["original", "thumbnails"] {
                studio
                    .server
                    .app
                    .storage
                    .put(&FileKey::new(Bucket::Pictures, prefix, *preview), picture().into())
                    .await
                    .expect("a file");
            }
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn entries_that_are_added_at_once_are_all_kept(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let material = Material::of(&studio, 20).await;
    let body = json!({"name": "Monday", "project_id": studio.project_id});
    let playlist = id(&studio.admin.post("/data/playlists", body).await.expect(201));
    let path = format!("/actions/playlists/{playlist}/add-entity");
    let calls = material
        .shots
        .iter()
        .map(|shot| studio.admin.post(&path, json!({"entity_id": shot})));
    for answer in futures::future::join_all(calls).await {
        answer.expect(200);
    }
    let stored = studio
        .admin
        .get(&format!("/data/playlists/{playlist}"))
        .await
        .expect(200);
    let mut kept: Vec<Uuid> = stored["shots"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| id(&json!({"id": entry["entity_id"]})))
        .collect();
    let mut wanted = material.shots.clone();
    kept.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(kept, wanted);
    let told = Sql::new("SELECT COUNT(*) AS told FROM api_event WHERE name = 'playlist:add_entity'");
    let told: i64 = studio
        .server
        .app
        .database
        .row(&told)
        .await
        .expect("an answer")
        .expect("a count")
        .try_get("", "told")
        .expect("a count");
    assert_eq!(told, 20);
}

/// Statements of one call, once what is kept in mind is there.
async fn statements(studio: &Studio, client: &Client, path: &str) -> u64 {
    client.get(path).await.expect(200);
    let mut least = u64::MAX;
    for _ in 0..4 {
        let before = studio.server.app.database.statements();
        client.get(path).await.expect(200);
        least = least.min(studio.server.app.database.statements() - before);
    }
    least
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_long_playlist_takes_few_statements(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let material = Material::of(&studio, MANY).await;
    let playlist = material.playlist(&studio, "Everything").await;
    let path = format!("/data/projects/{}/playlists/{playlist}", studio.project_id);
    let played = studio.admin.get(&path).await.expect(200);
    let entries = played["shots"].as_array().expect("entries");
    assert_eq!(entries.len(), MANY);
    assert!(entries.iter().all(|entry| entry["preview_file_revision"] == 2
        && entry["preview_files"].as_object().is_some_and(|tree| tree.len() == 1)));
    for client in [
        &studio.admin,
        &studio.member(Role::Artist),
        &studio.member(Role::Client),
    ] {
        let count = statements(&studio, client, &path).await;
        assert!(count <= 5, "{count} statements");
    }
    let shared = shared_address(&studio, playlist).await;
    let guest = studio.server.nobody();
    assert_eq!(
        guest.get(&shared).await.expect(200)["shots"].as_array().map(Vec::len),
        Some(MANY)
    );
    let count = statements(&studio, &guest, &shared).await;
    assert!(count <= 5, "{count} statements for a guest");
    let temporary = format!("/data/projects/{}/playlists/temp", studio.project_id);
    let answer = studio
        .admin
        .post(&temporary, json!({"task_ids": material.tasks}))
        .await
        .expect(200);
    assert_eq!(answer.as_array().map(Vec::len), Some(MANY));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_table_has_a_line_for_each_entry_in_order(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let material = Material::of(&studio, 2).await;
    let playlist = material.playlist(&studio, "=Monday").await;
    let todo = studio.named("task-status", "Todo").await;
    let comment = json!({"task_status_id": todo, "comment": "Lift; the arm"});
    studio
        .member(Role::Manager)
        .post(&format!("/actions/tasks/{}/comment", material.tasks[1]), comment)
        .await
        .expect(201);
    let comment = json!({"task_status_id": todo, "comment": "Of a client"});
    studio
        .member(Role::Client)
        .post(&format!("/actions/tasks/{}/comment", material.tasks[1]), comment)
        .await
        .expect(201);
    let shots = json!([
        {"entity_id": material.shots[1], "preview_file_id": material.previews[1]},
        {"entity_id": Uuid::new_v4(), "preview_file_id": null},
        {"entity_id": material.shots[0], "preview_file_id": null},
    ]);
    // Entities that are gone by now stay in the list.
    harness::rows::update(
        &studio.server.app.database,
        &entity::playlist::TABLE,
        playlist,
        vec![("shots", shots.into())],
    )
    .await
    .expect("entries");
    let answer = studio.admin.get(&format!("/export/csv/playlists/{playlist}")).await;
    let text = String::from_utf8(answer.bytes).expect("UTF-8");
    let lines: Vec<&str> = text.split("\r\n").collect();
    let ["", third] = lines[0]
        .split("Playlist;Wool | for shots;'=Monday;")
        .collect::<Vec<_>>()[..]
    else {
        panic!("{text}")
    };
    assert_eq!((third.len(), &third[19..]), (22, ";;;"), "{text}");
    assert_eq!(lines[1], ";;;;;;");
    assert_eq!(
        lines[2],
        "Entity name;Nb Frames;Task Type;Retake count;Revision;Task Status;Last comment author;Last comment date;Last comment"
    );
    assert!(
        lines[3].starts_with("SH001;48;Animation;0;2;Todo;Tim Team manager;")
            && lines[3].ends_with(";\"Lift; the arm\""),
        "{text}"
    );
    assert_eq!(lines[4..], ["SH000;48;;;;;;;", ""]);

    // A client reads neither what the team says to itself nor how often something was done again.
    studio
        .admin
        .put(&format!("/data/playlists/{playlist}"), json!({"for_client": true}))
        .await
        .expect(200);
    let retakes = vec![("retake_count", 3.into())];
    harness::rows::update(
        &studio.server.app.database,
        &entity::task::TABLE,
        material.tasks[1],
        retakes,
    )
    .await
    .expect("retakes");
    let export = async |role: Role| {
        let answer = studio
            .member(role)
            .get(&format!("/export/csv/playlists/{playlist}"))
            .await;
        String::from_utf8(answer.bytes).expect("UTF-8")
    };
    let text = export(Role::Client).await;
    assert!(text.contains("\r\nSH001;48;Animation;0;2;Todo;;;\r\n"), "{text}");
    let text = export(Role::Supervisor).await;
    assert!(
        text.contains("\r\nSH001;48;Animation;3;2;Todo;Tim Team manager;"),
        "{text}"
    );
}

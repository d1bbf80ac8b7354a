//! Archives and movies that are made of playlists.

use std::io::{Cursor, Read};
use std::time::Duration;

use dailies::database::Sql;
use dailies::storage::{Bucket, FileKey};
use dailies_definitions::access::Role;
use harness::{Client, On, Studio, id, picture, wait_for};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Material;

/// Names of the files of an archive, in their order.
fn names(archive: &zip::ZipArchive<Cursor<Vec<u8>>>) -> Vec<String> {
    archive
        .file_names()
        .map(|name| name.expect("a name").into_owned())
        .collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_archive_holds_every_file_under_a_name_of_its_own(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let material = Material::of(&studio, 3).await;
    let playlist = material.playlist(&studio, "Édit n°1").await;
    let empty = studio
        .admin
        .get(&format!("/data/playlists/{playlist}/download/zip"))
        .await;
    assert_eq!(
        (empty.status, empty.bytes.len()),
        (200, 22),
        "previews without files are left out"
    );
    material.store_pictures(&studio).await;
    let again = json!({"entity_id": material.shots[0], "preview_file_id": material.previews[0]});
    let mut shots = studio
        .admin
        .get(&format!("/data/playlists/{playlist}"))
        .await
        .expect(200)["shots"]
        .clone();
    shots.as_array_mut().expect("entries").push(again);
    studio
        .admin
        .put(&format!("/data/playlists/{playlist}"), json!({"shots": shots}))
        .await
        .expect(200);
    let response = studio
        .admin
        .request(Method::GET, &format!("/data/playlists/{playlist}/download/zip"))
        .send()
        .await
        .expect("an answer");
    let disposition = response.headers()["content-disposition"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(disposition.contains("wool_edit_ndeg1.zip"), "{disposition}");
    let bytes = response.bytes().await.expect("the whole archive").to_vec();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    assert_eq!(
        names(&archive),
        [
            "wool_sh000_animation_v2.png",
            "wool_sh001_animation_v2.png",
            "wool_sh002_animation_v2.png",
            "2_wool_sh000_animation_v2.png"
        ]
    );
    let mut content = Vec::new();
    archive
        .by_index(3)
        .expect("a file")
        .read_to_end(&mut content)
        .expect("its content");
    assert_eq!(content, picture());
    let organisation = studio.admin.get("/data/organisations").await.expect(200)[0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    studio
        .admin
        .put(
            &format!("/data/organisations/{organisation}"),
            json!({"use_original_file_name": true}),
        )
        .await
        .expect(200);
    let named = Sql::with(
        "UPDATE preview_file SET original_name = 'été / 01' WHERE id = $1",
        [material.previews[1].into()],
    );
    harness::rows::execute(&studio.server.app.database, &named)
        .await
        .expect("a name");
    let bytes = studio
        .admin
        .get(&format!("/data/playlists/{playlist}/download/zip"))
        .await
        .bytes;
    let archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    assert!(
        names(&archive).iter().any(|name| name == "été _ 01.png"),
        "{:?}",
        names(&archive)
    );

    // A movie of the same pictures cannot join them as they are, and says so.
    let begun = studio
        .admin
        .get(&format!("/data/playlists/{playlist}/build/mp4?still_duration=0.2"))
        .await
        .expect(200);
    let ended = ended_build(
        &studio.admin,
        &format!("/data/playlists/{playlist}/jobs/{}", id(&begun)),
    )
    .await;
    let message = ended["message"].as_str().unwrap_or_default();
    assert!(
        ended["status"] == "succeeded" && message.contains("were encoded again"),
        "{ended}"
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn previews_without_a_revision_are_packed_together(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let material = Material::of(&studio, 1).await;
    let playlist = material.playlist(&studio, "Monday").await;
    let database = &studio.server.app.database;
    // As older servers and other programs leave them.
    let loss = Sql::new("UPDATE preview_file SET revision = NULL");
    assert_eq!(harness::rows::execute(database, &loss).await.expect("previews"), 2);
    let previews = studio.admin.get("/data/preview-files").await.expect(200);
    for preview in previews.as_array().expect("previews") {
        let key = FileKey::new(Bucket::Pictures, "original", id(preview));
        let stored = studio.server.app.storage.put(&key, picture().into()).await;
        stored.expect("a file");
    }
    let path = format!("/data/playlists/{playlist}/download/zip");
    let packed = studio.admin.get(&path).await.bytes;
    let packed = names(&zip::ZipArchive::new(Cursor::new(packed)).expect("an archive"));
    assert_eq!(packed.len(), 2, "{packed:?}");
}

/// Waits until a build is no longer running.
pub async fn ended_build(client: &Client, path: &str) -> Value {
    let look = async || {
        let build = client.get(path).await.expect(200);
        if build["status"] == "running" {
            return Err(build);
        }
        Ok(build)
    };
    wait_for(Duration::from_secs(30), "the build comes to an end", look).await
}

/// Begins a build, which nobody can begin again, ask for elsewhere, or save before it is finished; and removes it.
async fn a_running_build_stands_alone(studio: &Studio, material: &Material, playlist: Uuid, build: &str) {
    let manager = studio.member(Role::Manager);
    let begun = manager.get(build).await.expect(200);
    assert_eq!(
        (&begun["status"], &begun["ended_at"], &begun["job_type"]),
        (&json!("running"), &Value::Null, &json!("movie"))
    );
    assert_eq!(
        manager.get(build).await.message(409),
        "A build is already in progress for this playlist"
    );
    let played = manager
        .get(&format!("/data/projects/{}/playlists/{playlist}", studio.project_id))
        .await
        .expect(200);
    assert_eq!(
        played["build_jobs"],
        json!([{"id": begun["id"], "status": "running", "created_at": begun["created_at"]}])
    );
    assert_eq!(
        studio
            .admin
            .get(&format!("/data/projects/{}/build-jobs", studio.project_id))
            .await
            .expect(200),
        json!([begun])
    );
    let job = format!("/data/playlists/{playlist}/jobs/{}", id(&begun));
    assert_eq!(manager.get(&job).await.expect(200), begun);
    assert_eq!(studio.member(Role::Supervisor).get(&job).await.status, 403);
    assert_eq!(studio.member(Role::Client).get(&job).await.expect(200), begun);
    assert_eq!(
        manager.get(&format!("{job}/build/mp4")).await.message(400),
        "Build is not finished"
    );
    let other = material.playlist(studio, "Tuesday").await;
    let elsewhere = format!("/data/playlists/{other}/jobs/{}", id(&begun));
    for (method, path) in [
        (Method::GET, elsewhere.clone()),
        (Method::DELETE, elsewhere.clone()),
        (Method::GET, format!("{elsewhere}/build/mp4")),
    ] {
        assert_eq!(manager.send(method, &path, None).await.status, 404, "{path}");
    }
    assert_eq!(studio.member(Role::Client).delete(&job).await.status, 403);
    manager.delete(&job).await.expect(204);
    assert_eq!(manager.get(&job).await.status, 404);
}

/// Asserts that the log tells of two builds: one that was removed by who began it, and one that came to an end by itself.
async fn builds_are_told(studio: &Studio) {
    let sql = Sql::new("SELECT name, user_id FROM api_event WHERE name LIKE 'build-job:%' ORDER BY created_at");
    let events = studio.server.app.database.rows(&sql).await.expect("the log");
    let events: Vec<(String, Option<Uuid>)> = events
        .iter()
        .map(|row| {
            (
                row.try_get("", "name").expect("a name"),
                row.try_get("", "user_id").expect("an author"),
            )
        })
        .collect();
    let author = Some(studio.member_id(Role::Manager));
    let wanted = [
        ("build-job:new", author),
        ("build-job:delete", author),
        ("build-job:new", author),
        ("build-job:update", None),
    ];
    assert_eq!(events, wanted.map(|(name, author)| (name.to_owned(), author)));
}

/// Saves the movie of a build that has succeeded, and removes it with its playlist.
async fn a_movie_goes_with_its_playlist(studio: &Studio, playlist: Uuid, build: Uuid) {
    let manager = studio.member(Role::Manager);
    let job = format!("/data/playlists/{playlist}/jobs/{build}");
    let key = FileKey::new(Bucket::Movies, "playlists", build);
    studio
        .server
        .app
        .storage
        .put(&key, b"a movie".as_slice().into())
        .await
        .expect("a file");
    let succeeded = Sql::with(
        "UPDATE build_job SET status = 'succeeded' WHERE id = $1",
        [build.into()],
    );
    harness::rows::execute(&studio.server.app.database, &succeeded)
        .await
        .expect("a build");
    let response = studio
        .member(Role::Client)
        .request(Method::GET, &format!("{job}/build/mp4"))
        .header("range", "bytes=2-6")
        .send()
        .await;
    let response = response.expect("an answer");
    let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(
        (
            response.status().as_u16(),
            header("content-type").as_str(),
            header("cache-control").as_str()
        ),
        (206, "video/mp4", "no-cache")
    );
    assert!(
        header("content-disposition").ends_with("_wool_monday.mp4"),
        "{}",
        header("content-disposition")
    );
    assert_eq!(response.bytes().await.expect("a part"), b"movie".as_slice());
    manager.delete(&format!("/data/playlists/{playlist}")).await.expect(204);
    assert!(!studio.server.app.storage.exists(&key).await.expect("an answer"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_build_begins_once_and_comes_to_an_end(#[values(On::Sqlite, On::Postgres)] on: On) {
    let mut studio = Studio::open_with(on, &["--remove-files", "true"]).await;
    let material = Material::of(&studio, 2).await;
    let playlist = material.playlist(&studio, "Monday").await;
    studio.server.stop_workers().await;
    let build = format!("/data/playlists/{playlist}/build/mp4?still_duration=0.5");
    a_running_build_stands_alone(&studio, &material, playlist, &build).await;

    // The next one finds no files, and says so.
    let begun = studio.member(Role::Manager).get(&build).await.expect(200);
    studio.server = harness::TestServer::start_at(studio.server.kill()).await;
    let manager = studio.member(Role::Manager);
    let job = format!("/data/playlists/{playlist}/jobs/{}", id(&begun));
    let ended = ended_build(&manager, &job).await;
    assert_eq!(
        (&ended["status"], ended["ended_at"].is_string()),
        (&json!("failed"), true)
    );
    builds_are_told(&studio).await;
    a_movie_goes_with_its_playlist(&studio, playlist, id(&begun)).await;
}

//! Playlists: entries that are added at once, the movies and archives that are made of them, tables, and what guests do with
//! files and cookies.

use std::io::{Cursor, Read};
use std::time::Duration;

use dailies::database::Sql;
use dailies::storage::{Bucket, FileKey};
use dailies_definitions::access::Role;
use harness::rows::insert_many;
use harness::{Client, On, Studio, id, picture};
use reqwest::Method;
use reqwest::header::HeaderMap;
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
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn entries_that_are_added_at_once_are_all_kept(#[case] on: On) {
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
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_long_playlist_takes_few_statements(#[case] on: On) {
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
    let link = studio
        .admin
        .post(&format!("/data/playlists/{playlist}/share"), json!({}))
        .await
        .expect(201);
    let shared = format!("/shared/playlists/{}", link["token"].as_str().expect("a token"));
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

/// Names of the files of an archive, in their order.
fn names(archive: &zip::ZipArchive<Cursor<Vec<u8>>>) -> Vec<String> {
    archive
        .file_names()
        .map(|name| name.expect("a name").into_owned())
        .collect()
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn an_archive_holds_every_file_under_a_name_of_its_own(#[case] on: On) {
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
    let ended = outcome(
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
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_table_has_a_line_for_each_entry_in_order(#[case] on: On) {
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
}

/// Waits until a build is no longer running.
pub async fn outcome(client: &Client, path: &str) -> Value {
    for _ in 0..500 {
        let build = client.get(path).await.expect(200);
        if build["status"] != "running" {
            return build;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the build runs for ever");
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_build_begins_once_and_comes_to_an_end(#[case] on: On) {
    let mut studio = Studio::open_with(on, &["--remove-files", "true"]).await;
    let material = Material::of(&studio, 2).await;
    let playlist = material.playlist(&studio, "Monday").await;
    studio.server.stop_workers().await;
    let manager = studio.member(Role::Manager);
    let build = format!("/data/playlists/{playlist}/build/mp4?still_duration=0.5");
    let begun = manager.get(&build).await.expect(200);
    assert_eq!(
        (&begun["status"], &begun["ended_at"], &begun["job_type"]),
        (&json!("running"), &Value::Null, &json!("movie"))
    );
    assert_eq!(
        manager.get(&build).await.message(409),
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
    let other = material.playlist(&studio, "Tuesday").await;
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

    // The next one finds no files, and says so.
    let begun = manager.get(&build).await.expect(200);
    studio.server = harness::TestServer::start_at(studio.server.kill()).await;
    let manager = studio.member(Role::Manager);
    let job = format!("/data/playlists/{playlist}/jobs/{}", id(&begun));
    let ended = outcome(&manager, &job).await;
    assert_eq!(
        (&ended["status"], ended["ended_at"].is_string()),
        (&json!("failed"), true)
    );
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

    // One that has succeeded is there to be saved, and its movie goes with it.
    let key = FileKey::new(Bucket::Movies, "playlists", id(&begun));
    studio
        .server
        .app
        .storage
        .put(&key, b"a movie".as_slice().into())
        .await
        .expect("a file");
    let succeeded = Sql::with(
        "UPDATE build_job SET status = 'succeeded' WHERE id = $1",
        [id(&begun).into()],
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

/// The cookies that an answer sets, as a browser sends them back.
fn cookies(headers: &HeaderMap) -> String {
    let set = headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().expect("text"));
    set.map(|cookie| cookie.split(';').next().unwrap_or_default().to_owned())
        .collect::<Vec<_>>()
        .join("; ")
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gives_the_password_once(#[case] on: On) {
    let studio = Studio::open(on).await;
    let material = Material::of(&studio, 2).await;
    material.store_pictures(&studio).await;
    let playlist = material.playlist(&studio, "Monday").await;
    let link = studio
        .admin
        .post(
            &format!("/data/playlists/{playlist}/share"),
            json!({"password": "sesame"}),
        )
        .await
        .expect(201);
    let other = studio
        .admin
        .post(
            &format!("/data/playlists/{playlist}/share"),
            json!({"password": "sesame"}),
        )
        .await
        .expect(201);
    let address = |link: &Value| format!("/shared/playlists/{}", link["token"].as_str().expect("a token"));
    let guest = studio.server.nobody();
    let sql = Sql::with(
        "SELECT password FROM playlist_share_link WHERE id = $1",
        [id(&link).into()],
    );
    let hash: String = studio
        .server
        .app
        .database
        .row(&sql)
        .await
        .expect("an answer")
        .expect("a link")
        .try_get("", "password")
        .expect("a hash");
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    let opened = guest
        .request(Method::GET, &format!("{}?password=sesame", address(&link)))
        .send()
        .await
        .expect("an answer");
    assert_eq!(opened.status(), 200);
    let set = opened.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
    let pass = cookies(opened.headers());
    let thumbnail = format!(
        "{}/pictures/thumbnails/preview-files/{}.png",
        address(&link),
        material.previews[0]
    );
    let get = async |path: &str, cookie: &str| {
        guest
            .request(Method::GET, path)
            .header("cookie", cookie)
            .send()
            .await
            .expect("an answer")
            .status()
    };
    assert_eq!(get(&thumbnail, "a=b").await, 404);
    assert_eq!(get(&thumbnail, &pass).await, 200);
    assert_eq!(get(&address(&link), &pass).await, 200);
    assert_eq!(
        get(&address(&other), &pass).await,
        404,
        "another link has another cookie"
    );
    // Revoking is for what was opened already, too.
    studio
        .admin
        .delete(&format!(
            "/data/playlists/{playlist}/share/{}",
            link["token"].as_str().expect("a token")
        ))
        .await
        .expect(200);
    assert_eq!(get(&thumbnail, &pass).await, 404);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn guests_attach_files_to_what_they_wrote(#[case] on: On) {
    let studio = Studio::open(on).await;
    let material = Material::of(&studio, 1).await;
    let playlist = material.playlist(&studio, "Monday").await;
    let link = studio
        .admin
        .post(&format!("/data/playlists/{playlist}/share"), json!({}))
        .await
        .expect(201);
    let address = format!("/shared/playlists/{}", link["token"].as_str().expect("a token"));
    let nobody = studio.server.nobody();
    let response = nobody
        .request(Method::POST, &format!("{address}/guest"))
        .json(&json!({"first_name": "Jane"}))
        .send()
        .await
        .expect("an answer");
    let cookie = cookies(response.headers());
    let guest: Value = response.json().await.expect("a guest");
    let again = nobody
        .request(Method::POST, &format!("{address}/guest"))
        .header("cookie", &cookie)
        .json(&json!({"first_name": "Jane"}));
    let again = again.send().await.expect("an answer");
    assert_eq!(
        (again.status().as_u16(), id(&again.json().await.expect("a guest"))),
        (200, id(&guest))
    );
    let todo = studio.named("task-status", "Todo").await;
    let body = json!({"guest_id": guest["id"], "task_id": material.tasks[0], "task_status_id": todo, "text": "See"});
    let written = nobody
        .request(Method::POST, &format!("{address}/comments"))
        .header("cookie", &cookie)
        .json(&body);
    let comment = id(&nobody
        .finish(Method::POST, &format!("{address}/comments"), written)
        .await
        .expect(201));
    let path = format!("{address}/comments/{comment}/attachments");
    assert_eq!(
        nobody
            .upload(&path, "a.png", b"x")
            .send()
            .await
            .expect("an answer")
            .status(),
        403
    );
    let named = format!("{path}?guest_id={}", id(&guest));
    assert_eq!(
        nobody
            .upload(&named, "a.png", b"x")
            .send()
            .await
            .expect("an answer")
            .status(),
        403,
        "the id alone proves nothing"
    );
    let mut files = Vec::new();
    for (name, content) in [("a.png", picture()), ("b.svg", b"<svg/>".to_vec())] {
        let answer = nobody
            .finish(
                Method::POST,
                &named,
                nobody.upload(&named, name, &content).header("cookie", &cookie),
            )
            .await
            .expect(201);
        let list = answer["attachment_files"].as_array().expect("files").clone();
        files.push(
            list.into_iter()
                .find(|file| file["name"] == name)
                .expect("the new file"),
        );
    }
    for (file, (how, kind)) in files
        .iter()
        .zip([("inline", "image/png"), ("attachment", "application/octet-stream")])
    {
        let path = format!("{address}/attachment-files/{}/file/x", id(file));
        let answer = nobody.get(&path).await;
        assert!(
            answer
                .header("content-disposition")
                .is_some_and(|value| value.starts_with(how)),
            "{answer:?}"
        );
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)));
    }
    let delete = format!("{path}/{}", id(&files[0]));
    let body = json!({"guest_id": guest["id"]});
    let request = nobody
        .request(Method::DELETE, &delete)
        .header("cookie", &cookie)
        .json(&body);
    nobody.finish(Method::DELETE, &delete, request).await.expect(204);
    let gone = format!("{address}/attachment-files/{}/file/x", id(&files[0]));
    assert_eq!(
        nobody.get(&gone).await.expect(404),
        json!({"error": "Attachment not found"})
    );
    // What the team attaches to its own talk is nobody else's.
    let task = material.tasks[0];
    let internal = json!({"task_status_id": todo, "comment": "Between us"});
    let internal = id(&studio
        .admin
        .post(&format!("/actions/tasks/{task}/comment"), internal)
        .await
        .expect(201));
    let secret = studio
        .admin
        .send_file(
            &format!("/actions/tasks/{task}/comments/{internal}/add-attachment"),
            "c.txt",
            b"secret",
        )
        .await;
    let hidden = format!("{address}/attachment-files/{}/file/c.txt", id(&secret.expect(201)[0]));
    assert_eq!(nobody.get(&hidden).await.status, 404);
}

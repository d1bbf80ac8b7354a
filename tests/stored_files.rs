//! Places of stored files, in a folder and in an object store, how they are read there, and when they go.

use std::time::Duration;

use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use harness::{Client, Installation, ObjectStore, On, Studio, TestServer, files, id, picture, wait_for};

/// A picture, a movie, a file of another kind, a background, an attached file and an avatar, each sent over HTTP.
struct Sent {
    task: Uuid,
    comment: Uuid,
    picture: Uuid,
    movie: Uuid,
    generic: Uuid,
    background: Uuid,
    attachment: Uuid,
    person: Uuid,
}

/// More than one part of an upload to an object store.
fn large() -> Vec<u8> {
    (0..=250_u8).cycle().take(20_000_000).collect()
}

/// Light of two pixels, as programs for 3D write it.
pub const LIGHT: &[u8] = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 2\n\x80\x80\x80\x81\x40\x40\x40\x81";

impl Sent {
    async fn to(studio: &Studio) -> Self {
        let admin = &studio.admin;
        let task_type = studio.named("task-types", "Modeling").await;
        let status = studio.named("task-status", "Todo").await;
        let asset = admin.make_asset(studio.project_id, &Uuid::new_v4().to_string()).await;
        let task = admin.make_task_on(asset, task_type, status).await;
        let comment = admin.make_comment(task, status, "").await;
        let preview = async |name: &str, content: &[u8]| {
            let preview = admin.make_preview(task, comment).await;
            let record = admin
                .send_file(&format!("/pictures/preview-files/{preview}"), name, content)
                .await
                .expect(201);
            assert_eq!(record["status"], "ready");
            preview
        };
        let picture = preview("sheep.png", &harness::picture()).await;
        let movie = preview("sheep.mp4", &harness::movie()).await;
        let generic = preview("sheep.zip", &large()).await;
        let name = Uuid::new_v4().simple().to_string();
        let background = id(&admin
            .post("/data/preview-background-files", json!({"name": name}))
            .await
            .expect(201));
        admin
            .send_file(
                &format!("/pictures/preview-background-files/{background}"),
                "sky.hdr",
                LIGHT,
            )
            .await
            .expect(201);
        let path = format!("/actions/tasks/{task}/comments/{comment}/add-attachment");
        let attachment = id(&admin.send_file(&path, "notes.txt", b"About sheep.").await.expect(201)[0]);
        let person = studio.admin_id;
        admin
            .send_file(
                &format!("/pictures/thumbnails/persons/{person}"),
                "me.png",
                &harness::picture(),
            )
            .await
            .expect(201);
        Self {
            task,
            comment,
            picture,
            movie,
            generic,
            background,
            attachment,
            person,
        }
    }

    /// Buckets and prefixes of what is stored of each.
    fn keys(&self) -> Vec<(&'static str, &'static str, Uuid)> {
        let mut keys = Vec::new();
        for preview in [self.picture, self.movie] {
            keys.extend(
                ["original", "previews", "thumbnails", "thumbnails-square"].map(|prefix| ("pictures", prefix, preview)),
            );
        }
        keys.extend(["previews", "lowdef"].map(|prefix| ("movies", prefix, self.movie)));
        keys.push(("pictures", "tiles", self.movie));
        keys.push(("files", "previews", self.generic));
        keys.push(("files", "attachments", self.attachment));
        keys.push(("pictures", "thumbnails", self.person));
        keys.extend(["preview-backgrounds", "thumbnails"].map(|prefix| ("pictures", prefix, self.background)));
        keys
    }

    /// Addresses of all of that.
    fn addresses(&self) -> Vec<String> {
        let Self {
            picture,
            movie,
            generic,
            background,
            attachment,
            person,
            ..
        } = self;
        let mut addresses = vec![
            format!("/movies/originals/preview-files/{movie}.mp4"),
            format!("/movies/low/preview-files/{movie}.mp4"),
            format!("/movies/tiles/preview-files/{movie}.png"),
            format!("/pictures/originals/preview-files/{generic}.zip"),
            format!("/pictures/originals/preview-files/{generic}/download"),
            format!("/data/attachment-files/{attachment}/file/notes.txt"),
            format!("/pictures/preview-background-files/{background}.hdr"),
            format!("/pictures/thumbnails/preview-background-files/{background}.png"),
            format!("/pictures/thumbnails/persons/{person}.png"),
        ];
        for preview in [picture, movie] {
            let sizes = ["originals", "previews", "thumbnails", "thumbnails-square"];
            addresses.extend(sizes.map(|size| format!("/pictures/{size}/preview-files/{preview}.png")));
        }
        addresses
    }

    async fn all_there(&self, client: &Client) {
        for address in self.addresses() {
            assert_eq!(client.get(&address).await.status, 200, "{address}");
        }
        assert_eq!(
            client
                .get(&format!("/pictures/originals/preview-files/{}.zip", self.generic))
                .await
                .bytes,
            large()
        );
        assert_eq!(
            client
                .get(&format!("/data/attachment-files/{}/file/notes.txt", self.attachment))
                .await
                .bytes,
            b"About sheep."
        );
        assert_eq!(
            client
                .get(&format!("/pictures/preview-background-files/{}.hdr", self.background))
                .await
                .bytes,
            LIGHT
        );
    }

    /// Removes everything but the person.
    async fn remove(&self, client: &Client, force: &str) {
        for preview in [self.picture, self.movie, self.generic] {
            client
                .delete(&format!("/data/preview-files/{preview}{force}"))
                .await
                .expect(204);
        }
        client
            .delete(&format!(
                "/data/tasks/{}/comments/{}/attachments/{}",
                self.task, self.comment, self.attachment
            ))
            .await
            .expect(204);
        client
            .delete(&format!("/data/preview-background-files/{}", self.background))
            .await
            .expect(204);
        for address in self.addresses().iter().filter(|address| !address.contains("persons")) {
            assert_eq!(client.get(address).await.status, 404, "{address}");
        }
    }
}

/// A file of a local store: what comes before the first dash of its key is a folder, and so are the next letters.
fn place((bucket, prefix, id): &(&str, &str, Uuid)) -> String {
    let key = format!("{prefix}-{id}");
    let (folder, name) = key.split_once('-').expect("a dash");
    format!("{bucket}/{folder}/{}/{}/{name}", &name[..3], &name[3..6])
}

fn sorted(places: impl Iterator<Item = String>) -> Vec<String> {
    let mut places: Vec<String> = places.collect();
    places.sort();
    places
}

/// Waits until that is what is stored: files go after the answer.
async fn settles(stored: impl Fn() -> Vec<String>, expected: &[String]) {
    let look = async || {
        let stored = stored();
        if stored == expected { Ok(()) } else { Err(stored) }
    };
    wait_for(Duration::from_secs(20), &format!("{expected:?} is stored"), look).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn files_lie_where_other_servers_look_for_them_and_stay_by_default(#[values(On::Sqlite, On::Postgres)] on: On) {
    let folder = TempDir::new().expect("a folder");
    let studio = Studio::open_with(on, &["--preview-folder", folder.path().to_str().expect("a name")]).await;
    let sent = Sent::to(&studio).await;
    let places = sorted(sent.keys().iter().map(place));
    assert_eq!(files(folder.path()), places);
    let shortest = sent.picture.to_string();
    let square = format!("pictures/thumbnails/squ/are/square-{shortest}");
    let original = format!("pictures/original/{}/{}/{shortest}", &shortest[..3], &shortest[3..6]);
    assert!(places.contains(&square) && places.contains(&original), "{places:?}");
    sent.all_there(&studio.admin).await;

    // What is removed is gone for clients, and stays for whoever made a mistake.
    sent.remove(&studio.admin, "").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(files(folder.path()), places);

    // By force, previews go with their files.
    let forced = Sent::to(&studio).await;
    forced.remove(&studio.admin, "?force=true").await;
    let kept = ["attachments", "preview-backgrounds", "thumbnails"];
    let others = forced
        .keys()
        .into_iter()
        .filter(|(_, prefix, id)| kept.contains(prefix) && [forced.attachment, forced.background].contains(id));
    let expected = sorted(places.iter().cloned().chain(others.map(|key| place(&key))));
    settles(|| files(folder.path()), &expected).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn files_go_with_their_records_where_the_settings_say_so(#[values(On::Sqlite, On::Postgres)] on: On) {
    let folder = TempDir::new().expect("a folder");
    let studio = Studio::open_with(
        on,
        &[
            "--remove-files",
            "true",
            "--preview-folder",
            folder.path().to_str().expect("a name"),
        ],
    )
    .await;
    let sent = Sent::to(&studio).await;
    assert_eq!(files(folder.path()), sorted(sent.keys().iter().map(place)));
    sent.remove(&studio.admin, "").await;
    let avatar = place(&("pictures", "thumbnails", sent.person));
    settles(|| files(folder.path()), std::slice::from_ref(&avatar)).await;

    // A comment takes its previews and attached files along.
    let other = Sent::to(&studio).await;
    studio
        .admin
        .delete(&format!("/data/tasks/{}/comments/{}", other.task, other.comment))
        .await
        .expect(204);
    let background = other
        .keys()
        .into_iter()
        .filter(|(_, _, id)| *id == other.background)
        .map(|key| place(&key));
    settles(|| files(folder.path()), &sorted(background.chain([avatar]))).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_object_store_keeps_files_as_well_as_a_folder(#[values(On::Sqlite, On::Postgres)] on: On) {
    let mut store = ObjectStore::open().await;
    let mut studio = Studio::open_using(on, &store.flags(), &["--remove-files", "true"]).await;
    let sent = Sent::to(&studio).await;
    let object = |(bucket, prefix, id): &(&str, &str, Uuid)| format!("studio-{bucket}/{prefix}-{id}");
    assert_eq!(store.stored(), sorted(sent.keys().iter().map(object)));
    assert_eq!(
        std::fs::read(store.path(&object(&("files", "previews", sent.generic)))).expect("an object"),
        large()
    );
    sent.all_there(&studio.admin).await;

    // Parts of a file, and what the client has already.
    let path = format!("/pictures/originals/preview-files/{}.zip", sent.generic);
    let part = async |header: &str, value: &str| {
        let response = studio
            .admin
            .request(Method::GET, &path)
            .header(header, value)
            .send()
            .await
            .expect("an answer");
        let told = |name: &str| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let told = (response.status().as_u16(), told("content-range"), told("etag"));
        (told, response.bytes().await.expect("a body"))
    };
    for (range, from, to) in [
        ("0-99", 0, 99),
        ("9000000-9000009", 9_000_000, 9_000_009),
        ("19999990-", 19_999_990, 19_999_999),
    ] {
        let ((status, told, _), bytes) = part("range", &format!("bytes={range}")).await;
        assert_eq!((status, told), (206, format!("bytes {from}-{to}/20000000")));
        assert_eq!(bytes, large()[from..=to]);
    }
    assert_eq!(part("range", "bytes=20000000-").await.0.0, 416);
    let tag = part("range", "bytes=-1").await.0.2;
    assert_eq!(part("if-none-match", &tag).await.0.0, 304);

    // The next server finds everything, and the buckets that are there already.
    studio.server = TestServer::start_at(studio.server.stop().await).await;
    studio.admin = studio.server.as_person(studio.admin_id);
    sent.all_there(&studio.admin).await;

    // While the service is away nothing is taken, and nothing is lost; afterwards the same file can be sent.
    let preview = studio.admin.make_preview(sent.task, sent.comment).await;
    let upload = format!("/pictures/preview-files/{preview}");
    let before = store.stored();
    let refused = store
        .away_during(studio.admin.upload(&upload, "late.png", &picture()).send())
        .await
        .expect("an answer");
    assert_eq!(refused.status(), 500);
    assert_eq!(store.stored(), before);
    let record = studio
        .admin
        .get(&format!("/data/preview-files/{preview}"))
        .await
        .expect(200);
    assert_eq!(
        (&record["status"], &record["original_name"]),
        (&json!("processing"), &json!(null))
    );
    studio
        .admin
        .send_file(&upload, "late.png", &picture())
        .await
        .expect(201);
    studio
        .admin
        .delete(&format!("/data/preview-files/{preview}"))
        .await
        .expect(204);
    settles(|| store.stored(), &before).await;

    sent.remove(&studio.admin, "").await;
    settles(|| store.stored(), &[object(&("pictures", "thumbnails", sent.person))]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_store_that_refuses_is_told_at_the_start() {
    let store = ObjectStore::open().await;
    let mut flags = store.flags();
    for flag in &mut flags {
        if flag.starts_with("a secret") {
            flag.push_str(" that is wrong");
        }
    }
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let studio = Installation::new(On::Sqlite, &flags).await;
    let refused = studio.refused().await;
    assert!(
        !refused.success && refused.complained.contains("bucket `studio-pictures`"),
        "{refused:?}"
    );

    // Buckets that are missing may come later, so the server runs, and says why files are out of reach.
    let flags = store.flags();
    let flags: Vec<&str> = flags
        .iter()
        .map(String::as_str)
        .filter(|flag| !["--fs-s3-create-bucket", "true"].contains(flag))
        .collect();
    let studio = Installation::new(On::Sqlite, &flags).await;
    let server = studio.serve().await;
    studio
        .logged(|line| line["fields"]["message"] == "stored files can't be reached")
        .await;
    let told = server.nobody().get("/status").await.expect(200);
    assert_eq!(told["parts"]["storage"], json!({"kind": "s3", "up": false}));
    server.kill().await;

    let studio = Installation::new(On::Sqlite, &["--fs-backend", "tape"]).await;
    let refused = studio.refused().await;
    assert!(
        !refused.success
            && refused
                .complained
                .contains("FS_BACKEND is tape; known are local and s3"),
        "{refused:?}"
    );
}

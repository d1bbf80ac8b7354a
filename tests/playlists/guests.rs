//! Files and cookies of guests, to whom a playlist is open by a link.

use dailies::database::Sql;
use harness::{Answer, Client, On, Studio, id, picture};
use reqwest::Method;
use reqwest::header::HeaderMap;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Material, shared_address};

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
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gives_the_password_once(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let material = Material::of(&studio, 2).await;
    material.store_pictures(&studio).await;
    let playlist = material.playlist(&studio, "Monday").await;
    let share = async || {
        let path = format!("/data/playlists/{playlist}/share");
        studio
            .admin
            .post(&path, json!({"password": "sesame"}))
            .await
            .expect(201)
    };
    let (link, other) = (share().await, share().await);
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

/// A guest in a browser that keeps its cookies.
struct Guest {
    browser: Client,
    cookies: String,
    id: Uuid,
    /// Address of the playlist.
    address: String,
}

impl Guest {
    /// Somebody who follows a link and says who they are, twice: they stay the same guest.
    async fn enter(studio: &Studio, address: String) -> Self {
        let browser = studio.server.nobody();
        let enter = || {
            let request = browser.request(Method::POST, &format!("{address}/guest"));
            request.json(&json!({"first_name": "Jane"}))
        };
        let response = enter().send().await.expect("an answer");
        let cookies = cookies(response.headers());
        let guest: Value = response.json().await.expect("a guest");
        let again = enter().header("cookie", &cookies).send().await.expect("an answer");
        assert_eq!(
            (again.status().as_u16(), id(&again.json().await.expect("a guest"))),
            (200, id(&guest))
        );
        Self {
            browser,
            cookies,
            id: id(&guest),
            address,
        }
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = self.browser.request(method.clone(), path);
        let request = request.header("cookie", &self.cookies).json(body);
        self.browser.finish(method, path, request).await
    }

    /// Attaches a file to a comment, and gives the record of the file.
    async fn attach(&self, comment: Uuid, name: &str, content: &[u8]) -> Value {
        let path = format!("{}/comments/{comment}/attachments?guest_id={}", self.address, self.id);
        let form = self
            .browser
            .upload(&path, name, content)
            .header("cookie", &self.cookies);
        let answer = self.browser.finish(Method::POST, &path, form).await.expect(201);
        let files = answer["attachment_files"].as_array().expect("files");
        let new = files.iter().find(|file| file["name"] == name);
        new.expect("the new file").clone()
    }

    /// Address of an attached file.
    fn file(&self, record: &Value) -> String {
        format!("{}/attachment-files/{}/file/x", self.address, id(record))
    }
}

/// Asserts that without the cookies of a guest no file is attached to their comment.
async fn the_id_alone_proves_nothing(guest: &Guest, comment: Uuid) {
    let path = format!("{}/comments/{comment}/attachments", guest.address);
    for path in [format!("{path}?guest_id={}", guest.id), path] {
        let sent = guest.browser.upload(&path, "a.png", b"x").send().await;
        assert_eq!(sent.expect("an answer").status(), 403, "{path}");
    }
}

/// Asserts that what the team attaches to its own talk is not shown by the link.
async fn talk_of_the_team_stays_there(studio: &Studio, guest: &Guest, task: Uuid, status: Uuid) {
    let internal = studio.admin.make_comment(task, status, "Between us").await;
    let path = format!("/actions/tasks/{task}/comments/{internal}/add-attachment");
    let secret = studio.admin.send_file(&path, "c.txt", b"secret").await.expect(201);
    let hidden = format!("{}/attachment-files/{}/file/c.txt", guest.address, id(&secret[0]));
    assert_eq!(guest.browser.get(&hidden).await.status, 404);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn guests_attach_files_to_what_they_wrote(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let material = Material::of(&studio, 1).await;
    let playlist = material.playlist(&studio, "Monday").await;
    let guest = Guest::enter(&studio, shared_address(&studio, playlist).await).await;
    let (task, todo) = (material.tasks[0], studio.named("task-status", "Todo").await);
    let comments = format!("{}/comments", guest.address);
    let body = json!({"guest_id": guest.id, "task_id": task, "task_status_id": todo, "text": "See"});
    let comment = id(&guest.send(Method::POST, &comments, &body).await.expect(201));
    the_id_alone_proves_nothing(&guest, comment).await;

    let shown = guest.attach(comment, "a.png", &picture()).await;
    let saved = guest.attach(comment, "b.svg", b"<svg/>").await;
    for (file, how, kind) in [
        (&shown, "inline", "image/png"),
        (&saved, "attachment", "application/octet-stream"),
    ] {
        let answer = guest.browser.get(&guest.file(file)).await;
        let disposition = answer.header("content-disposition");
        assert!(disposition.is_some_and(|value| value.starts_with(how)), "{answer:?}");
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)));
    }
    let delete = format!("{comments}/{comment}/attachments/{}", id(&shown));
    let body = json!({"guest_id": guest.id});
    guest.send(Method::DELETE, &delete, &body).await.expect(204);
    assert_eq!(
        guest.browser.get(&guest.file(&shown)).await.expect(404),
        json!({"error": "Attachment not found"})
    );
    talk_of_the_team_stays_there(&studio, &guest, task, todo).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn guests_write_so_much_and_no_more(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let material = Material::of(&studio, 1).await;
    let playlist = material.playlist(&studio, "Monday").await;
    let address = shared_address(&studio, playlist).await;
    let nobody = studio.server.nobody();
    let guest = nobody
        .post(&format!("{address}/guest"), json!({"first_name": "Jane"}))
        .await
        .expect(201);
    let secret = guest["guest_secret"].as_str().expect("a secret");
    let todo = studio.named("task-status", "Todo").await;
    let send = async |method: Method, path: &str, body: &Value| {
        let request = nobody
            .request(method.clone(), path)
            .header("x-guest-secret", secret)
            .json(body);
        nobody.finish(method, path, request).await
    };

    // Comments, and files on the last of them.
    let comments = format!("{address}/comments");
    let body = json!({"guest_id": guest["id"], "task_id": material.tasks[0], "task_status_id": todo, "text": "See"});
    let mut last = Value::Null;
    for _ in 0..60 {
        last = send(Method::POST, &comments, &body).await.expect(201);
    }
    assert_eq!(send(Method::POST, &comments, &body).await.status, 429);
    let path = format!("{comments}/{}/attachments?guest_id={}", id(&last), id(&guest));
    let mut statuses = Vec::new();
    for _ in 0..21 {
        let form = nobody.upload(&path, "a.txt", b"x").header("x-guest-secret", secret);
        statuses.push(nobody.finish(Method::POST, &path, form).await.status);
    }
    assert_eq!((statuses.pop(), statuses), (Some(429), vec![201; 20]));

    // Drawings, of which each part is within the limit of a body.
    let path = format!("{address}/annotations");
    let drawn = |name: &str| {
        let object = json!({"id": name, "type": "path", "path": "x".repeat(7_000_000)});
        let additions = json!([{"time": 0, "drawing": {"objects": [object]}}]);
        json!({"guest_id": guest["id"], "preview_file_id": material.previews[0], "additions": additions})
    };
    for name in ["a", "b"] {
        send(Method::PUT, &path, &drawn(name)).await.expect(200);
    }
    let refused = send(Method::PUT, &path, &drawn("c")).await.expect(400);
    assert!(
        refused["message"]
            .as_str()
            .is_some_and(|text| text.contains("16000000 bytes")),
        "{refused}"
    );
}

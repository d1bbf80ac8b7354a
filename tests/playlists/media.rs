//! Movies and pictures that guests see by a link: those of the revisions that the playlist shows, and no others.

use harness::{Client, On, Studio, id, movie, picture};
use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

use crate::processing::preview;

/// Sends a file for a preview.
async fn send(admin: &Client, preview: Uuid, name: &str, content: &[u8]) {
    let path = format!("/pictures/preview-files/{preview}");
    let record = admin.send_file(&path, name, content).await.expect(201);
    assert_eq!(record["status"], "ready", "{name}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn guests_see_what_the_playlist_shows_and_no_more(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let admin = &studio.admin;
    let shown = preview(&studio).await;
    send(admin, shown, "shot.mp4", &movie()).await;
    let record = admin.get(&format!("/data/preview-files/{shown}")).await.expect(200);
    let task: Uuid = record["task_id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .expect("a task");
    let comments = admin.get(&format!("/data/tasks/{task}/comments")).await.expect(200);
    let path = format!(
        "/actions/tasks/{task}/comments/{}/preview-files/{shown}",
        id(&comments[0])
    );
    let beside = id(&admin.send(Method::POST, &path, None).await.expect(201));
    send(admin, beside, "look.png", &picture()).await;
    let todo = studio.named("task-status", "Todo").await;
    let comment = admin.make_comment(task, todo, "").await;
    let later = admin.make_preview(task, comment).await;
    send(admin, later, "later.png", &picture()).await;
    let entity = admin.get(&format!("/data/tasks/{task}")).await.expect(200)["entity_id"].clone();
    let playlist = json!({"name": "Monday", "project_id": studio.project_id,
        "shots": [{"entity_id": entity, "preview_file_id": shown}]});
    let playlist = id(&admin.post("/data/playlists", playlist).await.expect(201));
    let path = format!("/data/playlists/{playlist}/share");
    let link = admin.post(&path, json!({})).await.expect(201)["token"].clone();
    let shared = format!("/shared/playlists/{}", link.as_str().expect("a token"));
    let guest = studio.server.nobody();

    // Places below the link, with those where the team finds the same.
    let of_movie = [
        (
            "movies/originals/preview-files/ID.mp4",
            "movies/originals/preview-files/ID.mp4",
        ),
        ("movies/tiles/preview-files/ID.png", "movies/tiles/preview-files/ID.png"),
        (
            "pictures/thumbnails/preview-files/ID.png",
            "pictures/thumbnails/preview-files/ID.png",
        ),
        (
            "pictures/originals/preview-files/ID.png",
            "pictures/originals/preview-files/ID.png",
        ),
        ("preview-files/ID/download", "movies/originals/preview-files/ID.mp4"),
    ];
    let of_picture = [of_movie[2], of_movie[3], ("preview-files/ID/download", of_movie[3].1)];
    let named = |place: &str, preview: Uuid| place.replace("ID", &preview.to_string());
    for (preview, places) in [(shown, &of_movie[..]), (beside, &of_picture[..])] {
        for (place, same) in places {
            let (place, same) = (named(place, preview), named(same, preview));
            let seen = guest.get(&format!("{shared}/{place}")).await;
            let team = admin.get(&format!("/{same}")).await;
            assert!(
                (seen.status, team.status) == (200, 200) && seen.bytes == team.bytes,
                "{place} answers {} and {}",
                seen.status,
                team.status
            );
            let disposition = seen.header("content-disposition").unwrap_or_default();
            assert_eq!(
                disposition.starts_with("attachment"),
                place.ends_with("download"),
                "{place}"
            );
        }
        let record = guest
            .get(&format!("{shared}/preview-files/{preview}"))
            .await
            .expect(200);
        assert_eq!((&record["id"], &record["revision"]), (&json!(preview), &json!(1)));
    }
    for (place, _) in of_movie.iter().chain([&("preview-files/ID", "")]) {
        let path = format!("{shared}/{}", named(place, later));
        assert_eq!(guest.get(&path).await.status, 403, "{place} of a later revision");
        let path = format!("/shared/playlists/another/{}", named(place, shown));
        assert_eq!(guest.get(&path).await.status, 404, "{place} by another link");
    }
    let missing = format!("{shared}/movies/originals/preview-files/{beside}.mp4");
    assert_eq!(guest.get(&missing).await.status, 404, "a picture is no movie");
    let wrong = format!("{shared}/pictures/originals/preview-files/{shown}.exe");
    assert_eq!(guest.get(&wrong).await.message(400), "Extension not allowed: exe");
}

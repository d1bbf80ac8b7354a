//! Frames of movies: single ones, all in one picture, those that were drawn on, and the one that stands for the shot.

use std::time::Duration;

use dailies::storage::{Bucket, FileKey};
use rstest::rstest;
use serde_json::json;

use super::{Review, decoded, names, rectangle};
use harness::{On, movie, wait_until};

/// Asks for single frames of a movie.
async fn frames_are_given(review: &Review, preview: &str) {
    let admin = &review.studio.admin;
    let first = decoded(&review.bytes(&format!("{preview}/extract-frame")).await);
    assert_eq!(first.dimensions(), (1920, 1080));
    assert_eq!(
        decoded(&review.bytes(&format!("{preview}/extract-frame?frame_number=1")).await),
        first
    );
    assert_ne!(
        decoded(&review.bytes(&format!("{preview}/extract-frame?frame_number=20")).await),
        first
    );
    let elsewhere = preview.replace("/actions", "/pictures");
    assert_eq!(
        decoded(&review.bytes(&format!("{elsewhere}/extract-frame/1")).await),
        first
    );
    assert_eq!(admin.get(&format!("{elsewhere}/extract-frame/first")).await.status, 404);
    assert_eq!(
        admin
            .get(&format!("{preview}/extract-frame?frame_number=2000"))
            .await
            .status,
        400
    );
    assert_eq!(
        admin
            .get(&format!("{preview}/extract-frame?frame_number=first"))
            .await
            .message(400),
        "Wrong value for parameter frame_number."
    );
}

/// Asks for all frames in one picture. A movie of an older server may lack it: then it is made once somebody asks.
async fn tiles_are_given_and_made_again(review: &Review, preview: &str) {
    let admin = &review.studio.admin;
    // 25 frames in rows of eight.
    let tile = review.bytes(&format!("{preview}/extract-tile")).await;
    assert_eq!(decoded(&tile).dimensions(), (8 * 178, 4 * 100));
    assert_eq!(
        review
            .bytes(&format!("{}.png", preview.replace("/actions", "/movies/tiles")))
            .await
            .len(),
        tile.len()
    );
    let number = preview.rsplit('/').next().expect("an id").parse().expect("an id");
    let key = FileKey::new(Bucket::Pictures, "tiles", number);
    let storage = &review.studio.server.app.storage;
    storage.delete(&key).await.expect("the storage");
    let tiles = format!("{}.png", preview.replace("/actions", "/movies/tiles"));
    assert_eq!(admin.get(&tiles).await.status, 404);
    let are_there = async || storage.exists(&key).await.expect("the storage");
    wait_until(Duration::from_secs(60), "tiles come", are_there).await;
    assert_eq!(review.bytes(&tiles).await.len(), tile.len());
}

/// Lets another frame stand for the shot. That is told, though the preview stays the same.
async fn another_frame_stands_for_the_shot(review: &Review, preview: &str) {
    let admin = &review.studio.admin;
    let set_main = format!("{preview}/set-main-preview");
    let picture = format!("{}.png", preview.replace("/actions", "/pictures/thumbnails"));
    let mut seen = Vec::new();
    for (body, told) in [
        (json!({}), 1),
        (json!({}), 1),
        (json!({"frame_number": 20}), 2),
        (json!({"frame_number": 1}), 3),
    ] {
        admin.put(&set_main, body).await.expect(200);
        for name in ["preview-file:set-main", "shot:update"] {
            let events = admin.get(&format!("/data/events/last?name={name}")).await.expect(200);
            assert_eq!(events.as_array().map(Vec::len), Some(told), "{name}");
        }
        seen.push(review.bytes(&picture).await);
    }
    assert!(seen[0] == seen[1] && seen[1] != seen[2] && seen[2] != seen[3]);
}

/// Asks for frames with what two persons drew on them.
async fn drawn_frames_are_given(review: &Review, preview: &str) {
    let admin = &review.studio.admin;
    review.draw(preview, 0.4, json!([rectangle()])).await;
    assert_eq!(
        admin
            .get(&format!("{preview}/extract-annotated-frame"))
            .await
            .message(400),
        "frame_number is required for movie previews"
    );
    let answer = admin
        .get(&format!("{preview}/extract-annotated-frame?frame_number=0"))
        .await;
    assert_eq!(
        (answer.status, &answer.json["data"]["errors"][0]["field"]),
        (400, &json!("frame_number"))
    );
    assert_eq!(
        admin
            .get(&format!("{preview}/extract-annotated-frame?frame_number=9"))
            .await
            .message(400),
        "No annotation found for frame 9"
    );
    let drawn = decoded(
        &review
            .bytes(&format!("{preview}/extract-annotated-frame?frame_number=11"))
            .await,
    );
    assert_eq!(
        (drawn.dimensions(), drawn.get_pixel(480, 540).0),
        ((1920, 1080), [255, 0, 0])
    );
    // Somebody else's player stopped a little later, on the same frame.
    let mut green = rectangle();
    (green["left"], green["fill"]) = (json!(400), json!("#00ff00"));
    review.draw(preview, 0.41, json!([green])).await;
    let drawn = decoded(
        &review
            .bytes(&format!("{preview}/extract-annotated-frame?frame_number=11"))
            .await,
    );
    assert_eq!(
        (drawn.get_pixel(480, 540).0, drawn.get_pixel(1440, 540).0),
        ([255, 0, 0], [0, 255, 0])
    );
}

/// Names the files of an archive after the task, or after the original file where the studio wants that.
async fn archives_name_their_files(review: &Review, preview: &str) {
    let admin = &review.studio.admin;
    let archive = review.bytes(&format!("{preview}/extract-annotated-frames")).await;
    assert_eq!(names(&archive), ["wool_sq01_sh010_animation_v1_frame_11.png"]);
    let organisation = admin.get("/data/organisations").await.expect(200)[0]["id"].clone();
    admin
        .put(
            &format!("/data/organisations/{}", organisation.as_str().expect("an id")),
            json!({"use_original_file_name": true}),
        )
        .await
        .expect(200);
    let record = preview.replace("/actions", "/data");
    admin
        .put(&record, json!({"original_name": "../wool: 01"}))
        .await
        .expect(200);
    let archive = review.bytes(&format!("{preview}/extract-annotated-frames")).await;
    assert_eq!(names(&archive), [".._wool_ 01_frame_11.png"]);
}

/// Makes the shot as long as its movie.
async fn the_shot_gets_its_length(review: &Review) {
    let admin = &review.studio.admin;
    let path = format!(
        "/actions/projects/{}/task-types/{}/set-shot-nb-frames",
        review.studio.project_id,
        review.studio.named("task-types", "Animation").await
    );
    let lengths = admin.post(&path, json!({})).await.expect(200);
    assert_eq!(lengths[0]["nb_frames"], 25);
    let shot = admin
        .get(&format!("/data/shots/{}", lengths[0]["id"].as_str().expect("an id")))
        .await
        .expect(200);
    assert_eq!(shot["nb_frames"], 25);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn movies_are_given_frame_by_frame(#[values(On::Sqlite, On::Postgres)] on: On) {
    let review = Review::open(on).await;
    let preview = review.preview("sheep.mp4", &movie()).await;
    frames_are_given(&review, &preview).await;
    tiles_are_given_and_made_again(&review, &preview).await;
    another_frame_stands_for_the_shot(&review, &preview).await;
    drawn_frames_are_given(&review, &preview).await;
    archives_name_their_files(&review, &preview).await;
    the_shot_gets_its_length(&review).await;
}

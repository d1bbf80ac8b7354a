//! Files that are attached to comments: how they are listed for copies, and the pictures among them.

use dailies_definitions::access::Role;
use harness::{On, Studio, id, picture};
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_task_are_listed_and_its_pictures_are_shown_small(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let (admin, manager) = (&studio.admin, studio.member(Role::Manager));
    let task_type = studio.named("task-types", "Modeling").await;
    let todo = studio.named("task-status", "Todo").await;
    let asset = admin.make_asset(studio.project_id, "Sheep").await;
    let task = admin.make_task_on(asset, task_type, todo).await;
    let comment = manager.make_comment(task, todo, "Look").await;
    let path = format!("/actions/tasks/{task}/comments/{comment}/add-attachment");
    let mut files = Vec::new();
    for (name, content) in [("Sheep.PNG", picture()), ("notes.txt", b"About sheep.".to_vec())] {
        let added = manager.send_file(&path, name, &content).await.expect(201);
        assert_eq!(added[0]["size"], json!(content.len()), "{name}");
        files.push(id(&added[0]));
    }

    let listing = format!("/data/tasks/{task}/attachment-files");
    let listed = admin.get(&listing).await.expect(200);
    let mut listed: Vec<&Value> = listed.as_array().expect("files").iter().collect();
    listed.sort_by_key(|file| file["name"].as_str());
    let names: Vec<&Value> = listed.iter().map(|file| &file["name"]).collect();
    assert_eq!(names, ["Sheep.PNG", "notes.txt"]);
    for (file, expected) in listed.into_iter().zip(&files) {
        assert_eq!(
            (&file["id"], &file["comment_id"], &file["type"]),
            (&json!(expected), &json!(comment), &json!("AttachmentFile"))
        );
        assert_eq!(
            (&file["comment"]["object_id"], &file["comment"]["text"]),
            (&json!(task), &json!("Look"))
        );
    }
    assert_eq!(manager.get(&listing).await.status, 403);
    let unknown = format!("/data/tasks/{asset}/attachment-files");
    assert_eq!(admin.get(&unknown).await.expect(200), json!([]));

    let small = |at: usize| format!("/pictures/thumbnails/attachment-files/{}.png", files[at]);
    let shown = studio.member(Role::Artist).get(&small(0)).await;
    assert_eq!(shown.status, 200);
    let shown = image::load_from_memory(&shown.bytes).expect("a picture");
    assert_eq!((shown.width(), shown.height()), (150, 150));
    assert_eq!(admin.get(&small(1)).await.status, 404, "a text is no picture");
    for other in [
        studio.member(Role::Client),
        studio.member(Role::Vendor),
        studio.stranger(Role::Manager),
    ] {
        assert_eq!(
            other.get(&small(0)).await.status,
            403,
            "whoever does not read the comment"
        );
    }
    let path = format!("/data/tasks/{task}/comments/{comment}/attachments/{}", files[0]);
    manager.delete(&path).await.expect(204);
    assert_eq!(admin.get(&small(0)).await.status, 404);
    let left = admin.get(&listing).await.expect(200);
    assert_eq!(left.as_array().map(Vec::len), Some(1));
}

//! Previews of a last revision that an automation carries over to another task: each copy has the files and the facts of the
//! preview that it comes from.

use std::time::Duration;

use dailies::database::{Sql, now};
use harness::rows::execute;
use harness::{On, Studio, TestServer, id, movie, picture, wait_until};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::file_pictures::photoshop;
use crate::processing::processed;

/// Sizes of the pictures of a preview.
const SIZES: [&str; 4] = ["originals", "previews", "thumbnails", "thumbnails-square"];

/// Tells the production that the shading of an asset begins with the last revision of its model, once that is done.
async fn automate(studio: &Studio) {
    let rule = json!({
        "entity_type": "asset",
        "in_task_type_id": studio.named("task-types", "Modeling").await,
        "in_task_status_id": studio.named("task-status", "Done").await,
        "out_field_type": "status",
        "out_task_type_id": studio.named("task-types", "Shading").await,
        "out_task_status_id": studio.named("task-status", "Todo").await,
        "import_last_revision": true,
    });
    let rule = id(&studio.admin.post("/data/status-automations", rule).await.expect(201));
    let production = format!("/data/projects/{}", studio.project_id);
    studio
        .admin
        .post(
            &format!("{production}/settings/status-automations"),
            json!({"status_automation_id": rule}),
        )
        .await
        .expect(201);
    studio
        .admin
        .put(&production, json!({"is_set_preview_automated": true}))
        .await
        .expect(200);
}

/// An asset whose model is followed by its shading.
struct ShadedAsset {
    asset: Uuid,
    model: Uuid,
    shading: Uuid,
}

impl ShadedAsset {
    async fn of(studio: &Studio) -> Self {
        let admin = &studio.admin;
        let todo = studio.named("task-status", "Todo").await;
        let asset = admin.make_asset(studio.project_id, &Uuid::new_v4().to_string()).await;
        let task = async |kind: &str| {
            let task_type = studio.named("task-types", kind).await;
            admin.make_task_on(asset, task_type, todo).await
        };
        Self {
            asset,
            model: task("Modeling").await,
            shading: task("Shading").await,
        }
    }

    async fn comment(&self, studio: &Studio, status: &str) -> Uuid {
        let status = studio.named("task-status", status).await;
        studio.admin.make_comment(self.model, status, "").await
    }

    /// A new revision of the model, with a preview for each file.
    async fn show(&self, studio: &Studio, files: &[(&str, Vec<u8>)]) -> Vec<Uuid> {
        let comment = self.comment(studio, "Todo").await;
        let mut shown = Vec::new();
        for (name, content) in files {
            let preview = studio.admin.make_preview(self.model, comment).await;
            studio
                .admin
                .send_file(&format!("/pictures/preview-files/{preview}"), name, content)
                .await
                .expect(201);
            shown.push(preview);
        }
        shown
    }

    /// Calls the model done, and gives the previews that came to the shading, in their order.
    async fn finish(&self, studio: &Studio) -> Vec<Uuid> {
        self.comment(studio, "Done").await;
        let path = format!("/data/tasks/{}/comments", self.shading);
        let comments = studio.admin.get(&path).await.expect(200);
        assert_eq!(comments[0]["text"], "Change triggered by Modeling set to Done");
        let mut previews: Vec<&Value> = comments[0]["previews"].as_array().expect("previews").iter().collect();
        previews.sort_by_key(|preview| preview["position"].as_i64());
        previews.into_iter().map(id).collect()
    }

    /// Asserts that a copy is what the other one is, and shows what it shows.
    async fn is_carried(&self, studio: &Studio, from: Uuid, copy: Uuid) {
        let admin = &studio.admin;
        let record = async |preview: Uuid| admin.get(&format!("/data/preview-files/{preview}")).await.expect(200);
        let (given, made) = (record(from).await, record(copy).await);
        let extension = given["extension"].as_str().expect("an extension");
        for key in [
            "extension",
            "original_name",
            "status",
            "width",
            "height",
            "duration",
            "file_size",
            "data",
            "position",
        ] {
            assert_eq!(made[key], given[key], "{key} of {extension}");
        }
        assert_eq!(
            (&made["task_id"], &made["revision"]),
            (&json!(self.shading), &json!(1)),
            "{extension}"
        );
        let mut places: Vec<String> = SIZES
            .map(|size| format!("/pictures/{size}/preview-files/PREVIEW.png"))
            .into();
        places.push("/pictures/originals/preview-files/PREVIEW/download".to_owned());
        if extension == "mp4" {
            places.extend(["originals", "low"].map(|place| format!("/movies/{place}/preview-files/PREVIEW.mp4")));
            places.push("/movies/tiles/preview-files/PREVIEW.png".to_owned());
        }
        for place in places {
            let of = async |preview: Uuid| admin.get(&place.replace("PREVIEW", &preview.to_string())).await;
            let (given, made) = (of(from).await, of(copy).await);
            assert!(
                (given.status, made.status) == (200, 200) && given.bytes == made.bytes,
                "{place} of {extension} answers {} and {}",
                given.status,
                made.status
            );
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_last_revision_comes_along_with_all_of_its_files(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    automate(&studio).await;
    let shaded = ShadedAsset::of(&studio).await;
    shaded.show(&studio, &[("old.png", picture())]).await;
    let files = [
        ("sheep.png", picture()),
        ("sheep.mp4", movie()),
        ("sheep.psd", photoshop([200, 100, 50])),
    ];
    let shown = shaded.show(&studio, &files).await;
    let copies = shaded.finish(&studio).await;
    assert_eq!(copies.len(), shown.len(), "the revision before stays where it is");
    for (from, copy) in shown.iter().zip(&copies) {
        shaded.is_carried(&studio, *from, *copy).await;
    }
    let read = async |path: String| studio.admin.get(&path).await.expect(200);
    let shading = read(format!("/data/tasks/{}", shaded.shading)).await;
    assert_eq!(shading["last_preview_file_id"], json!(copies[0]));
    let asset = read(format!("/data/assets/{}", shaded.asset)).await;
    assert_eq!(asset["preview_file_id"], json!(copies[0]), "the asset is shown by it");
    let told = read("/data/events/last?name=preview-file:add-file&limit=3".to_owned()).await;
    let told = told.as_array().expect("events").iter().rev();
    let told: Vec<&Value> = told.map(|event| &event["data"]["preview_file_id"]).collect();
    assert_eq!(json!(told), json!(copies));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ready_yet_comes_along_later(#[values(On::Sqlite, On::Postgres)] on: On) {
    let mut studio = Studio::open_with(on, &["--enable-job-queue", "true"]).await;
    automate(&studio).await;
    // Nothing is made of the files before the previews are carried over.
    studio.server.stop_workers().await;
    let (one, other) = (ShadedAsset::of(&studio).await, ShadedAsset::of(&studio).await);
    let pictures = one.show(&studio, &[("sheep.png", picture())]).await;
    let carried_pictures = one.finish(&studio).await;
    let files = other.show(&studio, &[("sheep.psd", photoshop([200, 100, 50]))]).await;
    let carried_files = other.finish(&studio).await;
    let waiting = studio
        .admin
        .get(&format!("/data/preview-files/{}", carried_pictures[0]))
        .await
        .expect(200);
    assert_eq!(
        (&waiting["status"], &waiting["original_name"]),
        (&json!("processing"), &Value::Null)
    );
    // The request that could not do it yet leaves it to whoever looks next, once its lease is over.
    let over = Sql::with(
        "UPDATE dailies_job SET locked_until = $1 WHERE kind = 'carried-previews'",
        [now().into()],
    );
    assert_eq!(execute(&studio.server.app.database, &over).await.expect("the queue"), 1);
    studio.server = TestServer::start_at(studio.server.kill()).await;
    studio.admin = studio.server.as_person(studio.admin_id);
    assert_eq!(processed(&studio.admin, carried_pictures[0]).await["status"], "ready");
    one.is_carried(&studio, pictures[0], carried_pictures[0]).await;
    for preview in [files[0], carried_files[0]] {
        shown(&studio, preview).await;
    }
    other.is_carried(&studio, files[0], carried_files[0]).await;
}

/// Waits until there is a picture of a file.
async fn shown(studio: &Studio, preview: Uuid) {
    let path = format!("/pictures/thumbnails-square/preview-files/{preview}.png");
    let is_shown = async || studio.admin.get(&path).await.status == 200;
    wait_until(Duration::from_secs(30), &format!("{preview} has a picture"), is_shown).await;
}

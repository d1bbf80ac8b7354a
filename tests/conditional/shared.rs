//! A playlist with an asset that another production shares: whatever changes there, nobody gets an answer of before.

use dailies_definitions::access::Role;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answered, ask};
use harness::{Client, On, Studio, id, picture};

/// Those who look at the playlist, clients last.
const VIEWERS: [Role; 4] = [Role::Manager, Role::Supervisor, Role::Artist, Role::Client];

/// A playlist with an asset of another production.
struct Review {
    studio: Studio,
    /// The other production, in whose team nobody is.
    silk: Uuid,
    worm: Uuid,
    task: Uuid,
    task_type: Uuid,
    /// First preview of the asset, which stands for it.
    preview: Uuid,
    playlist: Uuid,
}

impl Review {
    async fn open(on: On) -> Self {
        let studio = Studio::open(on).await;
        let admin = &studio.admin;
        let asset_type = studio.named("entity-types", "Character").await;
        let task_type = studio.named("task-types", "Modeling").await;
        let todo = studio.named("task-status", "Todo").await;
        let silk = json!({"name": "Silk", "production_type": "short"});
        let silk = id(&admin.post("/data/projects", silk).await.expect(201));
        let path = format!("/data/projects/{silk}/asset-types/{asset_type}/assets/new");
        let worm = id(&admin
            .post(&path, json!({"name": "Worm", "is_shared": true}))
            .await
            .expect(201));
        let task = admin.make_task_on(worm, task_type, todo).await;
        let comment = admin.make_comment(task, todo, "").await;
        let preview = admin.make_preview(task, comment).await;
        let path = format!("/pictures/preview-files/{preview}");
        admin.send_file(&path, "worm.png", &picture()).await.expect(201);
        let path = format!("/actions/preview-files/{preview}/set-main-preview");
        admin.put(&path, json!({})).await.expect(200);
        let manager = studio.member(Role::Manager);
        let playlist = json!({"name": "Monday", "project_id": studio.project_id, "for_client": true});
        let playlist = id(&manager.post("/data/playlists", playlist).await.expect(201));
        let path = format!("/actions/playlists/{playlist}/add-entity");
        let added = manager.post(&path, json!({"entity_id": worm})).await.expect(200);
        assert_eq!(added["shots"], json!([{"entity_id": worm, "preview_file_id": preview}]));
        Self {
            studio,
            silk,
            worm,
            task,
            task_type,
            preview,
            playlist,
        }
    }

    fn address(&self) -> String {
        format!("/data/projects/{}/playlists/{}", self.studio.project_id, self.playlist)
    }

    /// Asks for the playlist as each of the viewers, who have these answers. Whoever asks again is told that nothing changed.
    async fn look(&self, known: &[Answered]) -> Vec<Answered> {
        let address = self.address();
        let mut seen = Vec::new();
        for (at, role) in VIEWERS.into_iter().enumerate() {
            let client = self.studio.member(role);
            let before = known.get(at).and_then(|known| known.tag.as_deref());
            let answer = ask(&client, &address, before).await;
            assert_eq!(answer.status, 200, "{role:?}");
            assert_eq!(
                ask(&client, &address, answer.tag.as_deref()).await.status,
                304,
                "{role:?}"
            );
            assert_eq!(ask(&client, &address, None).await, answer, "{role:?}");
            seen.push(answer);
        }
        seen
    }

    /// The entry that a guest sees by the link.
    async fn guest(&self, link: &str) -> Value {
        let nobody = self.studio.server.nobody();
        nobody.get(&format!("/shared/playlists/{link}")).await.expect(200)["shots"][0].clone()
    }

    /// Statuses of the request for the picture of the preview, by the viewers and at last by a vendor.
    async fn pictures(&self) -> Vec<u16> {
        let path = format!("/pictures/thumbnails/preview-files/{}.png", self.preview);
        let mut found = Vec::new();
        for role in VIEWERS.into_iter().chain([Role::Vendor]) {
            found.push(self.studio.member(role).get(&path).await.status);
        }
        found
    }

    /// Ids of the previews that an answer lists, from the latest revision on.
    fn listed(&self, answer: &Answered) -> Vec<Value> {
        let tree = entry(answer)["preview_files"][self.task_type.to_string()].clone();
        let revisions = tree.as_array().cloned().unwrap_or_default();
        revisions.iter().map(|revision| revision["id"].clone()).collect()
    }
}

/// The only entry of a playlist.
fn entry(answer: &Answered) -> Value {
    let playlist: Value = serde_json::from_slice(&answer.bytes).expect("JSON");
    playlist["shots"][0].clone()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_changes_in_the_production_of_a_shared_asset_is_seen(#[values(On::Sqlite, On::Postgres)] on: On) {
    let review = Review::open(on).await;
    let (admin, preview) = (&review.studio.admin, review.preview);
    let path = format!("/data/playlists/{}/share", review.playlist);
    let link = admin.post(&path, json!({})).await.expect(201)["token"].clone();
    let link = link.as_str().expect("a token");
    let manager = review.studio.member(Role::Manager);
    let list = format!("/data/projects/{}/playlists", review.studio.project_id);
    let listed = ask(&manager, &list, None).await;
    for stranger in [
        review.studio.member(Role::Vendor),
        review.studio.stranger(Role::Manager),
    ] {
        assert_eq!(ask(&stranger, &review.address(), None).await.status, 403);
    }

    let mut seen = review.look(&[]).await;
    for answer in &seen {
        assert_eq!(entry(answer)["preview_file_width"], 300);
        assert_eq!(review.listed(answer), [json!(preview)]);
    }
    // The preview itself changes.
    let path = format!("/data/preview-files/{preview}");
    admin.put(&path, json!({"width": 1280})).await.expect(200);
    seen = review.look(&seen).await;
    for answer in &seen {
        assert_eq!(entry(answer)["preview_file_width"], 1280);
    }
    assert_eq!(review.guest(link).await["preview_file_width"], 1280);
    // Later work is for the team of the other production, whoever joins or leaves it.
    let second = json!({"task_id": review.task, "revision": 2, "position": 1, "name": "b", "extension": "png", "status": "ready"});
    let second = id(&admin.post("/data/preview-files", second).await.expect(201));
    for answer in review.look(&[]).await {
        assert_eq!(review.listed(&answer), [json!(preview)]);
    }
    let supervisor = review.studio.member_id(Role::Supervisor);
    let team = format!("/data/projects/{}/team", review.silk);
    for joins in [true, false] {
        if joins {
            admin.post(&team, json!({"person_id": supervisor})).await.expect(201);
        } else {
            admin.delete(&format!("{team}/{supervisor}")).await.expect(204);
        }
        seen = review.look(&[]).await;
        for (role, answer) in VIEWERS.into_iter().zip(&seen) {
            let later = [second].into_iter().filter(|_| joins && role == Role::Supervisor);
            let expected: Vec<Value> = later.chain([preview]).map(|id| json!(id)).collect();
            assert_eq!(review.listed(answer), expected, "{role:?}");
        }
    }
    assert_eq!(
        ask(&manager, &list, None).await.bytes,
        listed.bytes,
        "lists show nothing of it"
    );
    // The one that is shown goes.
    admin.delete(&format!("{path}?force=true")).await.expect(204);
    for answer in review.look(&seen).await {
        assert_eq!(entry(&answer).get("preview_file_id"), None);
    }
    assert_eq!(review.guest(link).await.get("preview_file_id"), None);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_a_shared_asset_are_for_all_while_it_is_shared(#[values(On::Sqlite, On::Postgres)] on: On) {
    let review = Review::open(on).await;
    let share = async |client: &Client, is_shared: bool| {
        let body = json!({"asset_ids": [review.worm], "is_shared": is_shared});
        client.post("/actions/assets/share", body).await.status
    };
    assert_eq!(review.pictures().await, [200, 200, 200, 200, 403]);
    let manager = review.studio.member(Role::Manager);
    assert_eq!(share(&manager, false).await, 403, "it is not theirs");
    assert_eq!(share(&review.studio.admin, false).await, 200);
    assert_eq!(review.pictures().await, [403; 5]);
    let path = format!("/actions/playlists/{}/add-entity", review.playlist);
    manager.post(&path, json!({"entity_id": review.worm})).await.expect(404);
    assert_eq!(share(&review.studio.admin, true).await, 200);
    assert_eq!(review.pictures().await, [200, 200, 200, 200, 403]);
}

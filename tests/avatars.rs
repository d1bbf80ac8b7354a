//! Pictures of persons, productions and the organisation: who gives them, and where they are seen.

use dailies_definitions::access::Role;
use harness::{Client, On, Studio, id, picture};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

/// Somebody or something that has a picture.
struct Owner {
    /// Segment of its addresses.
    collection: &'static str,
    /// Word for one, in the names and payloads of events.
    word: &'static str,
    id: Uuid,
    /// Those who may give the picture, at the address without an extension and at the one with it.
    givers: [Client; 2],
    /// Somebody who may not.
    other: Client,
}

impl Owner {
    async fn all(studio: &Studio) -> [Self; 3] {
        let (artist, manager) = (studio.member(Role::Artist), studio.member(Role::Manager));
        let admin = &studio.admin;
        [
            Self {
                collection: "persons",
                word: "person",
                id: studio.member_id(Role::Artist),
                givers: [artist.clone(), artist.clone()],
                other: manager.clone(),
            },
            Self {
                collection: "projects",
                word: "project",
                id: studio.project_id,
                givers: [manager.clone(), admin.clone()],
                other: artist,
            },
            Self {
                collection: "organisations",
                word: "organisation",
                id: id(&admin.get("/data/organisations").await.expect(200)[0]),
                givers: [admin.clone(), admin.clone()],
                other: manager,
            },
        ]
    }

    fn addresses(&self) -> [String; 2] {
        let path = format!("/pictures/thumbnails/{}/{}", self.collection, self.id);
        [path.clone(), format!("{path}.png")]
    }

    /// True if its record says that it has a picture.
    async fn has_picture(&self, admin: &Client) -> Value {
        let record = admin.get(&format!("/data/{}/{}", self.collection, self.id)).await;
        record.expect(200)["has_avatar"].clone()
    }

    /// Payloads of the events of that name, the latest first.
    async fn told(&self, admin: &Client, what: &str) -> Vec<Value> {
        let path = format!("/data/events/last?name={}:{what}", self.word);
        let events = admin.get(&path).await.expect(200);
        let events = events.as_array().expect("events").iter();
        events.map(|event| event["data"].clone()).collect()
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_given_and_seen_at_both_addresses(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let admin = &studio.admin;
    for owner in Owner::all(&studio).await {
        let collection = owner.collection;
        let addresses = owner.addresses();
        assert_eq!(owner.has_picture(admin).await, false, "{collection}");
        for address in &addresses {
            assert_eq!(admin.get(address).await.status, 404, "{address}");
        }
        for (address, giver) in addresses.iter().zip(&owner.givers) {
            let send = async |client: &Client| client.send_file(address, "me.png", &picture()).await;
            assert_eq!(send(&owner.other).await.status, 403, "{address}");
            assert_eq!(send(&studio.server.nobody()).await.status, 401, "{address}");
            let place = format!("pictures/thumbnails/{collection}/{}.png", owner.id);
            assert_eq!(send(giver).await.expect(201), json!({"thumbnail_path": place}));
            for address in &addresses {
                let shown = owner.givers[0].get(address).await;
                assert_eq!(shown.status, 200, "{address}");
                let shown = image::load_from_memory(&shown.bytes).expect("a picture");
                assert_eq!((shown.width(), shown.height()), (400, 400), "{address}");
            }
        }
        assert_eq!(owner.has_picture(admin).await, true, "{collection}");
        let told = owner.told(admin, "set-thumbnail").await;
        assert_eq!(told.len(), 2, "{collection}");
        for data in told {
            assert_eq!(data[format!("{}_id", owner.word)], json!(owner.id), "{collection}");
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn somebody_takes_the_own_picture_away(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let [artist, ..] = Owner::all(&studio).await;
    let [address, _] = artist.addresses();
    let giver = &artist.givers[0];
    giver.send_file(&address, "me.png", &picture()).await.expect(201);
    let before = artist.told(&studio.admin, "update").await.len();
    let clear = "/actions/user/clear-avatar";
    assert_eq!(studio.server.nobody().delete(clear).await.status, 401);
    artist.other.delete(clear).await.expect(204);
    assert_eq!(giver.get(&address).await.status, 200, "it is not theirs");
    giver.delete(clear).await.expect(204);
    for address in artist.addresses() {
        assert_eq!(giver.get(&address).await.status, 404, "{address}");
    }
    assert_eq!(artist.has_picture(&studio.admin).await, false);
    let told = artist.told(&studio.admin, "update").await;
    assert_eq!(told[0], json!({"person_id": artist.id}));
    assert!(told.len() > before);
}

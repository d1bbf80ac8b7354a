//! A small studio in the database: people of every role, in the team and outside of it, and a production with an asset, a
//! shot, tasks and a comment.

use dailies_definitions::access::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::rows::{insert, insert_many};
use super::{Client, On, TestServer};

/// Studio for tests to work with.
pub struct Studio {
    pub server: TestServer,
    pub admin: Client,
    pub admin_id: Uuid,
    pub project_id: Uuid,
    /// People in the team of the production, by role.
    pub team: Vec<(Role, Uuid)>,
    /// People outside of the team, by role.
    pub strangers: Vec<(Role, Uuid)>,
}

impl Studio {
    /// A studio whose server has the usual flags.
    pub async fn open(on: On) -> Self {
        Self::open_with(on, &[]).await
    }

    /// A studio whose server uses a service by the flags of that, such as a provider, and has more flags besides.
    pub async fn open_using(on: On, service: &[impl AsRef<str>], more: &[&str]) -> Self {
        let service = service.iter().map(|flag| flag.as_ref());
        let flags: Vec<&str> = service.chain(more.iter().copied()).collect();
        Self::open_with(on, &flags).await
    }

    /// A studio whose server has more flags.
    pub async fn open_with(on: On, flags: &[&str]) -> Self {
        let server = TestServer::start_with(on, flags).await;
        let admin_id = person(&server, Role::Admin, "Ada", "Admin").await;
        let admin = server.as_person(admin_id);
        let mut team = Vec::new();
        let mut strangers = Vec::new();
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Admin) {
            team.push((
                role,
                person(&server, role, "Tim", &format!("Team {}", role.code())).await,
            ));
            strangers.push((
                role,
                person(&server, role, "Sue", &format!("Stranger {}", role.code())).await,
            ));
        }
        let project = admin
            .post("/data/projects", json!({"name": "Wool", "production_type": "short"}))
            .await
            .expect(201);
        let project_id = id(&project);
        let links = team
            .iter()
            .map(|(_, person)| vec![("project_id", project_id.into()), ("person_id", (*person).into())]);
        insert_many(
            &server.app.database,
            &entity::project_person_link::TABLE,
            links.collect(),
        )
        .await
        .expect("a team");
        Self {
            server,
            admin,
            admin_id,
            project_id,
            team,
            strangers,
        }
    }

    /// Somebody of the team.
    pub fn member(&self, role: Role) -> Client {
        self.server.as_person(self.member_id(role))
    }

    /// Id of somebody of the team.
    pub fn member_id(&self, role: Role) -> Uuid {
        self.team.iter().find(|(found, _)| *found == role).expect("a member").1
    }

    /// Somebody who is not in the team.
    pub fn stranger(&self, role: Role) -> Client {
        self.server.as_person(self.stranger_id(role))
    }

    /// Id of somebody who is not in the team.
    pub fn stranger_id(&self, role: Role) -> Uuid {
        self.strangers
            .iter()
            .find(|(found, _)| *found == role)
            .expect("a stranger")
            .1
    }

    /// The id of a record by its name, in a collection.
    pub async fn named(&self, collection: &str, name: &str) -> Uuid {
        self.admin.named(collection, name).await
    }
}

/// The `id` of a record.
#[track_caller]
pub fn id(record: &Value) -> Uuid {
    record["id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .unwrap_or_else(|| panic!("{record} has no id"))
}

async fn person(server: &TestServer, role: Role, first: &str, last: &str) -> Uuid {
    let email = format!("{}.{}@example.com", first, last.replace(' ', ".")).to_lowercase();
    let values = vec![
        ("first_name", first.into()),
        ("last_name", last.into()),
        ("email", email.into()),
        ("role", role.code().into()),
        ("timezone", "Europe/Paris".into()),
        ("locale", "en_US".into()),
    ];
    insert(&server.app.database, &entity::person::TABLE, values)
        .await
        .expect("a person")
}

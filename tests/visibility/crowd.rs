//! A crowd: people of every role in the studio and in the team of a production, with tasks, comments and playlists of their own.

use std::collections::BTreeSet;
use std::sync::Arc;

use dailies::access::Reach;
use dailies::database::{self, Sql};
use dailies_definitions::access::{Caller, Identity, Role, Token};
use uuid::Uuid;

use harness::rows::{insert, insert_many};
use harness::{On, Studio};

/// Roles that a team's list may give: none, an empty one, administration, and every other one; and nobody in the team.
pub const IN_TEAM: [Option<&str>; 8] = [
    None,
    Some(""),
    Some("admin"),
    Some("manager"),
    Some("supervisor"),
    Some("user"),
    Some("client"),
    Some("vendor"),
];

/// People of every role in the studio and in the team, each with work of their own.
pub struct Crowd {
    pub studio: Studio,
    pub callers: Vec<Caller>,
    pub tasks: Vec<Uuid>,
    pub entities: Vec<Uuid>,
    pub comments: Vec<Uuid>,
    /// Playlists, each with whether it is for clients, and who made it.
    pub playlists: Vec<(Uuid, bool, Uuid)>,
}

/// Kit for the work of the crowd.
struct Kit {
    task_types: [Uuid; 2],
    entity_type: Uuid,
    department: Uuid,
    status: Uuid,
}

impl Crowd {
    pub async fn gather(on: On) -> Self {
        let studio = Studio::open(on).await;
        let kit = Kit {
            task_types: [
                studio.named("task-types", "Modeling").await,
                studio.named("task-types", "Compositing").await,
            ],
            entity_type: studio.named("entity-types", "Prop").await,
            department: studio.named("departments", "Modeling").await,
            status: studio.named("task-status", "Todo").await,
        };
        let none = Vec::new;
        let mut crowd = Self {
            studio,
            callers: Vec::new(),
            tasks: none(),
            entities: none(),
            comments: none(),
            playlists: Vec::new(),
        };
        for role in Role::ALL {
            for place in IN_TEAM.map(Some).into_iter().chain([None]) {
                let person = crowd.invite(&kit, role, place).await;
                let task = crowd.give_work(&kit, person).await;
                crowd.let_speak(&kit, person, task).await;
            }
        }
        crowd
    }

    /// Adds a person of a role, whom the team's list gives another one, or who is not in it.
    async fn invite(&mut self, kit: &Kit, role: Role, place: Option<Option<&str>>) -> Uuid {
        let (app, number) = (&self.studio.server.app, self.callers.len());
        let database = &app.database;
        let values = vec![
            ("first_name", "Pat".into()),
            ("last_name", format!("{number}").into()),
            ("email", format!("pat{number}@example.com").into()),
            ("role", role.code().into()),
        ];
        let person = insert(database, &entity::person::TABLE, values)
            .await
            .expect("a person");
        if let Some(role) = place {
            let link = vec![
                ("project_id", self.studio.project_id.into()),
                ("person_id", person.into()),
                ("role", role.into()),
            ];
            insert_many(database, &entity::project_person_link::TABLE, vec![link])
                .await
                .expect("a place in the team");
        }
        if number % 2 == 0 {
            let link = vec![("person_id", person.into()), ("department_id", kit.department.into())];
            insert_many(database, &entity::department_link::TABLE, vec![link])
                .await
                .expect("a department");
        }
        let found = app.callers.find(person).await.expect("an answer").expect("a person");
        let token = Token {
            id: String::new(),
            identity: Identity::Person,
            refresh_id: None,
            needs_second_factor: false,
            skips_second_factor: false,
        };
        self.callers.push(Caller {
            person: found,
            token: Arc::new(token),
        });
        person
    }

    /// Adds an entity with two tasks, one of which the person does. Every third entity was created by the person.
    async fn give_work(&mut self, kit: &Kit, person: Uuid) -> Uuid {
        let (project, number) = (self.studio.project_id, self.entities.len());
        let database = &self.studio.server.app.database;
        let values = vec![
            ("name", format!("Prop {number}").into()),
            ("project_id", project.into()),
            ("entity_type_id", kit.entity_type.into()),
            ("created_by", (number % 3 == 0).then_some(person).into()),
        ];
        let entity_id = insert(database, &entity::entity::TABLE, values)
            .await
            .expect("an entity");
        self.entities.push(entity_id);
        for task_type in kit.task_types {
            let values = vec![
                ("name", "main".into()),
                ("project_id", project.into()),
                ("entity_id", entity_id.into()),
                ("task_type_id", task_type.into()),
                ("task_status_id", kit.status.into()),
            ];
            self.tasks
                .push(insert(database, &entity::task::TABLE, values).await.expect("a task"));
        }
        let task = self.tasks[self.tasks.len() - 2];
        let link = vec![("task_id", task.into()), ("person_id", person.into())];
        insert_many(database, &entity::task_person_link::TABLE, vec![link])
            .await
            .expect("an assignee");
        task
    }

    /// Adds a comment and a playlist of the person; every second one is meant for clients.
    async fn let_speak(&mut self, kit: &Kit, person: Uuid, task: Uuid) {
        let (project, number) = (self.studio.project_id, self.comments.len());
        let database = &self.studio.server.app.database;
        let for_client = number % 2 == 0;
        let values = vec![
            ("object_id", task.into()),
            ("object_type", "Task".into()),
            ("person_id", person.into()),
            ("task_status_id", kit.status.into()),
            ("text", "Hi".into()),
            ("for_client", for_client.into()),
        ];
        self.comments.push(
            insert(database, &entity::comment::TABLE, values)
                .await
                .expect("a comment"),
        );
        let values = vec![
            ("name", format!("List {number}").into()),
            ("project_id", project.into()),
            ("for_client", for_client.into()),
            ("created_by", person.into()),
        ];
        self.playlists.push((
            insert(database, &entity::playlist::TABLE, values)
                .await
                .expect("a playlist"),
            for_client,
            person,
        ));
    }

    pub async fn ids(&self, sql: &Sql) -> BTreeSet<Uuid> {
        let found = database::ids(&self.studio.server.app.database, sql).await;
        found.expect("ids").into_iter().collect()
    }

    /// Reaches of a caller: all teams, and those of open productions.
    pub async fn reaches(&self, caller: &Caller) -> Vec<Reach> {
        let database = &self.studio.server.app.database;
        vec![
            Reach::teams(database, caller).await.expect("a reach"),
            Reach::open_teams(database, caller).await.expect("a reach"),
        ]
    }
}

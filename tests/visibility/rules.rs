//! Conditions of lists, held against the decisions about single records.

use std::collections::BTreeSet;
use std::sync::Arc;

use dailies::access::comments::{self, CommentRule, Comments};
use dailies::access::entities::{self, Entities, EntityRule};
use dailies::access::playlists;
use dailies::access::records::{RecordSubject, Statement, require_record, statement};
use dailies::access::tasks::{self, TaskRule, Tasks};
use dailies::access::{Reach, role_in};
use dailies::database::{self, Sql};
use dailies_definitions::access::{Caller, Identity, Role, Token};
use dailies_definitions::rules::RecordRule;
use rstest::rstest;
use uuid::Uuid;

use harness::rows::{self, insert, insert_many};
use harness::{On, Studio};

/// Roles that a team's list may give: none, an empty one, administration, and every other one; and nobody in the team.
const IN_TEAM: [Option<&str>; 8] = [
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
struct Crowd {
    studio: Studio,
    callers: Vec<Caller>,
    tasks: Vec<Uuid>,
    entities: Vec<Uuid>,
    comments: Vec<Uuid>,
    playlists: Vec<(Uuid, bool, Uuid)>,
}

/// Kit for the work of the crowd.
struct Kit {
    task_types: [Uuid; 2],
    entity_type: Uuid,
    department: Uuid,
    status: Uuid,
}

impl Crowd {
    async fn gather(on: On) -> Self {
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

    async fn ids(&self, sql: &Sql) -> BTreeSet<Uuid> {
        let rows = database::rows(&self.studio.server.app.database, sql)
            .await
            .expect("rows");
        rows.iter().map(|row| row.try_get_by_index(0).expect("an id")).collect()
    }

    /// Reaches of a caller: all teams, and those of open productions.
    async fn reaches(&self, caller: &Caller) -> Vec<Reach> {
        let database = &self.studio.server.app.database;
        vec![
            Reach::teams(database, caller).await.expect("a reach"),
            Reach::open_teams(database, caller).await.expect("a reach"),
        ]
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn lists_of_tasks_and_single_tasks_follow_the_same_rule(#[case] on: On) {
    let crowd = Crowd::gather(on).await;
    let database = &crowd.studio.server.app.database;
    let rules: Vec<(RecordRule, &TaskRule)> = RecordRule::ALL
        .into_iter()
        .filter_map(|rule| match statement(rule) {
            Statement::Task(stated) => Some((rule, stated)),
            _ => None,
        })
        .collect();
    assert!(rules.len() > 6);
    let mut seen = 0;
    for caller in &crowd.callers {
        let relations = tasks::relations(database, caller, &crowd.tasks)
            .await
            .expect("relations");
        let reaches = crowd.reaches(caller).await;
        for (name, rule) in &rules {
            let allowed: BTreeSet<Uuid> = relations
                .values()
                .filter(|task| task.allows(rule))
                .map(|task| task.task_id)
                .collect();
            // The last one: the query looks the teams up itself.
            for reach in reaches.iter().map(Some).chain([None]) {
                let mut sql = Sql::new("SELECT t.id FROM task t WHERE 1 = 1");
                match reach {
                    Some(reach) => rule.restrict(&mut sql, reach, &Tasks("t")),
                    None => rule.restrict_in_teams(&mut sql, &caller.person, &Tasks("t")),
                }
                assert_eq!(
                    crowd.ids(&sql).await,
                    allowed,
                    "{} for {:?}",
                    name.name(),
                    caller.person
                );
                seen += allowed.len();
            }
        }
    }
    assert!(seen > 1000, "the rules were asked of almost nothing");
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn lists_of_entities_and_single_entities_follow_the_same_rule(#[case] on: On) {
    let crowd = Crowd::gather(on).await;
    let database = &crowd.studio.server.app.database;
    let rules: Vec<&EntityRule> = RecordRule::ALL
        .into_iter()
        .filter_map(|rule| match statement(rule) {
            Statement::Entity(stated) => Some(stated),
            _ => None,
        })
        .collect();
    assert!(rules.len() > 3);
    for caller in &crowd.callers {
        let mut relations = Vec::new();
        for entity in &crowd.entities {
            relations.push((
                *entity,
                entities::relation(database, caller, *entity).await.expect("a relation"),
            ));
        }
        let reach = &crowd.reaches(caller).await[0];
        for rule in &rules {
            let mut sql = Sql::new("SELECT e.id FROM entity e WHERE 1 = 1");
            rule.restrict(&mut sql, reach, &Entities { table: "e", kind: None });
            let allowed: BTreeSet<Uuid> = relations
                .iter()
                .filter(|(_, relation)| relation.allows(rule))
                .map(|(id, _)| *id)
                .collect();
            assert_eq!(crowd.ids(&sql).await, allowed, "{rule:?} for {:?}", caller.person);
        }
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn lists_of_comments_and_single_comments_follow_the_same_rule(#[case] on: On) {
    let crowd = Crowd::gather(on).await;
    let database = &crowd.studio.server.app.database;
    let columns = Comments {
        id: "c.id",
        author: "c.person_id",
        for_client: "c.for_client",
        project: "t.project_id",
        entity: "t.entity_id",
    };
    let rules: [&CommentRule; 4] = [
        &comments::READ,
        &comments::KEEP,
        &comments::KEEP_REPLY,
        &comments::KNOW_AUTHOR,
    ];
    for isolated in [false, true] {
        rows::update(
            database,
            &entity::project::TABLE,
            crowd.studio.project_id,
            vec![("is_clients_isolated", isolated.into())],
        )
        .await
        .expect("a change");
        // A few of each kind of author are enough for everybody to look at.
        for caller in &crowd.callers {
            let mut subjects = Vec::new();
            for comment in crowd.comments.iter().step_by(3) {
                subjects.push(
                    comments::CommentSubject::find(database, caller, *comment)
                        .await
                        .expect("a comment"),
                );
            }
            let looked_at: BTreeSet<Uuid> = subjects.iter().map(|subject| subject.id).collect();
            let reach = &crowd.reaches(caller).await[0];
            for rule in rules {
                let mut sql = Sql::new("SELECT c.id FROM comment c JOIN task t ON t.id = c.object_id WHERE 1 = 1");
                rule.restrict(&mut sql, reach, &columns);
                let listed: BTreeSet<Uuid> = crowd.ids(&sql).await.intersection(&looked_at).copied().collect();
                let allowed: BTreeSet<Uuid> = subjects
                    .iter()
                    .filter(|subject| subject.allows(caller, rule))
                    .map(|subject| subject.id)
                    .collect();
                assert_eq!(
                    listed, allowed,
                    "{rule:?} for {:?}, clients kept apart: {isolated}",
                    caller.person
                );
            }
        }
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn lists_of_playlists_and_single_playlists_follow_the_same_rule(#[case] on: On) {
    let crowd = Crowd::gather(on).await;
    let database = &crowd.studio.server.app.database;
    let project_id = Some(crowd.studio.project_id);
    for caller in &crowd.callers {
        let mut sql = Sql::new("SELECT p.id FROM playlist p WHERE 1 = 1");
        playlists::VisiblePlaylists::new(crowd.reaches(caller).await.remove(0)).restrict(&mut sql, "p");
        let mut allowed = BTreeSet::new();
        for (id, for_client, creator) in crowd.playlists.iter().step_by(5) {
            let subject = RecordSubject::Playlist {
                project_id,
                for_client: *for_client,
                created_by: Some(*creator),
            };
            if require_record(database, caller, RecordRule::PlaylistReader, subject)
                .await
                .is_ok()
            {
                allowed.insert(*id);
            }
            // Whoever sees a playlist may be in its review room, and nobody else.
            assert_eq!(
                playlists::may_read(database, caller.person.id, *id)
                    .await
                    .expect("an answer"),
                allowed.contains(id)
            );
        }
        let looked_at: BTreeSet<Uuid> = crowd.playlists.iter().step_by(5).map(|(id, ..)| *id).collect();
        let listed: BTreeSet<Uuid> = crowd.ids(&sql).await.intersection(&looked_at).copied().collect();
        assert_eq!(listed, allowed, "for {:?}", caller.person);
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn the_role_in_a_production_is_the_same_in_queries_and_in_decisions(#[case] on: On) {
    let crowd = Crowd::gather(on).await;
    let mut sql = Sql::new("SELECT a.id FROM person a WHERE ");
    sql.push(&comments::by_client("a.id", "$1"));
    let sql = Sql::with(sql.text(), [crowd.studio.project_id.into()]);
    let clients = crowd.ids(&sql).await;
    let places = IN_TEAM.map(Some).into_iter().chain([None]);
    let places: Vec<_> = Role::ALL
        .into_iter()
        .flat_map(|role| places.clone().map(move |place| (role, place)))
        .collect();
    assert_eq!(places.len(), crowd.callers.len());
    for ((role, place), caller) in places.into_iter().zip(&crowd.callers) {
        let found = role_in(role, place.is_some(), place.flatten()).role;
        assert_eq!(
            clients.contains(&caller.person.id),
            found == Role::Client,
            "{role:?} as {place:?}"
        );
    }
}

//! Visibility of everything. The conditions of lists and the decisions about single records are held against each
//! other, for people of every role in the studio and in the team; and what is hidden in one place is hidden everywhere.

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
use serde_json::{Value, json};
use uuid::Uuid;

use harness::rows::{self, insert, insert_many};
use harness::{Client, Listener, On, Studio, id};

/// Roles that a team's list may give: none, an empty one, administration, and every other one; and nobody in the team.
const IN_TEAM: [Option<&str>; 8] = [None, Some(""), Some("admin"), Some("manager"), Some("supervisor"), Some("user"), Some("client"), Some("vendor")];

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
            task_types: [studio.named("task-types", "Modeling").await, studio.named("task-types", "Compositing").await],
            entity_type: studio.named("entity-types", "Prop").await,
            department: studio.named("departments", "Modeling").await,
            status: studio.named("task-status", "Todo").await,
        };
        let none = Vec::new;
        let mut crowd = Self { studio, callers: Vec::new(), tasks: none(), entities: none(), comments: none(), playlists: Vec::new() };
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
        let person = insert(database, &entity::person::TABLE, values).await.expect("a person");
        if let Some(role) = place {
            let link = vec![("project_id", self.studio.project_id.into()), ("person_id", person.into()), ("role", role.into())];
            insert_many(database, &entity::project_person_link::TABLE, vec![link]).await.expect("a place in the team");
        }
        if number % 2 == 0 {
            let link = vec![("person_id", person.into()), ("department_id", kit.department.into())];
            insert_many(database, &entity::department_link::TABLE, vec![link]).await.expect("a department");
        }
        let found = app.people.find(person).await.expect("an answer").expect("a person");
        let token = Token { id: String::new(), identity: Identity::Person, refresh_id: None, needs_second_factor: false, skips_second_factor: false };
        self.callers.push(Caller { person: found, token: Arc::new(token) });
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
        let entity_id = insert(database, &entity::entity::TABLE, values).await.expect("an entity");
        self.entities.push(entity_id);
        for task_type in kit.task_types {
            let values = vec![
                ("name", "main".into()),
                ("project_id", project.into()),
                ("entity_id", entity_id.into()),
                ("task_type_id", task_type.into()),
                ("task_status_id", kit.status.into()),
            ];
            self.tasks.push(insert(database, &entity::task::TABLE, values).await.expect("a task"));
        }
        let task = self.tasks[self.tasks.len() - 2];
        let link = vec![("task_id", task.into()), ("person_id", person.into())];
        insert_many(database, &entity::task_person_link::TABLE, vec![link]).await.expect("an assignee");
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
        self.comments.push(insert(database, &entity::comment::TABLE, values).await.expect("a comment"));
        let values = vec![
            ("name", format!("List {number}").into()),
            ("project_id", project.into()),
            ("for_client", for_client.into()),
            ("created_by", person.into()),
        ];
        self.playlists.push((insert(database, &entity::playlist::TABLE, values).await.expect("a playlist"), for_client, person));
    }

    async fn ids(&self, sql: &Sql) -> BTreeSet<Uuid> {
        let rows = database::rows(&self.studio.server.app.database, sql).await.expect("rows");
        rows.iter().map(|row| row.try_get_by_index(0).expect("an id")).collect()
    }

    /// Reaches of a caller in the production: the only one as a proof says it, and all teams.
    async fn reaches(&self, caller: &Caller) -> Vec<Reach> {
        let database = &self.studio.server.app.database;
        vec![Reach::teams(database, caller).await.expect("a reach"), Reach::open_teams(database, caller).await.expect("a reach")]
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
        let relations = tasks::relations(database, caller, &crowd.tasks).await.expect("relations");
        let reaches = crowd.reaches(caller).await;
        for (name, rule) in &rules {
            let allowed: BTreeSet<Uuid> = relations.values().filter(|task| task.allows(rule)).map(|task| task.task_id).collect();
            // The last one: the query looks the teams up itself.
            for reach in reaches.iter().map(Some).chain([None]) {
                let mut sql = Sql::new("SELECT t.id FROM task t WHERE 1 = 1");
                match reach {
                    Some(reach) => rule.restrict(&mut sql, reach, &Tasks("t")),
                    None => rule.restrict_in_teams(&mut sql, &caller.person, &Tasks("t")),
                }
                assert_eq!(crowd.ids(&sql).await, allowed, "{} for {:?}", name.name(), caller.person);
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
            relations.push((*entity, entities::relation(database, caller, *entity).await.expect("a relation")));
        }
        let reach = &crowd.reaches(caller).await[0];
        for rule in &rules {
            let mut sql = Sql::new("SELECT e.id FROM entity e WHERE 1 = 1");
            rule.restrict(&mut sql, reach, &Entities { table: "e", kind: None });
            let allowed: BTreeSet<Uuid> = relations.iter().filter(|(_, relation)| relation.allows(rule)).map(|(id, _)| *id).collect();
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
    let columns = Comments { id: "c.id", author: "c.person_id", for_client: "c.for_client", project: "t.project_id", entity: "t.entity_id" };
    let rules: [&CommentRule; 4] = [&comments::READ, &comments::KEEP, &comments::KEEP_REPLY, &comments::KNOW_AUTHOR];
    for isolated in [false, true] {
        rows::update(database, &entity::project::TABLE, crowd.studio.project_id, vec![("is_clients_isolated", isolated.into())])
            .await
            .expect("a change");
        // A few of each kind of author are enough for everybody to look at.
        for caller in &crowd.callers {
            let mut subjects = Vec::new();
            for comment in crowd.comments.iter().step_by(3) {
                subjects.push(comments::CommentSubject::find(database, caller, *comment).await.expect("a comment"));
            }
            let looked_at: BTreeSet<Uuid> = subjects.iter().map(|subject| subject.id).collect();
            let reach = &crowd.reaches(caller).await[0];
            for rule in rules {
                let mut sql = Sql::new("SELECT c.id FROM comment c JOIN task t ON t.id = c.object_id WHERE 1 = 1");
                rule.restrict(&mut sql, reach, &columns);
                let listed: BTreeSet<Uuid> = crowd.ids(&sql).await.intersection(&looked_at).copied().collect();
                let allowed: BTreeSet<Uuid> = subjects.iter().filter(|subject| subject.allows(caller, rule)).map(|subject| subject.id).collect();
                assert_eq!(listed, allowed, "{rule:?} for {:?}, clients kept apart: {isolated}", caller.person);
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
            let subject = RecordSubject::Playlist { project_id, for_client: *for_client, created_by: Some(*creator) };
            if require_record(database, caller, RecordRule::PlaylistReader, subject).await.is_ok() {
                allowed.insert(*id);
            }
            // Whoever sees a playlist may be in its review room, and nobody else.
            assert_eq!(playlists::may_read(database, caller.person.id, *id).await.expect("an answer"), allowed.contains(id));
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
    let places: Vec<_> = Role::ALL.into_iter().flat_map(|role| places.clone().map(move |place| (role, place))).collect();
    assert_eq!(places.len(), crowd.callers.len());
    for ((role, place), caller) in places.into_iter().zip(&crowd.callers) {
        let found = role_in(role, place.is_some(), place.flatten()).role;
        assert_eq!(clients.contains(&caller.person.id), found == Role::Client, "{role:?} as {place:?}");
    }
}

/// Ids of the records in an answer.
fn listed(answer: &Value) -> Vec<&str> {
    let rows = answer.as_array().or_else(|| answer["data"].as_array()).expect("a list");
    rows.iter().filter_map(|row| row["id"].as_str()).collect()
}

/// A production with a task, a playlist for the team and one for clients.
struct Show {
    studio: Studio,
    asset: Uuid,
    task: Uuid,
    internal: Uuid,
    status: Uuid,
}

impl Show {
    async fn open(on: On) -> Self {
        let studio = Studio::open(on).await;
        let project = studio.project_id;
        let (asset_type, task_type) = (studio.named("entity-types", "Prop").await, studio.named("task-types", "Modeling").await);
        let status = studio.named("task-status", "Todo").await;
        let path = format!("/data/projects/{project}/asset-types/{asset_type}/assets/new");
        let data = json!({"budget": 12, "mood": "calm"});
        let asset = id(&studio.admin.post(&path, json!({"name": "Sheep", "data": data})).await.expect(201));
        let task = json!({"name": "main", "task_type_id": task_type, "entity_id": asset, "project_id": project, "task_status_id": status});
        let task = id(&studio.admin.post("/data/tasks", task).await.expect(201));
        let playlist = |name: &str, for_client: bool| {
            studio.admin.post("/data/playlists", json!({"name": name, "project_id": project, "for_client": for_client}))
        };
        let internal = id(&playlist("Internal", false).await.expect(201));
        playlist("Delivery", true).await.expect(201);
        for (name, field, for_client) in [("Budget", "budget", false), ("Mood", "mood", true)] {
            let values = vec![
                ("project_id", project.into()),
                ("entity_type", "Asset".into()),
                ("name", name.into()),
                ("field_name", field.into()),
                ("data_type", "string".into()),
                ("for_client", for_client.into()),
            ];
            insert(&studio.server.app.database, &entity::metadata_descriptor::TABLE, values).await.expect("a column");
        }
        Self { studio, asset, task, internal, status }
    }

    /// Gives somebody of the team another role there, or none.
    async fn give(&self, person: Uuid, role: Option<&str>) {
        let sql = Sql::with(
            "UPDATE project_person_link SET role = $1 WHERE project_id = $2 AND person_id = $3",
            [role.into(), self.studio.project_id.into(), person.into()],
        );
        rows::execute(&self.studio.server.app.database, &sql).await.expect("a role");
    }

    async fn assign(&self, person: Uuid) {
        let link = vec![("task_id", self.task.into()), ("person_id", person.into())];
        insert_many(&self.studio.server.app.database, &entity::task_person_link::TABLE, vec![link]).await.expect("an assignee");
    }

    async fn leave(&self, person: Uuid) {
        let sql = Sql::with("DELETE FROM project_person_link WHERE person_id = $1", [person.into()]);
        rows::execute(&self.studio.server.app.database, &sql).await.expect("somebody leaves");
    }

    async fn comment(&self, by: &Client, text: &str) -> Uuid {
        let body = json!({"task_status_id": self.status, "comment": text});
        id(&by.post(&format!("/actions/tasks/{}/comment", self.task), body).await.expect(201))
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn lists_look_at_the_role_in_the_production(#[case] on: On) {
    let show = Show::open(on).await;
    let Show { studio, internal, .. } = &show;
    let internal = internal.to_string();
    let project = studio.project_id;
    let lists = [format!("/data/playlists?project_id={project}"), format!("/data/projects/{project}/playlists")];
    for (role, in_team, sees) in [
        (Role::Artist, "client", false),
        (Role::Client, "user", true),
        (Role::Client, "admin", false),
        (Role::Supervisor, "client", false),
        (Role::Vendor, "user", true),
    ] {
        show.give(studio.member_id(role), Some(in_team)).await;
        let client = studio.member(role);
        for path in &lists {
            let answer = client.get(path).await.expect(200);
            assert_eq!(listed(&answer).contains(&internal.as_str()), sees, "{path} for {role:?} as {in_team}: {answer}");
        }
        assert_eq!(client.get(&format!("/data/playlists/{internal}")).await.status == 200, sees, "{role:?} as {in_team}");
        let names = |answer: &Value| -> BTreeSet<String> {
            answer.as_array().into_iter().flatten().filter_map(|row| row["name"].as_str().map(str::to_owned)).collect()
        };
        let columns = names(&client.get("/data/metadata-descriptors").await.expect(200));
        assert_eq!(columns.contains("Budget"), sees, "{role:?} as {in_team}");
        assert!(columns.contains("Mood"));
        assert_eq!(names(&client.get(&format!("/data/projects/{project}/metadata-descriptors")).await.expect(200)), columns);
        for path in ["/data/user/context", "/data/projects/open"] {
            let answer = client.get(path).await.expect(200);
            let projects = answer.get("projects").unwrap_or(&answer);
            let found = projects.as_array().expect("productions").iter().find(|found| found["id"] == project.to_string()).expect("the production");
            assert_eq!(names(&found["descriptors"]), columns, "{path} for {role:?} as {in_team}");
        }
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn values_that_are_not_for_clients_reach_them_nowhere(#[case] on: On) {
    let show = Show::open(on).await;
    let Show { studio, asset, task, .. } = &show;
    let project = studio.project_id;
    let addresses = [
        format!("/data/assets/{asset}"),
        format!("/data/entities/{asset}"),
        "/data/entities".into(),
        "/data/entities?page=1".into(),
        format!("/data/assets?project_id={project}"),
        format!("/data/assets/with-tasks?project_id={project}"),
        format!("/data/projects/{project}/assets"),
        format!("/data/tasks/{task}/full"),
        "/data/tasks/open-tasks".into(),
    ];
    show.give(studio.member_id(Role::Artist), Some("client")).await;
    for (role, hidden) in [(Role::Client, true), (Role::Artist, true), (Role::Manager, false), (Role::Supervisor, false)] {
        for address in &addresses {
            let answer = studio.member(role).get(address).await.expect(200).to_string();
            assert_eq!(answer.contains("\"budget\""), !hidden, "{address} for {role:?}: {answer}");
            assert!(answer.contains("\"mood\""), "{address} for {role:?}: {answer}");
        }
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn vendors_get_no_other_metadata_with_their_tasks(#[case] on: On) {
    let show = Show::open(on).await;
    let Show { studio, asset, task, .. } = &show;
    let database = &studio.server.app.database;
    let department = studio.named("departments", "Modeling").await;
    let sql = Sql::new("SELECT id FROM metadata_descriptor WHERE field_name = 'budget'");
    let column: Uuid = database::row(database, &sql).await.expect("an answer").expect("a column").try_get_by_index(0).expect("an id");
    let link = vec![("metadata_descriptor_id", column.into()), ("department_id", department.into())];
    insert_many(database, &entity::department_metadata_descriptor_link::TABLE, vec![link]).await.expect("a department");
    let vendor = studio.member_id(Role::Vendor);
    show.assign(vendor).await;
    let preview = vec![("task_id", (*task).into()), ("name", "x".into()), ("revision", 1.into()), ("extension", "png".into())];
    let preview = insert(database, &entity::preview_file::TABLE, preview).await.expect("a preview");
    for (client, hidden) in [(studio.member(Role::Vendor), true), (studio.member(Role::Manager), false)] {
        let answers = [
            client.get(&format!("/data/tasks/{task}/full")).await.expect(200),
            client.put(&format!("/actions/tasks/{task}/to-review"), json!({})).await.expect(200),
            client.put(&format!("/actions/tasks/{task}/set-main-preview"), json!({})).await.expect(200),
            client.put("/actions/tasks/set-main-preview", json!({"task_ids": [task]})).await.expect(200),
            client.put(&format!("/actions/preview-files/{preview}/set-main-preview"), json!({})).await.expect(200),
            client.get(&format!("/data/assets/{asset}")).await.expect(200),
        ];
        for (number, answer) in answers.iter().enumerate() {
            let answer = answer.to_string();
            assert_eq!(answer.contains("\"budget\""), !hidden, "answer {number}: {answer}");
            assert!(answer.contains("\"mood\""), "answer {number}: {answer}");
        }
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn who_left_the_team_changes_nothing_there(#[case] on: On) {
    let show = Show::open(on).await;
    let Show { studio, task, asset, .. } = &show;
    let database = &studio.server.app.database;
    let person = studio.member_id(Role::Artist);
    let artist = studio.member(Role::Artist);
    show.assign(person).await;
    let comment = show.comment(&artist, "mine").await;
    let reply = artist.post(&format!("/data/tasks/{task}/comments/{comment}/reply"), json!({"text": "so"})).await.expect(200);
    let reply = id(&reply);
    let time = format!("/actions/tasks/{task}/time-spents/2026-03-02/persons/{person}");
    let logged = id(&artist.post(&time, json!({"duration": 60})).await.expect(201));
    let output_type = insert(database, &entity::output_type::TABLE, vec![("name", "Cache".into()), ("short_name", "cache".into())]);
    let type_id = output_type.await.expect("a type");
    let status = insert(database, &entity::file_status::TABLE, vec![("name", "To do".into()), ("color", "#aabbcc".into())]);
    let status_id = status.await.expect("a status");
    let file = vec![
        ("name", "out".into()),
        ("entity_id", (*asset).into()),
        ("output_type_id", type_id.into()),
        ("file_status_id", status_id.into()),
        ("revision", 1.into()),
    ];
    let file = insert(database, &entity::output_file::TABLE, file).await.expect("a file");
    show.leave(person).await;
    let refused = [
        artist.delete(&format!("/data/comments/{comment}")).await,
        artist.delete(&format!("/data/tasks/{task}/comments/{comment}")).await,
        artist.delete(&format!("/data/tasks/{task}/comments/{comment}/reply/{reply}")).await,
        artist.put(&format!("/data/comments/{comment}"), json!({"text": "other"})).await,
        artist.send_file(&format!("/actions/tasks/{task}/comments/{comment}/add-attachment"), "a.txt", b"x").await,
        artist.put(&format!("/data/output-files/{file}"), json!({"comment": "x"})).await,
        artist.post(&time, json!({"duration": 30})).await,
        artist.post(&format!("{time}/add"), json!({"duration": 30})).await,
        artist.delete(&time).await,
        artist.delete(&format!("/data/time-spents/{logged}")).await,
    ];
    for (number, answer) in refused.iter().enumerate() {
        assert_eq!(answer.status, 403, "call {number}: {}", answer.json);
    }
    studio.admin.get(&format!("/data/comments/{comment}")).await.expect(200);
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn notifications_tell_nobody_what_comments_hide(#[case] on: On) {
    let show = Show::open(on).await;
    let Show { studio, .. } = &show;
    let [artist, vendor, supervisor] = [Role::Artist, Role::Vendor, Role::Supervisor].map(|role| studio.member_id(role));
    for person in [artist, vendor, supervisor] {
        show.assign(person).await;
    }
    show.comment(&studio.member(Role::Client), "secret of the client").await;
    show.comment(&studio.member(Role::Manager), "word of the team").await;
    let told = async |role: Role| studio.member(role).get("/data/user/notifications").await.expect(200).to_string();
    for (role, secret) in [(Role::Artist, false), (Role::Vendor, false), (Role::Supervisor, true)] {
        let text = told(role).await;
        assert_eq!(text.contains("secret of the client"), secret, "{role:?}: {text}");
        assert!(text.contains("word of the team"), "{role:?}: {text}");
    }
    // The role in the production decides, whatever the one in the studio is.
    show.give(artist, Some("supervisor")).await;
    assert!(told(Role::Artist).await.contains("secret of the client"));
    show.give(supervisor, Some("vendor")).await;
    assert!(!told(Role::Supervisor).await.contains("secret of the client"));
    show.leave(artist).await;
    let left = told(Role::Artist).await;
    assert!(!left.contains("secret of the client") && !left.contains("word of the team"), "{left}");
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn clients_and_vendors_learn_of_their_own_hours_only(#[case] on: On) {
    let show = Show::open(on).await;
    let Show { studio, task, asset, .. } = &show;
    for role in [Role::Artist, Role::Vendor] {
        let person = studio.member_id(role);
        show.assign(person).await;
        let path = format!("/actions/tasks/{task}/time-spents/2026-03-02/persons/{person}");
        studio.member(role).post(&path, json!({"duration": 60})).await.expect(201);
    }
    for role in Role::ALL {
        let (client, own) = match role {
            Role::Admin => (studio.admin.clone(), studio.admin_id),
            role => (studio.member(role), studio.member_id(role)),
        };
        let expected: BTreeSet<Uuid> = match role {
            Role::Client => BTreeSet::new(),
            Role::Vendor => BTreeSet::from([own]),
            _ => BTreeSet::from([studio.member_id(Role::Artist), studio.member_id(Role::Vendor)]),
        };
        let persons = |rows: &Value| -> BTreeSet<Uuid> {
            rows.as_array().into_iter().flatten().filter_map(|row| row["person_id"].as_str()?.parse().ok()).collect()
        };
        for path in [format!("/actions/tasks/{task}/time-spents"), format!("/actions/tasks/{task}/time-spents/2026-03-02")] {
            let answer = client.get(&path).await.expect(200);
            let found: BTreeSet<Uuid> = answer.as_object().expect("hours by person").keys().filter_map(|key| key.parse().ok()).collect();
            assert_eq!(found, expected, "{path} for {role:?}");
            assert_eq!(answer["total"], json!(60.0 * expected.len() as f64), "{path} for {role:?}");
        }
        if role != Role::Vendor || !expected.is_empty() {
            let answer = client.get(&format!("/data/entities/{asset}/time-spents")).await.expect(200);
            assert_eq!(persons(&answer), expected, "{role:?}");
        }
    }
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn managers_export_what_they_manage(#[case] on: On) {
    let show = Show::open(on).await;
    let Show { studio, .. } = &show;
    let person = studio.member_id(Role::Artist);
    show.assign(person).await;
    let day = format!("/actions/tasks/{}/time-spents/2026-03-02/persons/{person}", show.task);
    studio.member(Role::Artist).post(&day, json!({"duration": 60})).await.expect(201);
    let sql = Sql::with("UPDATE person SET daily_salary = 777 WHERE id = $1", [person.into()]);
    rows::execute(&studio.server.app.database, &sql).await.expect("a salary");
    let text = async |client: &Client, path: &str| String::from_utf8_lossy(&client.get(path).await.bytes).into_owned();
    for path in ["/export/csv/tasks.csv", "/export/csv/time-spents.csv", "/export/csv/projects.csv"] {
        for (client, sees) in [(studio.admin.clone(), true), (studio.member(Role::Manager), true), (studio.stranger(Role::Manager), false)] {
            assert_eq!(text(&client, path).await.contains("Wool"), sees, "{path}");
        }
    }
    show.give(studio.member_id(Role::Manager), Some("user")).await;
    assert!(!text(&studio.member(Role::Manager), "/export/csv/tasks.csv").await.contains("Wool"));
    assert!(text(&studio.admin, "/export/csv/persons.csv").await.contains("777"));
    assert!(!text(&studio.member(Role::Manager), "/export/csv/persons.csv").await.contains("777"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn clients_hear_who_writes_to_them_and_not_who_sets_a_status(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let asset_type = studio.named("entity-types", "Prop").await;
    let path = format!("/data/projects/{}/asset-types/{asset_type}/assets/new", studio.project_id);
    let asset = id(&studio.admin.post(&path, json!({"name": "Tree"})).await.expect(201));
    let task_type = studio.named("task-types", "Modeling").await;
    let status = studio.named("task-status", "Done").await;
    let task = id(&studio.admin.post("/data/tasks", json!({"entity_id": asset, "task_type_id": task_type})).await.expect(201));
    let [manager, client] = [Role::Manager, Role::Client].map(|role| studio.member(role));
    let listeners = [Listener::open(&studio.admin).await, Listener::open(&manager).await, Listener::open(&client).await];
    let comment = json!({"task_status_id": status, "comment": "Fine", "for_client": true});
    manager.post(&format!("/actions/tasks/{task}/comment"), comment).await.expect(201);
    studio.admin.post("/data/departments", json!({"name": "Sound", "color": "#000000"})).await.expect(201);

    let mut heard = Vec::new();
    for listener in &listeners {
        let events = listener.until("department:new").await;
        let of = |name: &str| events.iter().find(|(found, _)| found == name).map(|(_, payload)| payload.clone()).expect("it is heard");
        heard.push([of("comment:new"), of("task:status-changed")]);
    }
    let author = json!(studio.member_id(Role::Manager));
    for payload in heard[0].iter().chain(&heard[1]) {
        assert_eq!(payload["person_id"], author);
    }
    assert_eq!(heard[0], heard[1]);
    let [[comment, status], [whole_comment, whole_status]] = [&heard[2], &heard[0]];
    assert_eq!(comment, whole_comment);
    let mut less = whole_status.clone();
    less.as_object_mut().expect("an object").remove("person_id");
    assert_eq!(*status, less);
}

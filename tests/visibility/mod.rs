//! Visibility of everything. The conditions of lists and the decisions about single records are held against each
//! other, for people of every role in the studio and in the team (`rules`, whose people are the `crowd`). What is hidden in
//! one place is hidden everywhere: records and answers to changes here, every address that reads in `everywhere`, the doings
//! of people in `people`.

mod crowd;
mod everywhere;
mod people;
mod rules;

use std::collections::BTreeSet;

use dailies::database::{self, Sql};
use dailies_definitions::access::Role;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use harness::rows::{self, insert, insert_column, insert_many, leave_column_to};
use harness::{Client, On, Studio, id};

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
        let (asset_type, task_type) = (
            studio.named("entity-types", "Prop").await,
            studio.named("task-types", "Modeling").await,
        );
        let status = studio.named("task-status", "Todo").await;
        let path = format!("/data/projects/{project}/asset-types/{asset_type}/assets/new");
        let data = json!({"budget": 12, "mood": "calm"});
        let asset = id(&studio
            .admin
            .post(&path, json!({"name": "Sheep", "data": data}))
            .await
            .expect(201));
        let task = studio.admin.make_task_on(asset, task_type, status).await;
        let playlist = |name: &str, for_client: bool| {
            studio.admin.post(
                "/data/playlists",
                json!({"name": name, "project_id": project, "for_client": for_client}),
            )
        };
        let internal = id(&playlist("Internal", false).await.expect(201));
        playlist("Delivery", true).await.expect(201);
        for (name, field, for_client) in [("Budget", "budget", false), ("Mood", "mood", true)] {
            let database = &studio.server.app.database;
            insert_column(database, project, "Asset", (name, field), for_client)
                .await
                .expect("a column");
        }
        Self {
            studio,
            asset,
            task,
            internal,
            status,
        }
    }

    /// Gives somebody of the team another role there, or none.
    async fn give(&self, person: Uuid, role: Option<&str>) {
        let sql = Sql::with(
            "UPDATE project_person_link SET role = $1 WHERE project_id = $2 AND person_id = $3",
            [role.into(), self.studio.project_id.into(), person.into()],
        );
        rows::execute(&self.studio.server.app.database, &sql)
            .await
            .expect("a role");
    }

    async fn assign(&self, person: Uuid) {
        let link = vec![("task_id", self.task.into()), ("person_id", person.into())];
        insert_many(
            &self.studio.server.app.database,
            &entity::task_person_link::TABLE,
            vec![link],
        )
        .await
        .expect("an assignee");
    }

    async fn leave(&self, person: Uuid) {
        let sql = Sql::with("DELETE FROM project_person_link WHERE person_id = $1", [person.into()]);
        rows::execute(&self.studio.server.app.database, &sql)
            .await
            .expect("somebody leaves");
    }

    async fn comment(&self, by: &Client, text: &str) -> Uuid {
        let body = json!({"task_status_id": self.status, "comment": text});
        id(&by
            .post(&format!("/actions/tasks/{}/comment", self.task), body)
            .await
            .expect(201))
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn lists_look_at_the_role_in_the_production(#[values(On::Sqlite, On::Postgres)] on: On) {
    let show = Show::open(on).await;
    let Show { studio, internal, .. } = &show;
    let internal = internal.to_string();
    let project = studio.project_id;
    let lists = [
        format!("/data/playlists?project_id={project}"),
        format!("/data/projects/{project}/playlists"),
    ];
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
            assert_eq!(
                listed(&answer).contains(&internal.as_str()),
                sees,
                "{path} for {role:?} as {in_team}: {answer}"
            );
        }
        assert_eq!(
            client.get(&format!("/data/playlists/{internal}")).await.status == 200,
            sees,
            "{role:?} as {in_team}"
        );
        let names = |answer: &Value| -> BTreeSet<String> {
            answer
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|row| row["name"].as_str().map(str::to_owned))
                .collect()
        };
        let columns = names(&client.get("/data/metadata-descriptors").await.expect(200));
        assert_eq!(columns.contains("Budget"), sees, "{role:?} as {in_team}");
        assert!(columns.contains("Mood"));
        assert_eq!(
            names(
                &client
                    .get(&format!("/data/projects/{project}/metadata-descriptors"))
                    .await
                    .expect(200)
            ),
            columns
        );
        for path in ["/data/user/context", "/data/projects/open"] {
            let answer = client.get(path).await.expect(200);
            let projects = answer.get("projects").unwrap_or(&answer);
            let found = projects
                .as_array()
                .expect("productions")
                .iter()
                .find(|found| found["id"] == project.to_string())
                .expect("the production");
            assert_eq!(
                names(&found["descriptors"]),
                columns,
                "{path} for {role:?} as {in_team}"
            );
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn vendors_get_no_other_metadata_with_their_tasks(#[values(On::Sqlite, On::Postgres)] on: On) {
    let show = Show::open(on).await;
    let Show {
        studio, asset, task, ..
    } = &show;
    let database = &studio.server.app.database;
    let department = studio.named("departments", "Modeling").await;
    let sql = Sql::new("SELECT id FROM metadata_descriptor WHERE field_name = 'budget'");
    let column: Option<Uuid> = database::read_value(database, &sql).await.expect("an answer");
    let column = column.expect("a column");
    leave_column_to(database, column, department)
        .await
        .expect("a department");
    let vendor = studio.member_id(Role::Vendor);
    show.assign(vendor).await;
    let preview = vec![
        ("task_id", (*task).into()),
        ("name", "x".into()),
        ("revision", 1.into()),
        ("extension", "png".into()),
    ];
    let preview = insert(database, &entity::preview_file::TABLE, preview)
        .await
        .expect("a preview");
    for (client, hidden) in [
        (studio.member(Role::Vendor), true),
        (studio.member(Role::Manager), false),
    ] {
        let answers = [
            client.get(&format!("/data/tasks/{task}/full")).await.expect(200),
            client
                .put(&format!("/actions/tasks/{task}/to-review"), json!({}))
                .await
                .expect(200),
            client
                .put(&format!("/actions/tasks/{task}/set-main-preview"), json!({}))
                .await
                .expect(200),
            client
                .put("/actions/tasks/set-main-preview", json!({"task_ids": [task]}))
                .await
                .expect(200),
            client
                .put(&format!("/actions/preview-files/{preview}/set-main-preview"), json!({}))
                .await
                .expect(200),
            client.get(&format!("/data/assets/{asset}")).await.expect(200),
        ];
        for (number, answer) in answers.iter().enumerate() {
            let answer = answer.to_string();
            assert_eq!(answer.contains("\"budget\""), !hidden, "answer {number}: {answer}");
            assert!(answer.contains("\"mood\""), "answer {number}: {answer}");
        }
    }
}

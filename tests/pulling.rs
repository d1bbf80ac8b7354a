//! `dailies pull` and `dailies push`: what one server has, another one has afterwards.

use std::collections::BTreeMap;
use std::time::Duration;

use dailies::database::{Database, Sql};
use dailies_definitions::access::Role;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use harness::{Client, Ended, Installation, On, Studio, TestServer, id, picture};

/// Collections whose rows are compared one by one. The others have rows that a copy can't have the same, or none.
const COLLECTIONS: [&str; 34] = [
    "asset-instances",
    "attachment-files",
    "budget-entries",
    "budgets",
    "chat-messages",
    "chats",
    "comments",
    "custom-actions",
    "day-offs",
    "departments",
    "entities",
    "entity-links",
    "entity-types",
    "metadata-descriptors",
    "milestones",
    "news",
    "notifications",
    "output-files",
    "persons",
    "playlists",
    "preview-files",
    "production-schedule-version-task-links",
    "production-schedule-versions",
    "projects",
    "salary-scales",
    "schedule-items",
    "search-filters",
    "status-automations",
    "studios",
    "subscriptions",
    "task-status",
    "tasks",
    "time-spents",
    "working-files",
];

/// Rows of a collection by their ids.
async fn rows(client: &Client, collection: &str) -> BTreeMap<String, Value> {
    let listed = client
        .get(&format!("/data/{collection}?relations=true"))
        .await
        .expect(200);
    let listed = listed
        .as_array()
        .unwrap_or_else(|| panic!("{collection} is no list: {listed}"))
        .clone();
    listed
        .into_iter()
        .map(|row| (row["id"].as_str().expect("an id").to_owned(), sorted(row)))
        .collect()
}

/// The row with lists of ids in one order.
fn sorted(mut row: Value) -> Value {
    for value in row.as_object_mut().into_iter().flat_map(|row| row.values_mut()) {
        if let Value::Array(items) = value
            && items.iter().all(Value::is_string)
        {
            items.sort_by_key(ToString::to_string);
        }
    }
    row
}

/// A list of records by their ids, in which they have no order; anything else as it is.
fn named(value: Value) -> BTreeMap<String, Value> {
    match value {
        Value::Array(rows) => rows
            .into_iter()
            .map(|row| (row["id"].to_string(), sorted(row)))
            .collect(),
        other => sorted(other)
            .as_object()
            .cloned()
            .unwrap_or_default()
            .into_iter()
            .collect(),
    }
}

async fn assert_same(there: &Client, here: &Client) {
    let mut different = Vec::new();
    for collection in COLLECTIONS {
        let (source, copy) = (rows(there, collection).await, rows(here, collection).await);
        for (id, row) in &source {
            if copy.get(id) != Some(row) {
                different.push(format!(
                    "{collection} {id}:\n{row}\n{}",
                    copy.get(id).unwrap_or(&Value::Null)
                ));
            }
        }
        assert_eq!(source.len(), copy.len(), "{collection}");
    }
    let projects: Vec<String> = rows(there, "projects").await.into_keys().collect();
    for path in projects
        .iter()
        .flat_map(|id| [format!("/data/projects/{id}"), format!("/data/projects/{id}/team")])
    {
        let (source, copy) = (there.get(&path).await.expect(200), here.get(&path).await.expect(200));
        assert_eq!(named(source), named(copy), "{path}");
    }
    assert!(
        different.is_empty(),
        "{} differ\n{}",
        different.len(),
        different[..different.len().min(5)].join("\n")
    );
}

/// The answer to a call that is to succeed.
async fn post(client: &Client, path: &str, body: Value) -> Value {
    let answer = client
        .send(Method::POST, path, Some(body).filter(|body| !body.is_null()))
        .await;
    assert!(answer.status < 300, "{path}: {answer:?}");
    answer.json
}

/// The id of a record that is made.
async fn made(client: &Client, path: &str, body: Value) -> Uuid {
    id(&post(client, path, body).await)
}

/// A studio with rows of most kinds, made as people make them, a picture of a person, and one of a preview.
async fn full(on: On) -> (Studio, Uuid) {
    let studio = Studio::open(on).await;
    let avatar = format!("/pictures/thumbnails/persons/{}", studio.admin_id);
    assert!(studio.admin.send_file(&avatar, "me.png", &picture()).await.status < 300);
    let work = Work::of(&studio).await;
    work.plan(&studio).await;
    work.file(&studio).await;
    let preview = work.discuss(&studio).await;
    // Another production, which has nothing to do with the first.
    let admin = &studio.admin;
    let silk = made(
        admin,
        "/data/projects",
        json!({"name": "Silk", "production_type": "short"}),
    )
    .await;
    let asset = made(
        admin,
        &format!("/data/projects/{silk}/asset-types/{}/assets/new", work.asset_type),
        json!({"name": "Moth"}),
    )
    .await;
    let task = work.task(&studio, silk, asset, work.modeling).await;
    post(
        admin,
        &format!("/actions/tasks/{task}/comment"),
        json!({"task_status_id": work.status, "comment": "It flies."}),
    )
    .await;
    (studio, preview)
}

/// The work of the production, which the rest is about.
struct Work {
    asset_type: Uuid,
    modeling: Uuid,
    animation: Uuid,
    status: Uuid,
    asset: Uuid,
    shot: Uuid,
    modelled: Uuid,
    animated: Uuid,
}

impl Work {
    /// Assets, a shot with its casting, a scene, a concept, and tasks of an artist.
    async fn of(studio: &Studio) -> Self {
        let (admin, project) = (&studio.admin, studio.project_id);
        let of_project = |path: &str| format!("/data/projects/{project}/{path}");
        let asset_type = studio.named("entity-types", "Prop").await;
        let assets = of_project(&format!("asset-types/{asset_type}/assets/new"));
        let asset = made(admin, &assets, json!({"name": "Sheep"})).await;
        let field = made(admin, &assets, json!({"name": "Field"})).await;
        let sequence = made(admin, &of_project("sequences"), json!({"name": "SQ01"})).await;
        let shot = made(
            admin,
            &of_project("shots"),
            json!({"name": "SH010", "sequence_id": sequence}),
        )
        .await;
        let scene = made(
            admin,
            &of_project("scenes"),
            json!({"name": "SC01", "sequence_id": sequence}),
        )
        .await;
        let concept = json!({"name": "Night", "data": {"mood": "dark"}, "entity_concept_links": [asset]});
        post(admin, &of_project("concepts"), concept).await;
        let casting = json!([{"asset_id": asset, "nb_occurences": 3, "label": "animate"}, {"asset_id": field, "nb_occurences": 1}]);
        admin
            .put(&of_project(&format!("entities/{shot}/casting")), casting)
            .await
            .expect(200);
        let instance = made(
            admin,
            &format!("/data/scenes/{scene}/asset-instances"),
            json!({"asset_id": asset}),
        )
        .await;
        post(
            admin,
            &format!("/data/shots/{shot}/asset-instances"),
            json!({"asset_instance_id": instance}),
        )
        .await;
        let (modeling, animation) = (
            studio.named("task-types", "Modeling").await,
            studio.named("task-types", "Animation").await,
        );
        let status = studio.named("task-status", "Todo").await;
        let mut work = Self {
            asset_type,
            modeling,
            animation,
            status,
            asset,
            shot,
            modelled: Uuid::nil(),
            animated: Uuid::nil(),
        };
        work.modelled = work.task(studio, project, asset, modeling).await;
        work.animated = work.task(studio, project, shot, animation).await;
        for task in [work.modelled, work.animated] {
            let body = json!({"person_id": studio.member_id(Role::Artist)});
            admin
                .put(&format!("/actions/tasks/{task}/assign"), body)
                .await
                .expect(200);
        }
        work
    }

    async fn task(&self, studio: &Studio, project: Uuid, entity: Uuid, task_type: Uuid) -> Uuid {
        let task = json!({"name": "main", "task_type_id": task_type, "entity_id": entity, "project_id": project, "task_status_id": self.status});
        made(&studio.admin, "/data/tasks", task).await
    }

    /// Settings of the studio and of the production, and plans.
    async fn plan(&self, studio: &Studio) {
        let (admin, project, artist) = (&studio.admin, studio.project_id, studio.member_id(Role::Artist));
        let of_project = |path: &str| format!("/data/projects/{project}/{path}");
        let department = made(
            admin,
            "/data/departments",
            json!({"name": "Weaving", "color": "#aabbcc"}),
        )
        .await;
        let person = format!("/data/persons/{}", studio.stranger_id(Role::Artist));
        admin
            .put(&person, json!({"departments": [department]}))
            .await
            .expect(200);
        let automation = json!({
            "entity_type": "asset",
            "in_task_type_id": self.modeling,
            "in_task_status_id": studio.named("task-status", "Done").await,
            "out_field_type": "status",
            "out_task_type_id": self.animation,
            "out_task_status_id": self.status,
        });
        let automation = made(admin, "/data/status-automations", automation).await;
        let version = made(
            admin,
            "/data/production-schedule-versions",
            json!({"name": "Plan B", "project_id": project}),
        )
        .await;
        let budget = made(admin, &of_project("budgets"), json!({"name": "First bid"})).await;
        let group = json!({"list_type": "asset", "name": "Props", "project_id": project, "person_id": artist});
        let group = made(admin, "/data/search-filter-groups", group).await;
        let column = json!({"name": "Size", "entity_type": "Asset", "data_type": "number", "for_client": false, "departments": [department]});
        let bar = json!({"start_date": "2026-03-02", "end_date": "2026-03-20", "man_days": 10, "project_id": project, "task_type_id": self.modeling});
        let planned = json!({
            "production_schedule_version_id": version,
            "task_id": self.modelled,
            "start_date": "2026-03-02",
            "assignees": [artist],
        });
        let search = json!({"list_type": "asset", "search_query": "props", "project_id": project, "person_id": artist, "search_filter_group_id": group});
        let entry =
            json!({"department_id": department, "start_date": "2026-01-01", "months_duration": 6, "daily_salary": 500});
        let all = [
            (
                "/data/organisations".to_owned(),
                json!({"name": "Branch", "hours_by_day": 7.5}),
            ),
            (
                "/data/custom-actions".to_owned(),
                json!({"name": "Render", "url": "https://farm.example.com"}),
            ),
            (
                "/data/preview-background-files".to_owned(),
                json!({"name": "Studio light"}),
            ),
            (
                "/data/project-templates".to_owned(),
                json!({"name": "Series", "fps": "24", "production_type": "tvshow"}),
            ),
            (
                "/data/day-offs".to_owned(),
                json!({"date": "2026-08-03", "end_date": "2026-08-14", "person_id": artist}),
            ),
            (
                "/data/milestones".to_owned(),
                json!({"name": "Alpha", "date": "2026-03-02", "project_id": project}),
            ),
            ("/data/schedule-items".to_owned(), bar),
            ("/data/production-schedule-version-task-links".to_owned(), planned),
            ("/data/search-filters".to_owned(), search),
            (of_project("metadata-descriptors"), column),
            (
                of_project("settings/task-types"),
                json!({"task_type_id": self.modeling, "priority": 5}),
            ),
            (
                of_project("settings/task-types"),
                json!({"task_type_id": self.animation, "priority": 2}),
            ),
            (
                of_project("settings/status-automations"),
                json!({"status_automation_id": automation}),
            ),
            (of_project(&format!("budgets/{budget}/entries")), entry),
        ];
        for (path, body) in all {
            post(admin, &path, body).await;
        }
    }

    /// A working file, and what came of it.
    async fn file(&self, studio: &Studio) {
        let admin = &studio.admin;
        post(
            admin,
            &format!("/actions/projects/{}/set-file-tree", studio.project_id),
            json!({"tree_name": "simple"}),
        )
        .await;
        let output_type = made(
            admin,
            "/data/output-types",
            json!({"name": "Cache", "short_name": "cch"}),
        )
        .await;
        let working = made(
            admin,
            &format!("/data/tasks/{}/working-files/new", self.modelled),
            json!({"name": "main"}),
        )
        .await;
        let output = json!({"output_type_id": output_type, "task_type_id": self.modeling, "working_file_id": working});
        post(
            admin,
            &format!("/data/entities/{}/output-files/new", self.asset),
            output,
        )
        .await;
    }

    /// Comments, previews and notes. Gives a preview with a picture.
    async fn discuss(&self, studio: &Studio) -> Uuid {
        let (admin, artist, manager) = (&studio.admin, studio.member(Role::Artist), studio.member(Role::Manager));
        let task = self.animated;
        post(&manager, &format!("/actions/user/tasks/{task}/subscribe"), Value::Null).await;
        let comment = json!({"task_status_id": self.status, "comment": "Look, @Tim Team supervisor"});
        let comment = made(admin, &format!("/actions/tasks/{task}/comment"), comment).await;
        let said = format!("/data/tasks/{task}/comments/{comment}");
        post(&manager, &format!("{said}/ack"), Value::Null).await;
        post(
            &artist,
            &format!("{said}/reply"),
            json!({"text": "Yes, @Tim Team manager"}),
        )
        .await;
        let shown = format!("/actions/tasks/{task}/comments/{comment}");
        admin
            .send_file(&format!("{shown}/add-attachment"), "notes.txt", b"About sheep.")
            .await
            .expect(201);
        let preview = made(admin, &format!("{shown}/add-preview"), json!({})).await;
        admin
            .send_file(&format!("/pictures/preview-files/{preview}"), "shot.png", &picture())
            .await
            .expect(201);
        admin
            .put(&format!("/actions/preview-files/{preview}/set-main-preview"), json!({}))
            .await
            .expect(200);
        let shots = json!([{"entity_id": self.shot, "preview_file_id": preview}]);
        let playlist = json!({"name": "Monday", "project_id": studio.project_id, "shots": shots, "for_client": true});
        post(admin, "/data/playlists", playlist).await;
        let time = format!(
            "/actions/tasks/{task}/time-spents/2026-03-02/persons/{}",
            studio.member_id(Role::Artist)
        );
        post(&artist, &time, json!({"duration": 60})).await;
        post(
            &artist,
            &format!("/actions/user/chats/{}/join", self.asset),
            Value::Null,
        )
        .await;
        post(
            &artist,
            &format!("/data/entities/{}/chat/messages", self.asset),
            json!({"message": "Hello"}),
        )
        .await;
        preview
    }
}

/// An installation without anything, on the other kind of database. Its server makes no administrator: everybody comes from
/// the other one.
async fn empty(on: On) -> Installation {
    let mut copy = Installation::on_database("", &[]);
    copy.database_url = match on {
        On::Sqlite => TestServer::empty_database().await,
        On::Postgres => format!("sqlite://{}", copy.data().join("dailies.db").display()),
    };
    copy
}

async fn pull(copy: &Installation, from: &Client, arguments: &[&str]) -> Ended {
    let token = from.token.clone().expect("a token");
    let mut all = vec!["--from", &from.url];
    all.extend(arguments);
    let ended = copy.run_with(&[("SYNC_TOKEN", &token)], "pull", &all).await;
    assert!(ended.success, "{ended:?}");
    ended
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_the_same_rows_and_files(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (studio, preview) = full(on).await;
    let copy = empty(on).await;
    let done = pull(&copy, &studio.admin, &[]).await;
    for word in ["differs", "refused", "not offered", "not fetched"] {
        assert!(!done.printed.contains(word), "{}", done.printed);
    }
    assert!(!copy.data().join("pull.json").exists());
    let server = copy.serve().await;
    let here = server.again(&studio.admin);
    assert_same(&studio.admin, &here).await;
    for path in [
        format!("/pictures/thumbnails/persons/{}.png", studio.admin_id),
        format!("/pictures/originals/preview-files/{preview}.png"),
        format!("/pictures/thumbnails-square/preview-files/{preview}.png"),
    ] {
        assert_eq!(
            here.get(&path).await.bytes,
            studio.admin.get(&path).await.bytes,
            "{path}"
        );
    }
    server.kill().await;

    // A second copy brings what has changed, and nothing twice.
    let place = made(&studio.admin, "/data/studios", json!({"name": "Paris", "color": ""})).await;
    let verified = pull(&copy, &studio.admin, &["--verify"]).await;
    assert_eq!(verified.printed.matches("differs").count(), 1, "{}", verified.printed);
    let again = pull(&copy, &studio.admin, &[]).await;
    assert!(
        !again.printed.contains("differs") && again.printed.contains("0 files"),
        "{}",
        again.printed
    );
    let server = copy.serve().await;
    server
        .again(&studio.admin)
        .get(&format!("/data/studios/{place}"))
        .await
        .expect(200);
    assert_same(&studio.admin, &server.again(&studio.admin)).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_goes_on_where_it_stopped(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (studio, _) = full(on).await;
    let copy = empty(on).await;
    let token = studio.admin.token.clone().expect("a token");
    let mut broken = copy.begin(&[("SYNC_TOKEN", &token)], "pull", &["--from", &studio.server.url]);
    let stage = || async {
        let text = tokio::fs::read(copy.data().join("pull.json")).await.ok()?;
        serde_json::from_slice::<Value>(&text).ok()?["stage"].as_u64()
    };
    for _ in 0..4000 {
        if stage().await.is_some_and(|stage| stage >= 10) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    broken.kill().await.expect("a copy on its way");
    assert!(
        stage().await.is_some_and(|stage| stage >= 10),
        "it was to be broken off in the middle"
    );
    let done = pull(&copy, &studio.admin, &[]).await;
    assert!(
        done.printed.contains("went on") && !done.printed.contains("differs"),
        "{}",
        done.printed
    );
    let server = copy.serve().await;
    assert_same(&studio.admin, &server.again(&studio.admin)).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn one_production_comes_alone(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (studio, preview) = full(on).await;
    let copy = empty(on).await;
    let token = studio.admin.token.as_deref().unwrap_or_default();
    let refused = copy
        .run_with(
            &[("SYNC_TOKEN", token)],
            "pull",
            &["--from", &studio.server.url, "--production", "Nowhere"],
        )
        .await;
    assert!(
        !refused.success && refused.complained.contains("Nowhere"),
        "{refused:?}"
    );
    let done = pull(&copy, &studio.admin, &["--production", "Wool"]).await;
    assert!(
        !done.printed.contains("differs") && !done.printed.contains("refused"),
        "{}",
        done.printed
    );
    let database = Database::connect(&copy.database_url, 1).await.expect("a connection");
    let count = |table: &'static str| {
        let database = database.clone();
        async move {
            let row = database
                .row(&Sql::new(format!("SELECT COUNT(*) FROM {table}")))
                .await
                .expect("an answer")
                .expect("a row");
            row.try_get_by_index::<i64>(0).expect("a number")
        }
    };
    assert_eq!(count("project").await, 1);
    assert!(count("task").await > 0 && count("comment").await > 0 && count("person").await > 3);
    database.close().await;
    let server = copy.serve().await;
    let path = format!("/pictures/originals/preview-files/{preview}.png");
    let here = server.again(&studio.admin);
    assert_eq!(here.get(&path).await.bytes, studio.admin.get(&path).await.bytes);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn one_production_goes_to_another_server(#[values(On::Sqlite, On::Postgres)] on: On) {
    let (studio, preview) = full(on).await;
    let copy = empty(on).await;
    pull(&copy, &studio.admin, &["--without-files"]).await;
    let server = copy.serve().await;
    let there = server.again(&studio.admin);
    let path = format!("/data/projects/{}", studio.project_id);
    there
        .put(
            &path,
            json!({"project_status_id": there.named("project-status", "Closed").await}),
        )
        .await
        .expect(200);
    assert_eq!(there.delete(&format!("{path}?force=true")).await.status, 204);
    let before = rows(&studio.admin, "tasks").await;
    assert!(rows(&there, "tasks").await.len() < before.len());
    let token = studio.admin.token.clone().expect("a token");
    let push = async |option: &str| {
        let commands = studio.server.commands();
        let arguments = ["--to", server.url.as_str(), "--production", "Wool", option];
        commands.run_with(&[("SYNC_TOKEN", &token)], "push", &arguments).await
    };
    let lacking = rows(&there, "tasks").await.len();
    let looked = push("--verify").await;
    assert!(looked.success && looked.printed.contains("differs"), "{looked:?}");
    assert_eq!(rows(&there, "tasks").await.len(), lacking, "nothing was pushed");
    let done = push("--without-files").await;
    assert!(done.success && !done.printed.contains("refused"), "{done:?}");
    assert_eq!(
        rows(&there, "tasks").await.keys().collect::<Vec<_>>(),
        before.keys().collect::<Vec<_>>()
    );
    for collection in ["entities", "comments", "entity-links", "playlists"] {
        let (here, pushed) = (rows(&studio.admin, collection).await, rows(&there, collection).await);
        assert_eq!(
            here.keys().collect::<Vec<_>>(),
            pushed.keys().collect::<Vec<_>>(),
            "{collection}"
        );
    }
    // A second time nothing is there twice.
    assert!(push("--without-files").await.success);
    assert_eq!(
        rows(&there, "comments").await.len(),
        rows(&studio.admin, "comments").await.len()
    );
    there.get(&format!("/data/preview-files/{preview}")).await.expect(200);
}

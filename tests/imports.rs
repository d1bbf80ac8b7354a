//! Tables as spreadsheets write them, and long ones.

use std::fmt::Write;

use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use harness::rows::insert;
use harness::{On, Studio, id};

/// Lines of a long table.
const LINES: usize = 5_000;
/// Statements that a long table may take when all of its lines are new, with their tasks, comments and events, and when
/// all are known: rows are written by the dozen.
const STATEMENTS: [(&str, u64); 2] = [("new", 2_000), ("known", 60)];

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn tables_of_any_spreadsheet_say_the_same(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let path = format!("/import/csv/projects/{}/assets", studio.project_id);
    let table = "Type;Name;Description\r\nDécor;Forêt;\"Été; très\r\nvert\"\r\n";
    let utf_16 = |order: fn(u16) -> [u8; 2]| table.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let windows: Vec<u8> = table
        .chars()
        .map(|letter| u8::try_from(u32::from(letter)).expect("a letter of Europe"))
        .collect();
    let files = [
        table.as_bytes().to_vec(),
        [&b"\xEF\xBB\xBF"[..], table.as_bytes()].concat(),
        [vec![0xFF, 0xFE], utf_16(u16::to_le_bytes)].concat(),
        [vec![0xFE, 0xFF], utf_16(u16::to_be_bytes)].concat(),
        utf_16(u16::to_le_bytes),
        windows,
    ];
    let first = studio.admin.send_file(&path, "assets.csv", &files[0]).await.expect(201);
    assert_eq!(first[0]["description"], "Été; très\r\nvert");
    for file in &files {
        assert_eq!(
            studio.admin.send_file(&path, "assets.csv", file).await.expect(201),
            first,
            "{file:?}"
        );
    }
}

/// A value of each kind of metadata, as clients store it.
fn metadata(person: Uuid) -> [(&'static str, Value); 10] {
    [
        ("string", json!("=1+1; \"two\"\nlines")),
        ("number", json!(12.5)),
        ("list", json!("big; red")),
        ("taglist", json!("a,b")),
        ("boolean", json!("true")),
        ("checklist", json!([{"text": "Rig; skin", "checked": true}])),
        ("date", json!("2026-03-01")),
        ("url", json!("https://example.com/?a=b;c")),
        ("textarea", json!(" indented\r\n- \u{2013} \u{e9} ")),
        ("person", json!(person)),
    ]
}

/// Prepares a production for the tables: metadata of each kind, task types, and people in its team.
async fn prepare(studio: &Studio, project: &str, people: &[Uuid]) {
    for kind in ["Asset", "Shot"] {
        for (data_type, _) in metadata(Uuid::nil()) {
            let column = json!({"name": data_type, "entity_type": kind, "data_type": data_type, "choices": [], "for_client": false, "departments": []});
            let path = format!("/data/projects/{project}/metadata-descriptors");
            studio.admin.post(&path, column).await.expect(201);
        }
    }
    for name in ["Modeling", "Animation"] {
        let task_type = studio.named("task-types", name).await;
        let path = format!("/data/projects/{project}/settings/task-types");
        studio
            .admin
            .post(&path, json!({"task_type_id": task_type, "priority": 1}))
            .await
            .expect(201);
    }
    for person in people {
        let path = format!("/data/projects/{project}/team");
        studio.admin.post(&path, json!({"person_id": person})).await.expect(201);
    }
}

/// Facts that tables say of entities: the records, and the status and assignees of their tasks.
async fn told(studio: &Studio, ids: &[Value]) -> Vec<(Value, Vec<(Value, Value)>)> {
    let mut found = Vec::new();
    for id in ids {
        let id = id.as_str().expect("an id");
        let entity = studio.admin.get(&format!("/data/entities/{id}")).await.expect(200);
        let path = format!("/data/tasks?entity_id={id}&relations=true");
        let tasks = studio.admin.get(&path).await.expect(200);
        let tasks = tasks.as_array().expect("tasks").iter().map(|task| {
            let mut assignees = task["assignees"].as_array().cloned().unwrap_or_default();
            assignees.sort_by_key(ToString::to_string);
            (task["task_status_id"].clone(), json!(assignees))
        });
        found.push((entity, tasks.collect()));
    }
    found
}

fn ids(rows: &Value) -> Vec<Value> {
    rows.as_array()
        .expect("rows")
        .iter()
        .map(|row| row["id"].clone())
        .collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_exported_comes_back(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let mut people = Vec::new();
    // Two share their name, and one has a comma in it.
    for (first, last) in [
        ("Kim", "Lee"),
        ("Kim", "Lee"),
        ("Ann", "Doe, Jr"),
        ("The \"Rock\"", "Stone"),
    ] {
        let email = format!("somebody{}@example.com", people.len());
        let body = json!({"first_name": first, "last_name": last, "email": email});
        let person = studio.admin.post("/data/persons", body).await.expect(201);
        people.push(id(&person));
    }
    let own = studio.project_id.to_string();
    let copy = json!({"name": "Copy", "production_type": "short"});
    let copy = id(&studio.admin.post("/data/projects", copy).await.expect(201)).to_string();
    for project in [&own, &copy] {
        prepare(&studio, project, &people).await;
    }
    let assignees = people.iter().map(Uuid::to_string).collect::<Vec<_>>().join(",");
    let tables = [
        (
            "assets",
            format!(
                "Type;Name;Description;Modeling;Modeling assignations\nProp;\"Oak, old; \"\"big\"\"\";'-tall;done;\"{assignees}\"\nProp;Pine;;;{}\n",
                people[0]
            ),
        ),
        (
            "shots",
            format!(
                "Sequence;Name;Frames;Frame In;Frame Out;FPS;Animation;Animation assignations\nSQ 1, a;\"SH;010\";100;1001;1100;23.976;todo;{}\nSQ 1, a;SH020;7;;;;;\n",
                people[2]
            ),
        ),
    ];
    for (what, table) in tables {
        let import = |project: &str| format!("/import/csv/projects/{project}/{what}?update=true");
        let made = studio
            .admin
            .send_file(&import(&own), "own.csv", table.as_bytes())
            .await
            .expect(201);
        let made = ids(&made);
        let first = made[0].as_str().expect("an id");
        let mut data = studio.admin.get(&format!("/data/entities/{first}")).await.expect(200)["data"].clone();
        for (field, value) in metadata(people[1]) {
            data[field] = value;
        }
        studio
            .admin
            .put(&format!("/data/entities/{first}"), json!({"data": data}))
            .await
            .expect(200);

        let before = told(&studio, &made).await;
        let exported = studio
            .admin
            .get(&format!("/export/csv/projects/{own}/{what}.csv"))
            .await;
        assert_eq!(exported.status, 200);
        let again = studio
            .admin
            .send_file(&import(&own), "again.csv", &exported.bytes)
            .await
            .expect(201);
        assert_eq!(ids(&again).len(), made.len(), "{what}");
        assert_eq!(
            told(&studio, &made).await,
            before,
            "{what}: nothing changes, not even when it was changed last"
        );

        let elsewhere = studio
            .admin
            .send_file(&import(&copy), "copy.csv", &exported.bytes)
            .await
            .expect(201);
        let copies = told(&studio, &ids(&elsewhere)).await;
        let originals = told(&studio, &ids(&again)).await;
        for ((copied, copied_tasks), (original, tasks)) in copies.iter().zip(&originals) {
            for key in ["name", "nb_frames", "entity_type_id"] {
                assert_eq!(copied[key], original[key], "{what}: {key}");
            }
            let text = |entity: &Value| entity["description"].as_str().unwrap_or_default().to_owned();
            assert_eq!(text(copied), text(original), "{what}");
            // Where nothing was said, a table says an empty text.
            for (key, value) in original["data"].as_object().into_iter().flatten() {
                assert_eq!(copied["data"][key], *value, "{what}: {key}");
            }
            assert_eq!(copied_tasks, tasks, "{what}");
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn long_tables_take_few_statements(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let project = format!("/data/projects/{}", studio.project_id);
    let modeling = studio.named("task-types", "Modeling").await;
    studio
        .admin
        .post(
            &format!("{project}/settings/task-types"),
            json!({"task_type_id": modeling, "priority": 1}),
        )
        .await
        .expect(201);
    let mut table = "Type,Name,Modeling,Modeling assignations\n".to_owned();
    for number in 0..LINES {
        let _ = writeln!(table, "Prop,Tree {number},done,Tim Team manager");
    }
    let path = format!("/import/csv/projects/{}/assets?update=true", studio.project_id);
    for (what, most) in STATEMENTS {
        let before = studio.server.app.database.statements();
        let began = std::time::Instant::now();
        let answer = studio
            .admin
            .send_file(&path, "assets.csv", table.as_bytes())
            .await
            .expect(201);
        assert_eq!(answer.as_array().map(Vec::len), Some(LINES));
        let count = studio.server.app.database.statements() - before;
        println!(
            "{on:?}: {LINES} {what} lines in {:?}, {count} statements",
            began.elapsed()
        );
        assert!(count <= most, "{count} statements for {LINES} {what} lines");
    }
    let done: Vec<Value> = studio
        .admin
        .get(&format!("/data/tasks?project_id={}", studio.project_id))
        .await
        .expect(200)
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert!(done.len() >= LINES);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn castings_tell_assets_of_one_name_apart(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let (admin, project) = (&studio.admin, format!("/data/projects/{}", studio.project_id));
    admin
        .put(&project, json!({"production_type": "tvshow"}))
        .await
        .expect(200);
    let prop = studio.named("entity-types", "Prop").await;
    let mut doors = Vec::new();
    let mut shot = Uuid::nil();
    for name in ["E01", "E02"] {
        let episode = admin.post(&format!("{project}/episodes"), json!({"name": name})).await;
        let episode = id(&episode.expect(201));
        let sequence = json!({"name": "SQ01", "episode_id": episode});
        let sequence = id(&admin.post(&format!("{project}/sequences"), sequence).await.expect(201));
        let body = json!({"name": "SH010", "sequence_id": sequence});
        shot = id(&admin.post(&format!("{project}/shots"), body).await.expect(201));
        let door = vec![
            ("name", "Door".into()),
            ("project_id", studio.project_id.into()),
            ("entity_type_id", prop.into()),
            ("source_id", episode.into()),
        ];
        let door = insert(&studio.server.app.database, &entity::entity::TABLE, door).await;
        doors.push(door.expect("an asset"));
    }
    let path = format!("/import/csv/projects/{}/casting", studio.project_id);
    let table = "Episode;Parent;Name;Asset Type;Asset;Occurences\nE02;SQ01;SH010;Prop;Door;2\n";
    admin
        .send_file(&path, "casting.csv", table.as_bytes())
        .await
        .expect(201);
    let casting = format!("{project}/entities/{shot}/casting");
    let cast = async || {
        let rows = admin.get(&casting).await.expect(200);
        let row = |row: &Value| (row["asset_id"].clone(), row["nb_occurences"].clone());
        let mut rows: Vec<(Value, Value)> = rows.as_array().expect("a list").iter().map(row).collect();
        rows.sort_by_key(|(_, count)| count.as_i64());
        rows
    };
    assert_eq!(cast().await, [(json!(doors[1]), json!(2))], "the door of the episode");

    // Both are cast, and what goes out comes back to each.
    let both = json!([
        {"asset_id": doors[1], "nb_occurences": 2, "label": "fixed"},
        {"asset_id": doors[0], "nb_occurences": 5, "label": "fixed"},
    ]);
    admin.put(&casting, both).await.expect(200);
    let before = cast().await;
    assert_eq!(before.len(), 2);
    let export = format!(
        "/export/csv/projects/{}/casting.csv?is_shot_casting=true",
        studio.project_id
    );
    let exported = admin.get(&export).await;
    assert_eq!(exported.status, 200);
    admin.send_file(&path, "casting.csv", &exported.bytes).await.expect(201);
    assert_eq!(cast().await, before);
}

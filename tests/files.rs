//! Working files and output files where several people work at once, and contents of working files, large ones included.

use std::collections::BTreeSet;

use dailies_definitions::access::Role;
use futures::future::join_all;
use futures::stream;
use reqwest::Method;
use reqwest::header::{CONTENT_RANGE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use harness::{Client, Installation, On, Studio, id};

/// Calls at once.
const CALLS: usize = 8;

/// A task of an asset in a production with a tree.
struct Desk {
    asset: Uuid,
    task: Uuid,
    task_type: Uuid,
    output_type: Uuid,
}

impl Desk {
    async fn set(admin: &Client, project: Uuid) -> Self {
        let task_type = admin.named("task-types", "Modeling").await;
        admin
            .post(
                &format!("/actions/projects/{project}/set-file-tree"),
                json!({"tree_name": "simple"}),
            )
            .await
            .expect(200);
        let asset = admin.make_asset(project, "Tree").await;
        let task = id(&admin
            .post("/data/tasks", json!({"entity_id": asset, "task_type_id": task_type}))
            .await
            .expect(201));
        let output_type = id(&admin
            .post("/data/output-types", json!({"name": "Cache", "short_name": "cch"}))
            .await
            .expect(201));
        Self {
            asset,
            task,
            task_type,
            output_type,
        }
    }

    async fn working_file(&self, client: &Client) -> Uuid {
        id(&client
            .post(
                &format!("/data/tasks/{}/working-files/new", self.task),
                json!({"name": "main"}),
            )
            .await
            .expect(201))
    }

    fn output(&self) -> Value {
        json!({"output_type_id": self.output_type, "task_type_id": self.task_type})
    }
}

fn revisions(key: &str, answers: &[Value]) -> BTreeSet<i64> {
    answers
        .iter()
        .map(|answer| answer[key].as_i64().expect("a revision"))
        .collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn all_who_enter_files_at_once_get_revisions_of_their_own(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let desk = Desk::set(&studio.admin, studio.project_id).await;
    let people: Vec<Client> = [Role::Artist, Role::Manager].map(|role| studio.member(role)).into();
    let callers = || people.iter().cycle().take(CALLS);
    let expected: BTreeSet<i64> = (1..).take(CALLS).collect();
    let instance = json!({"asset_id": desk.asset, "name": "Tree_0001", "number": 1});
    let instance = id(&studio.admin.post("/data/asset-instances", instance).await.expect(201));
    let calls = [
        (
            format!("/data/tasks/{}/working-files/new", desk.task),
            json!({"name": "main"}),
        ),
        (format!("/data/entities/{}/output-files/new", desk.asset), desk.output()),
        (
            format!(
                "/data/asset-instances/{instance}/entities/{}/output-files/new",
                desk.asset
            ),
            desk.output(),
        ),
    ];
    for (path, body) in calls {
        let answers = join_all(callers().map(|client| client.post(&path, body.clone()))).await;
        let answers: Vec<Value> = answers.into_iter().map(|answer| answer.expect(201)).collect();
        assert_eq!(revisions("revision", &answers).len(), CALLS, "{path}");
        // Files of the instance count among those of its asset, which come before.
        assert!(revisions("revision", &answers).is_superset(&expected), "{path}");
        let paths: BTreeSet<&str> = answers.iter().filter_map(|answer| answer["path"].as_str()).collect();
        assert_eq!(paths.len(), CALLS, "{path}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn all_who_ask_for_the_next_revision_at_once_may_publish(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let desk = Desk::set(&studio.admin, studio.project_id).await;
    let people: Vec<Client> = [Role::Artist, Role::Manager, Role::Supervisor]
        .map(|role| studio.member(role))
        .into();
    let next = format!("/data/entities/{}/output-files/next-revision", desk.asset);
    let told = join_all(people.iter().map(|client| client.post(&next, desk.output()))).await;
    let told: Vec<Value> = told.into_iter().map(|answer| answer.expect(200)).collect();
    assert_eq!(revisions("next_revision", &told), BTreeSet::from([1, 2, 3]));
    let new = format!("/data/entities/{}/output-files/new", desk.asset);
    for (client, told) in people.iter().zip(&told) {
        let mut body = desk.output();
        body["revision"] = told["next_revision"].clone();
        assert_eq!(
            client.post(&new, body).await.expect(201)["revision"],
            told["next_revision"]
        );
    }
    let again = people[0].post(&next, desk.output()).await.expect(200);
    assert_eq!(again, json!({"next_revision": 4}));
    // Whoever was told a revision gets it without naming it, too.
    assert_eq!(
        people[1].post(&next, desk.output()).await.expect(200),
        json!({"next_revision": 5})
    );
    assert_eq!(people[1].post(&new, desk.output()).await.expect(201)["revision"], 5);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn contents_come_back_as_they_were_sent(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let desk = Desk::set(&studio.admin, studio.project_id).await;
    let artist = studio.member(Role::Artist);
    let file = desk.working_file(&artist).await;
    let path = format!("/data/working-files/{file}/file");
    let content: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let answer = artist.send_file(&path, "main.blend", &content).await.expect(201);
    assert_eq!((&answer["id"], &answer["outputs"]), (&json!(file), &json!([])));
    assert_eq!(artist.get(&path).await.bytes, content);

    let ask = |name: reqwest::header::HeaderName, value: String| artist.request(Method::GET, &path).header(name, value);
    let part = ask(RANGE, "bytes=1000-1999".into()).send().await.expect("an answer");
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()[CONTENT_RANGE], "bytes 1000-1999/400000");
    assert_eq!(
        part.headers()["cache-control"]
            .to_str()
            .ok()
            .map(|value| value.contains("private")),
        Some(true)
    );
    assert_eq!(part.headers()["content-disposition"], "inline; filename=\"\"");
    assert_eq!(part.headers()["content-type"], "application/octet-stream");
    let tag = part.headers()[ETAG].to_str().expect("a tag").to_owned();
    assert_eq!(part.bytes().await.expect("a part"), content[1000..2000]);
    assert_eq!(
        ask(RANGE, "bytes=400000-".into())
            .send()
            .await
            .expect("an answer")
            .status(),
        416
    );
    assert_eq!(
        ask(IF_NONE_MATCH, tag.clone())
            .send()
            .await
            .expect("an answer")
            .status(),
        304
    );
    let rest = ask(RANGE, "bytes=399990-".into())
        .header(IF_RANGE, &tag)
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        (rest.status().as_u16(), rest.bytes().await.expect("a part")),
        (206, content[399_990..].to_vec().into())
    );

    // Another content takes its place, and a download that was broken off begins again.
    let other = b"something else".to_vec();
    artist.send_file(&path, "main.blend", &other).await.expect(201);
    let whole = ask(RANGE, "bytes=399990-".into())
        .header(IF_RANGE, &tag)
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        (whole.status().as_u16(), whole.bytes().await.expect("all")),
        (200, other.clone().into())
    );

    // The team reads; whoever does not act on the task does not write, and what is refused leaves the content alone.
    assert_eq!(studio.member(Role::Client).get(&path).await.bytes, other);
    for client in [studio.member(Role::Vendor), studio.stranger(Role::Manager)] {
        assert_eq!(client.get(&path).await.status, 403);
        assert_eq!(client.send_file(&path, "main.blend", b"x").await.status, 403);
    }
    artist.send_file(&path, "main.blend", b"").await.message(400);
    let nothing = "--limit\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\nmain\r\n--limit--\r\n";
    artist.send_form(&path, nothing).await.message(400);
    assert_eq!(artist.get(&path).await.bytes, other);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_contents_go_through_little_memory() {
    const PART: usize = 1 << 20;
    const PARTS: usize = 384;
    let installation = Installation::new(On::Sqlite, &[]).await;
    let server = installation.serve().await;
    let admin = server.admin().await;
    let project = id(&admin.post("/data/projects", json!({"name": "Wool"})).await.expect(201));
    let desk = Desk::set(&admin, project).await;
    let path = format!("/data/working-files/{}/file", desk.working_file(&admin).await);
    let before = server.most_memory();
    let head = b"--limit\r\ncontent-disposition: form-data; name=\"file\"; filename=\"main.blend\"\r\n\r\n".to_vec();
    let content = (0..PARTS).map(|at| vec![u8::try_from(at % 251).unwrap_or_default(); PART]);
    let parts = std::iter::once(head)
        .chain(content)
        .chain([b"\r\n--limit--\r\n".to_vec()]);
    let body = reqwest::Body::wrap_stream(stream::iter(parts.map(Ok::<_, std::io::Error>)));
    let request = admin.form(&path, body);
    assert_eq!(request.send().await.expect("an answer").status(), 201);
    let mut download = admin.request(Method::GET, &path).send().await.expect("an answer");
    let (mut size, mut sum) = (0, 0_u64);
    while let Some(bytes) = download.chunk().await.expect("the content") {
        size += bytes.len();
        sum += bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
    }
    let expected: u64 = (0..PARTS).map(|at| (at % 251) as u64 * PART as u64).sum();
    assert_eq!((size, sum), (PART * PARTS, expected));
    let memory = server.most_memory();
    assert!(memory < before + 60, "{before} MiB before, {memory} MiB at most");
}

//! Every operation of the contract, called by nobody and by each role in and out of the team: who is let in is what the
//! contract says.

use std::collections::HashMap;

use dailies_definitions::access::Role;
use dailies_definitions::rules::RecordRule;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

use harness::{Client, On, Studio, contract, id};

/// Operations that say of themselves that clients are refused, whatever their rule says.
const NO_CLIENTS: [&str; 1] = ["get_concept_previews"];

/// One operation with the rule that it names.
pub struct Operation {
    id: String,
    pub method: Method,
    pub path: String,
    pub rule: String,
    /// The rule about records that it names, where it names one.
    record: Option<RecordRule>,
    has_body: bool,
}

/// The operations of the contract, with who may call them.
pub fn operations() -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in contract()["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("a path item") {
            let (rule, what) = split(operation["x-access"].as_str().expect("an access rule"));
            found.push(Operation {
                id: operation["operationId"].as_str().expect("an id").to_owned(),
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                rule: rule.to_owned(),
                record: (rule == "row").then(|| {
                    RecordRule::ALL
                        .into_iter()
                        .find(|known| Some(known.name()) == what)
                        .expect("a rule about records")
                }),
                has_body: operation.get("requestBody").is_some(),
            });
        }
    }
    found
}

/// `rule(what)`
fn split(text: &str) -> (&str, Option<&str>) {
    text.split_once('(')
        .map_or((text, None), |(rule, what)| (rule, Some(what.trim_end_matches(')'))))
}

/// True if a rule about records lets strangers in to some of them.
fn is_open_to_strangers(rule: RecordRule) -> bool {
    use RecordRule::*;
    match rule {
        AssetLister | DatesLister | EventReader | FileLister | NotVendor | OtherAccount | OwnAccount | OwnRecord
        | PersonViewer | PlaylistLister | PreviewViewer | ProductionViewer | QuotaReader | ShotsReader | TimeReader
        | WorkLister => true,
        AbsenceReader
        | AttachmentReader
        | BuildViewer
        | ChatMessageKeeper
        | ColumnReader
        | CommentEditor
        | CommentKeeper
        | CommentReader
        | CommentReplier
        | EntityEditor
        | EntityReader
        | EntityRemover
        | EntityWorker
        | FileWorker
        | Follower
        | InstanceKeeper
        | PlanLister
        | PlaylistDownloader
        | PlaylistKeeper
        | PlaylistReader
        | PreviewEditor
        | PreviewReader
        | PreviewReviewer
        | ProductionLister
        | ProductionListerNotVendor
        | ProductionManager
        | ProductionMember
        | ProductionStaff
        | ProductionStaffLister
        | ProductionSupervisor
        | ReplyKeeper
        | SequenceFollower
        | TaskActor
        | TaskAssigner
        | TaskCommenter
        | TaskPresenter
        | TaskReader
        | TaskSupervisor
        | TaskUnassigner
        | TaskWorker
        | TimeLogger => false,
    }
}

/// True if an operation lets somebody in whose rule is about a record: strangers are refused, as far as no body is needed
/// to find the record.
fn allowed_record(operation: &Operation, role: Role, in_team: bool) -> Option<bool> {
    let stranger = !in_team && role != Role::Admin;
    let by_address = operation.path.contains('{') && !operation.has_body;
    operation
        .record
        .filter(|rule| stranger && by_address && !is_open_to_strangers(*rule))
        .map(|_| false)
}

/// True if nobody has to be signed in.
fn is_open(rule: &str) -> bool {
    matches!(rule, "public" | "share-link")
}

/// True if a rule lets somebody in; none where it depends on more than role and team.
fn allowed(rule: &str, role: Role, in_team: bool) -> Option<bool> {
    let admin = role == Role::Admin;
    Some(match rule {
        "public" | "anyone" | "human" | "session" => true,
        "admin" => admin,
        "studio-manager" => admin || role == Role::Manager,
        "project-member" => admin || in_team,
        "project-member-not-vendor" => admin || (in_team && role != Role::Vendor),
        "project-member-not-client" => admin || (in_team && role != Role::Client),
        "project-staff" => admin || (in_team && !matches!(role, Role::Vendor | Role::Client)),
        "project-supervisor" => admin || (in_team && matches!(role, Role::Manager | Role::Supervisor)),
        "project-manager" => admin || (in_team && role == Role::Manager),
        "entity-reader" | "task-reader" => admin || (in_team && role != Role::Vendor),
        "task-actor" => admin || (in_team && matches!(role, Role::Manager | Role::Client | Role::Supervisor)),
        "self-or-admin" => admin,
        "row" | "refresh" | "share-link" => return None,
        other => panic!("the rule {other} is not known here"),
    })
}

/// Records that the operations are tried on.
pub async fn fixtures(studio: &Studio) -> HashMap<&'static str, Uuid> {
    let admin = &studio.admin;
    let project = studio.project_id;
    let asset_type = studio.named("entity-types", "Character").await;
    let shot_type = studio.named("entity-types", "Shot").await;
    let modeling = studio.named("task-types", "Modeling").await;
    let entity = |name: &str, kind: Uuid| {
        admin.post(
            "/data/entities",
            json!({"name": name, "project_id": project, "entity_type_id": kind}),
        )
    };
    let asset = id(&entity("Sheep", asset_type).await.expect(201));
    let shot = id(&entity("SH010", shot_type).await.expect(201));
    let sequence_type = studio.named("entity-types", "Sequence").await;
    let episode_type = studio.named("entity-types", "Episode").await;
    let sequence = id(&entity("SQ01", sequence_type).await.expect(201));
    let episode = id(&entity("E01", episode_type).await.expect(201));
    let [edit, scene, concept] = ["edits", "scenes", "concepts"].map(|kind| {
        let path = format!("/data/projects/{project}/{kind}");
        async move { id(&admin.post(&path, json!({"name": kind})).await.expect(201)) }
    });
    let (edit, scene, concept) = (edit.await, scene.await, concept.await);
    let task = id(&admin
        .post("/data/tasks", json!({"entity_id": asset, "task_type_id": modeling}))
        .await
        .expect(201));
    HashMap::from([
        ("project_id", project),
        ("asset_id", asset),
        ("entity_id", asset),
        ("shot_id", shot),
        ("sequence_id", sequence),
        ("episode_id", episode),
        ("edit_id", edit),
        ("scene_id", scene),
        ("concept_id", concept),
        ("task_id", task),
        ("task_type_id", modeling),
        ("asset_type_id", asset_type),
        ("person_id", studio.admin_id),
    ])
}

/// The path with values in the place of its parameters.
pub fn fill(path: &str, values: &HashMap<&'static str, Uuid>) -> String {
    let mut filled = String::new();
    for part in path.split_inclusive('}') {
        match part.split_once('{') {
            Some((before, name)) => {
                filled.push_str(before);
                let name = name.trim_end_matches('}');
                let value = match name {
                    "date" => "2026-03-02".to_owned(),
                    "month_date" => "2026-03".to_owned(),
                    "year" => "2026".to_owned(),
                    "month" | "week" | "day" | "frame_number" => "3".to_owned(),
                    _ => values.get(name).copied().unwrap_or_else(Uuid::new_v4).to_string(),
                };
                filled.push_str(&value);
            }
            None => filled.push_str(part),
        }
    }
    filled
}

async fn call(client: &Client, operation: &Operation, path: &str) -> u16 {
    let body = operation.has_body.then(|| json!({}));
    client.send(operation.method.clone(), path, body).await.status
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_contract_says_who_is_let_in(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let values = fixtures(&studio).await;
    let unknown = HashMap::new();
    let mut problems = Vec::new();
    for operation in operations() {
        let path = fill(&operation.path, &values);
        // Signing out and the like must not end the session of the test.
        let own_session = operation.path.starts_with("/auth/") || operation.path.contains("test-event");
        let status = call(&studio.server.nobody(), &operation, &path).await;
        if operation.rule == "share-link" && status != 404 {
            problems.push(format!("{}: a link that is none got {status}", operation.id));
        }
        if !is_open(&operation.rule) && status != 401 {
            problems.push(format!("{}: nobody got {status}", operation.id));
        }
        if own_session {
            continue;
        }
        for role in Role::ALL {
            for in_team in [true, false] {
                let client = match (role, in_team) {
                    (Role::Admin, _) => studio.admin.clone(),
                    (_, true) => studio.member(role),
                    (_, false) => studio.stranger(role),
                };
                let Some(allowed) =
                    allowed(&operation.rule, role, in_team).or_else(|| allowed_record(&operation, role, in_team))
                else {
                    continue;
                };
                let allowed = allowed && !(role == Role::Client && NO_CLIENTS.contains(&operation.id.as_str()));
                // What is let in is tried where nothing can be destroyed.
                let harmless = matches!(operation.method, Method::GET) || !allowed;
                let path = if harmless {
                    path.clone()
                } else {
                    fill(&operation.path, &unknown)
                };
                if allowed && !harmless && !operation.path.contains('{') && !operation.has_body {
                    continue;
                }
                let status = call(&client, &operation, &path).await;
                let refused = status == 403 || (status == 404 && !operation.path.contains("{project_id}"));
                let right = if allowed {
                    status != 401 && (status != 403 || !harmless)
                } else {
                    refused
                };
                if !right {
                    let place = if in_team { "in the team" } else { "outside" };
                    problems.push(format!(
                        "{} ({}): {} {place} got {status}",
                        operation.id,
                        operation.record.map_or(operation.rule.as_str(), |rule| rule.name()),
                        role.code()
                    ));
                }
            }
        }
    }
    assert!(
        problems.is_empty(),
        "{} problem(s):\n{}",
        problems.len(),
        problems.join("\n")
    );
}

#[test]
fn every_operation_names_a_rule_of_the_list() {
    for operation in operations() {
        let _known = allowed(&operation.rule, Role::Admin, true);
        let secured = contract().pointer(&format!(
            "/paths/{}/{}/security",
            operation.path.replace('/', "~1"),
            operation.method.as_str().to_lowercase()
        ));
        let open = secured.and_then(Value::as_array).is_none_or(Vec::is_empty);
        assert_eq!(open, is_open(&operation.rule), "{}", operation.id);
    }
}

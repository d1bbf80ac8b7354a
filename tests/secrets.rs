//! Secrets that are kept in one place are kept in all: every GET of the contract is asked by people who are hidden
//! something, with the records of a production and with each parameter that the contract has, and no answer has a
//! word of it.

use std::collections::{BTreeMap, BTreeSet};

use dailies::database::{Database, Sql};
use dailies_definitions::access::Role;
use entity::facts::Table;
use rstest::rstest;
use sea_orm::Value as SqlValue;
use serde_json::json;
use uuid::Uuid;

use crate::concurrency::calls::{Operation, readings};
use crate::concurrency::sample::{Sample, Which};
use crate::concurrency::{no_problems, studio};
use crate::references::Two;
use harness::rows::{execute, insert_column, insert_many, leave_column_to, update};
use harness::{Client, ENTITIES, On, Studio};

/// Somebody who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Client,
    /// A supervisor of the studio who is a client of the production.
    LentOut,
    Vendor,
    Artist,
    /// A manager of another production.
    Manager,
    /// A client of another production.
    Stranger,
}

use Who::{Artist, Client as TheClient, LentOut, Manager, Stranger, Vendor};

/// Words, and who is never told them.
const SECRETS: [(&str, &[Who]); 8] = [
    // A value of a column that is neither for clients nor for other departments.
    ("METASECRET", &[TheClient, LentOut, Vendor, Manager, Stranger]),
    // A comment of the team, and a reply to it.
    ("TEAMSECRET", &[TheClient, LentOut, Manager, Stranger]),
    // A comment of a client.
    ("CLIENTSECRET", &[Vendor, Artist, Manager, Stranger]),
    // A playlist that is not for clients.
    ("LISTSECRET", &[TheClient, LentOut, Vendor, Manager, Stranger]),
    // A search that the team shares.
    ("FILTERSECRET", &[TheClient, LentOut, Manager, Stranger]),
    // Minutes that somebody spent.
    ("43219876", &[TheClient, LentOut, Vendor, Manager, Stranger]),
    // What somebody earns in a day.
    ("77719876", &[TheClient, LentOut, Vendor, Artist, Manager, Stranger]),
    // A file of another task.
    ("FILESECRET", &[Manager, Stranger]),
];

/// Records that a column of metadata may be of.
const KINDS: [&str; 7] = ["Asset", "Shot", "Sequence", "Episode", "Edit", "Task", "Project"];

/// True if an operation ends the session, or tells whoever has the link of a shared playlist.
fn is_elsewhere(operation: &Operation) -> bool {
    ["/auth/logout", "/auth/refresh-token", "/shared/"]
        .iter()
        .any(|start| operation.path.starts_with(start))
}

async fn set(
    database: &Database,
    table: &'static Table,
    sample: &Sample,
    (word, which): (&str, Which),
    values: Vec<(&'static str, SqlValue)>,
) {
    let id = sample
        .own_record(word, which)
        .unwrap_or_else(|| panic!("the sample has no {word}"));
    assert!(
        update(database, table, id, values).await.expect("a change"),
        "there is no {word}"
    );
}

/// Gives the records of a production values in columns that are neither for clients nor for other departments.
async fn hide_metadata(studio: &Studio, p: &Sample) {
    let database = &studio.server.app.database;
    let project = p.own_record("project", Which::First).expect("a production");
    let department = studio.named("departments", "Modeling").await;
    for kind in KINDS {
        let (name, field) = (format!("Hidden {kind}"), format!("hidden_{}", kind.to_lowercase()));
        let column = insert_column(database, project, kind, (&name, &field), false)
            .await
            .expect("a column");
        leave_column_to(database, column, department)
            .await
            .expect("a department");
    }
    let data = |kind: &str| vec![("data", json!({format!("hidden_{kind}"): "METASECRET"}).into())];
    for which in [Which::First, Which::Second] {
        for kind in ["asset", "shot", "sequence", "episode", "edit"] {
            set(database, &entity::entity::TABLE, p, (kind, which), data(kind)).await;
        }
        set(database, &entity::task::TABLE, p, ("task", which), data("task")).await;
    }
    set(
        database,
        &entity::project::TABLE,
        p,
        ("project", Which::First),
        data("project"),
    )
    .await;
}

/// Makes comments those of the team and of a client, each with a reply.
async fn hide_comments(studio: &Studio, p: &Sample) {
    let database = &studio.server.app.database;
    for (which, word, author) in [
        (Which::First, "TEAMSECRET", Role::Manager),
        (Which::Second, "CLIENTSECRET", Role::Client),
    ] {
        let author = studio.member_id(author);
        let reply = json!([{"id": Uuid::new_v4(), "date": "2026-03-02T10:00:00", "person_id": author, "text": word}]);
        let values = vec![
            ("text", word.into()),
            ("person_id", author.into()),
            ("for_client", false.into()),
            ("replies", reply.into()),
        ];
        set(database, &entity::comment::TABLE, p, ("comment", which), values).await;
    }
}

/// Puts words into the production that are not for everybody.
async fn hide(studio: &Studio, two: &Two<'_>) {
    let database = &studio.server.app.database;
    let p = &two.p;
    let project = p.own_record("project", Which::First).expect("a production");
    hide_metadata(studio, p).await;
    hide_comments(studio, p).await;
    for which in [Which::First, Which::Second] {
        let values = vec![
            ("name", format!("LISTSECRET {which:?}").into()),
            ("for_client", false.into()),
        ];
        set(database, &entity::playlist::TABLE, p, ("playlist", which), values).await;
        let worker: Uuid = studio.member_id(Role::Manager);
        let values = vec![("duration", 43_219_876.0.into()), ("person_id", worker.into())];
        set(database, &entity::time_spent::TABLE, p, ("time_spent", which), values).await;
        set(
            database,
            &entity::working_file::TABLE,
            p,
            ("working_file", which),
            vec![("comment", "FILESECRET".into())],
        )
        .await;
        set(
            database,
            &entity::output_file::TABLE,
            p,
            ("output_file", which),
            vec![("comment", "FILESECRET".into())],
        )
        .await;
    }
    let values = vec![
        ("name", "FILTERSECRET".into()),
        ("is_shared", true.into()),
        ("project_id", project.into()),
    ];
    set(
        database,
        &entity::search_filter::TABLE,
        p,
        ("search_filter", Which::First),
        values,
    )
    .await;
    let earns = vec![("daily_salary", 77_719_876.into())];
    assert!(
        update(database, &entity::person::TABLE, studio.member_id(Role::Manager), earns)
            .await
            .expect("a salary")
    );
}

/// Those who ask, the people of the other production in its team.
async fn askers(studio: &Studio, two: &Two<'_>) -> Vec<(Who, Client)> {
    let database = &studio.server.app.database;
    let q = two.q.own_record("project", Which::First).expect("a production");
    for role in [Role::Manager, Role::Client] {
        let link = vec![("project_id", q.into()), ("person_id", studio.stranger_id(role).into())];
        insert_many(database, &entity::project_person_link::TABLE, vec![link])
            .await
            .expect("a place in the team");
    }
    let lent_out = studio.member_id(Role::Supervisor);
    let sql = Sql::with(
        "UPDATE project_person_link SET role = 'client' WHERE person_id = $1",
        [lent_out.into()],
    );
    execute(&studio.server.app.database, &sql).await.expect("a role");
    vec![
        (TheClient, studio.member(Role::Client)),
        (LentOut, studio.member(Role::Supervisor)),
        (Vendor, studio.member(Role::Vendor)),
        (Artist, studio.member(Role::Artist)),
        (Manager, studio.stranger(Role::Manager)),
        (Stranger, studio.stranger(Role::Client)),
    ]
}

/// Words of an answer that it should not have.
fn told(two: &Two<'_>, who: Who, text: &str) -> BTreeSet<String> {
    let hidden = SECRETS
        .iter()
        .filter(|(_, from)| from.contains(&who))
        .map(|(word, _)| (*word).to_owned());
    let entities = ENTITIES
        .iter()
        .map(|(kind, ..)| format!("{kind} {} ", two.p.mark))
        .filter(|_| matches!(who, Manager | Stranger));
    hidden
        .chain(entities)
        .filter(|word| text.contains(word.as_str()))
        .collect()
}

/// Asks one operation in every way, and counts the answers.
async fn ask(
    two: &Two<'_>,
    operation: &Operation,
    (who, client): &(Who, Client),
    answers: &mut BTreeMap<u16, usize>,
) -> Vec<String> {
    let mut problems = Vec::new();
    for which in [Which::First, Which::Second] {
        for call in operation.questions(&two.p, which) {
            let (status, text) = call.send(client).await;
            *answers.entry(status).or_default() += 1;
            if status == 500 {
                problems.push(format!("{} {}: {status} {text}", operation.id, call.path));
            }
            let told = told(two, *who, &text);
            if !told.is_empty() {
                problems.push(format!("{} {} tells {who:?} {told:?}", operation.id, call.path));
            }
        }
    }
    problems
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_is_told_nowhere(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = studio(on).await;
    let two = Two::of(&studio).await;
    hide(&studio, &two).await;
    let askers = askers(&studio, &two).await;
    let mut problems = Vec::new();
    let mut answers = BTreeMap::new();
    let operations = readings();
    for operation in operations.iter().filter(|operation| !is_elsewhere(operation)) {
        for asker in &askers {
            problems.extend(ask(&two, operation, asker, &mut answers).await);
        }
    }
    println!("{on:?}: {} operations, answers {answers:?}", operations.len());
    no_problems(on, &problems);
    assert!(answers[&200] > 2000, "almost nothing was answered: {answers:?}");
}

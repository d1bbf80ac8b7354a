//! Every event is told to those whom it concerns, and to nobody else: all operations are called in one production, and
//! people of several productions listen.

use std::collections::{BTreeMap, BTreeSet};

use dailies::database::Database;
use dailies_definitions::access::Role;
use entity::belonging::Belonging;
use entity::facts::Table;
use rstest::rstest;
use serde_json::{Value, json};

use super::invariant::production_of;
use super::two::Two;
use crate::concurrency::calls::{Operation, operations};
use crate::concurrency::{no_problems, studio};
use harness::rows::insert_many;
use harness::{ENTITIES, Listener, On, contract};

/// Names of events in the contract, such as `task:update`.
fn names_in_the_contract() -> BTreeSet<String> {
    let text = contract().to_string();
    let is_name = |word: &&str| {
        let part = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_'))
        };
        word.split_once(':')
            .is_some_and(|(before, after)| part(before) && part(after))
    };
    text.split('`').filter(is_name).map(str::to_owned).collect()
}

/// True if what an event is about belongs to a production, by the table that its name begins with.
fn is_of_production(name: &str) -> bool {
    let word = name.split(':').next().unwrap_or_default().replace('-', "_");
    let entity = ENTITIES.iter().any(|(kind, ..)| *kind == word);
    entity || (Table::find(&word).is_some() && Belonging::of(&word) != Belonging::Studio)
}

/// True if an event is about a record that belongs to no production although others of its kind do, such as a file that
/// waits for its message.
async fn is_loose(database: &Database, name: &str, payload: &Value) -> bool {
    let word = name.split(':').next().unwrap_or_default().replace('-', "_");
    let Some(table) = Table::find(&word) else { return false };
    let Some(id) = payload[format!("{word}_id")].as_str().and_then(|id| id.parse().ok()) else {
        return false;
    };
    production_of(database, table, id).await.is_none()
}

/// Listener.
struct Ear {
    who: &'static str,
    listener: Listener,
}

/// Makes the first derived call that succeeds.
async fn call(two: &mut Two<'_>, operation: &Operation) -> bool {
    for choice in operation.choices() {
        two.renew().await;
        if operation.call(&two.p, choice, None).send(&two.p.caller).await.0 < 300 {
            return true;
        }
    }
    false
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_production_are_told_to_its_team_alone(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = studio(on).await;
    let mut two = Two::of(&studio).await;
    let of_q = studio.stranger_id(Role::Manager);
    let q = two.q.own_record("project", super::Which::First);
    let link = vec![("project_id", q.into()), ("person_id", of_q.into())];
    insert_many(
        &studio.server.app.database,
        &entity::project_person_link::TABLE,
        vec![link],
    )
    .await
    .expect("a place in the team");
    let ears = [
        ("stranger", studio.stranger(Role::Manager)),
        ("client", studio.member(Role::Client)),
        ("admin", studio.admin.clone()),
    ];
    let mut open = Vec::new();
    for (who, client) in &ears {
        open.push(Ear {
            who,
            listener: Listener::open(client).await,
        });
    }
    let mut problems = Vec::new();
    let mut heard: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let marker = studio.named("departments", "Animation").await;
    let ended =
        |operation: &Operation| operation.path.starts_with("/auth/") || operation.path.starts_with("/data/departments");
    for (at, operation) in operations().iter().filter(|operation| !ended(operation)).enumerate() {
        call(&mut two, operation).await;
        studio
            .admin
            .put(
                &format!("/data/departments/{marker}"),
                json!({"name": format!("Animation {at}")}),
            )
            .await
            .expect(200);
        for Ear { who, listener } in &open {
            for (name, payload) in listener.until("department:update").await {
                heard.entry(name.clone()).or_default().insert(who);
                let text = payload.to_string();
                let of_production = two.pairs().iter().any(|(_, id)| text.contains(&id.to_string()));
                let theirs = payload["project_id"] == json!(q);
                if *who == "stranger" && !theirs && (of_production || is_of_production(&name)) {
                    problems.push(format!("{}: a stranger hears {name} {payload}", operation.id));
                }
                if *who == "client" && text.contains(&two.p.mark) {
                    problems.push(format!("{}: a client hears words in {name} {payload}", operation.id));
                }
                let silent = payload["project_id"] == Value::Null
                    && !is_loose(&studio.server.app.database, &name, &payload).await;
                if *who == "admin" && (of_production || is_of_production(&name)) && silent {
                    problems.push(format!(
                        "{}: {name} {payload} does not say its production",
                        operation.id
                    ));
                }
            }
        }
    }
    let stated = names_in_the_contract();
    let silent: Vec<&String> = stated.iter().filter(|name| !heard.contains_key(*name)).collect();
    println!(
        "{on:?}: {} names heard, {} stated; not heard: {silent:?}",
        heard.len(),
        stated.len()
    );
    no_problems(on, &problems);
    assert!(
        silent.len() * 4 < stated.len(),
        "too few of the events were heard: {silent:?}"
    );
}

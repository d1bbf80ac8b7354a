//! Separation of productions: nobody gives a record of theirs a row of a production that they are not in, and no row
//! ever refers to two productions.
//!
//! The contract gives the operations, the entities give the columns (`two`). There are two productions with two records of
//! everything, P and Q. People of every role are in the team of P alone. Each operation is called by each of them with the
//! records of P, except that one id after the other, in the address and in the body, is that of the same record of Q; and
//! with each key that a record of Q has for what it refers to. Afterwards every row of Q is as it was, no new row refers to
//! one, no answer had a word of Q, and no row of the database refers to two productions (`invariant`). The same holds for
//! administrators, who may do everything but that.
//!
//! Beside that, ids of nothing at all (`unknown`).

mod events;
mod invariant;
mod two;
mod unknown;

use std::collections::BTreeMap;

use dailies_definitions::access::Role;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Map, Value, json};

pub use self::two::Two;
use self::two::replaced;
use crate::concurrency::calls::{Body, Call, Choice, Operation, operations};
use crate::concurrency::sample::Which;
use crate::concurrency::{no_problems, part_of, studio};
use harness::{Client, On};

/// Operations that have nothing to do with productions, or end the session of the test.
fn is_elsewhere(operation: &Operation) -> bool {
    [
        "/auth/",
        "/data/persons",
        "/actions/persons/{person_id}/departments",
        "/status",
    ]
    .iter()
    .any(|start| operation.path.starts_with(start))
}

/// The calls of an operation in which one id is of the other production.
fn crossings(two: &Two<'_>, operation: &Operation) -> Vec<Call> {
    let mut calls = Vec::new();
    for which in [Which::First, Which::Second] {
        let base = operation.call(
            &two.p,
            Choice {
                path: which,
                body: which,
                full: true,
            },
            None,
        );
        for (other, id) in two.pairs() {
            let path = base.path.replace(&id.to_string(), &other.to_string());
            if path != base.path {
                calls.push(Call { path, ..base.clone() });
            }
            if let Body::Json(body) = &base.body
                && let Some(body) = replaced(body, id, other)
            {
                calls.push(Call {
                    body: Body::Json(body),
                    ..base.clone()
                });
            }
        }
        if let Some(table) = operation
            .table
            .filter(|_| matches!(operation.method, Method::POST | Method::PUT))
        {
            let base = if operation.method == Method::PUT {
                Call {
                    body: Body::Json(json!({})),
                    ..base
                }
            } else {
                base
            };
            calls.extend(
                two.references(table, operation.path)
                    .into_iter()
                    .filter_map(|(key, value)| with(&base, &key, value)),
            );
        }
    }
    calls.dedup();
    calls
}

/// The same call with a key in its body.
fn with(base: &Call, key: &str, value: Value) -> Option<Call> {
    let Body::Json(Value::Object(body)) = &base.body else {
        return None;
    };
    let mut body: Map<String, Value> = body.clone();
    body.insert(key.to_owned(), value);
    Some(Call {
        body: Body::Json(Value::Object(body)),
        ..base.clone()
    })
}

/// Faults of the calls of one operation by one person.
async fn attempt(
    two: &Two<'_>,
    client: &Client,
    role: Role,
    operation: &Operation,
    statuses: &mut BTreeMap<u16, usize>,
) -> Vec<String> {
    let mut problems = Vec::new();
    for call in crossings(two, operation) {
        let (status, text) = call.send(client).await;
        *statuses.entry(status).or_default() += 1;
        let what = || {
            format!(
                "{} as {}: {} {} {:?} got {status}",
                operation.id,
                role.code(),
                call.method,
                call.path,
                call.body
            )
        };
        if status >= 500 {
            problems.push(format!("{} {text}", what()));
        }
        if role != Role::Admin && status < 300 && two.tells_of_q(&text) {
            problems.push(format!("{}, and tells of the other production: {text}", what()));
        }
        // Looking at every row takes most of the time: after a refused call it is left to the end.
        if role != Role::Admin && status < 300 {
            problems.extend(
                two.changes_of_q()
                    .await
                    .into_iter()
                    .map(|change| format!("{}: {change}", what())),
            );
        }
    }
    problems
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_reaches_into_another_production(
    #[values(On::Sqlite, On::Postgres)] on: On,
    #[values(0, 1, 2)] part: usize,
) {
    let studio = studio(on).await;
    let mut two = Two::of(&studio).await;
    let mut problems = Vec::new();
    let mut statuses = BTreeMap::new();
    let operations: Vec<Operation> = operations()
        .into_iter()
        .filter(|operation| !is_elsewhere(operation))
        .collect();
    // True once a call changed something, so that the next operation needs other records.
    let mut used = true;
    for operation in &part_of(operations, part) {
        if used {
            two.renew_both().await;
        }
        let succeeded = |statuses: &BTreeMap<u16, usize>| statuses.range(..300).map(|(_, count)| count).sum::<usize>();
        let before = succeeded(&statuses);
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Admin) {
            problems.extend(attempt(&two, &studio.member(role), role, operation, &mut statuses).await);
        }
        if problems.is_empty() {
            problems.extend(
                two.changes_of_q()
                    .await
                    .into_iter()
                    .map(|change| format!("{}, refused: {change}", operation.id)),
            );
        }
        if succeeded(&statuses) > before {
            two.renew_both().await;
        }
        let before = succeeded(&statuses);
        problems.extend(attempt(&two, &studio.admin, Role::Admin, operation, &mut statuses).await);
        used = succeeded(&statuses) > before;
        if used {
            problems.extend(
                invariant::torn(&studio.server.app.database)
                    .await
                    .into_iter()
                    .map(|torn| format!("{}: {torn}", operation.id)),
            );
            invariant::mend(&studio.server.app.database).await;
        }
    }
    println!("{on:?}: statuses {statuses:?}");
    no_problems(on, &problems);
    assert!(
        statuses.values().sum::<usize>() > 600,
        "almost nothing was tried: {statuses:?}"
    );
}

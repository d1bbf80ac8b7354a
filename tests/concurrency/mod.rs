//! Calls at once do what the same calls do in turn.
//!
//! The contract gives the operations that write, and for each one a call is derived (`calls`, `bodies`, `writer`). Samples are
//! productions with two records of everything, as alike as twins (`sample`). On one sample the call is made ten times in
//! turn; on others it is made twice and ten times at once. The answers must have the same statuses, in any order, and what
//! is stored afterwards must be the same: the rows of the sample, the new rows, the number of rows of every table, and the
//! events (`state`). So no call may fail that is right alone, no effect may be lost, and nothing is told more often than it
//! happened. Operations that create are also called with ten different texts. `named` holds cases that people met, and
//! `silence` holds calls against themselves: what changes nothing is told to nobody.

mod bodies;
pub mod calls;
mod named;
pub mod sample;
mod silence;
pub mod state;
mod table_order;
mod writer;

use std::sync::Arc;

use dailies::database::Database;
use futures::future::join_all;
use rstest::rstest;
use serde_json::json;
use tokio::sync::Barrier;

pub use self::writer::resolved;

use self::calls::{Call, Choice, Operation, WITH_SECRETS, WITHOUT_ROWS, operations};
use self::sample::{Sample, Samples};
use self::state::{Before, State};
use harness::{Client, On, Studio};

/// Calls at once: two that meet, and many.
const TWO: usize = 2;
const TEN: usize = 10;

/// Operations of which no derived call succeeds may be one in so many, and so may those whose call changes nothing.
const LEFT_OUT: usize = 25;

/// Parts of the operations, each with a studio of its own.
const PARTS: usize = 3;

/// The status of an answer, and its text.
type Answer = (u16, String);

/// Makes calls at the same moment.
async fn at_once(client: &Client, calls: Vec<Call>) -> Vec<Answer> {
    let barrier = Arc::new(Barrier::new(calls.len()));
    let tasks = calls.into_iter().map(|call| {
        let (client, barrier) = (client.clone(), Arc::clone(&barrier));
        tokio::spawn(async move {
            barrier.wait().await;
            call.send(&client).await
        })
    });
    join_all(tasks)
        .await
        .into_iter()
        .map(|done| done.expect("an answer"))
        .collect()
}

async fn in_turn(client: &Client, calls: Vec<Call>) -> Vec<Answer> {
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.send(client).await);
    }
    answers
}

/// Result of calls in turn.
struct Sequence {
    choice: Choice,
    answers: Vec<Answer>,
    /// After two calls.
    early: State,
    /// After ten.
    late: State,
}

/// The family on one database.
struct Family<'a> {
    database: &'a Database,
    samples: Samples<'a>,
    untouched: State,
    problems: Vec<String>,
    /// Operations of which no call succeeds, with what was answered.
    refused: Vec<String>,
    /// Operations whose calls change nothing.
    without_effect: Vec<&'static str>,
    done: usize,
}

impl<'a> Family<'a> {
    async fn of(studio: &'a Studio) -> Self {
        let database = &studio.server.app.database;
        let mut samples = Samples::of(studio).await;
        let sample = samples.fresh().await;
        let untouched = Before::look(database).await.state(database, &sample).await;
        Self {
            database,
            samples,
            untouched,
            problems: Vec::new(),
            refused: Vec::new(),
            without_effect: Vec::new(),
            done: 0,
        }
    }

    /// Calls in turn with the first choice that succeeds and changes something, or one that succeeds.
    async fn sequence(&mut self, operation: &Operation) -> Option<Sequence> {
        let mut quiet = None;
        let mut refusals = Vec::new();
        for choice in operation.choices() {
            let sample = self.samples.fresh().await;
            let before = Before::look(self.database).await;
            let call = operation.call(&sample, choice, None);
            let mut answers = in_turn(&sample.caller, vec![call.clone()]).await;
            if answers[0].0 >= 400 {
                let shown: String = format!("{:?}", call.body).chars().take(200).collect();
                refusals.push(format!(
                    "{} {} {shown}: {} {}",
                    call.method, call.path, answers[0].0, answers[0].1
                ));
                continue;
            }
            answers.extend(in_turn(&sample.caller, vec![call.clone(); TWO - 1]).await);
            let early = before.state(self.database, &sample).await;
            let effective = !early.is_like(&self.untouched);
            if !effective && quiet.is_some() {
                continue;
            }
            answers.extend(in_turn(&sample.caller, vec![call; TEN - TWO]).await);
            let late = before.state(self.database, &sample).await;
            let sequence = Sequence {
                choice,
                answers,
                early,
                late,
            };
            if effective {
                return Some(sequence);
            }
            quiet = Some(sequence);
        }
        match &quiet {
            Some(_) if WITHOUT_ROWS.contains(&operation.id) => {}
            Some(_) => self.without_effect.push(operation.id),
            None if WITH_SECRETS.contains(&operation.id) => {}
            None => self.refused.push(format!("{}: {}", operation.id, refusals.join("; "))),
        }
        quiet
    }

    async fn try_operation(&mut self, operation: &Operation) {
        let Some(sequence) = self.sequence(operation).await else {
            return;
        };
        self.done += 1;
        for (count, expected) in [(TWO, &sequence.early), (TEN, &sequence.late)] {
            let sample = self.samples.fresh().await;
            let call = operation.call(&sample, sequence.choice, None);
            let what = format!("{} {count} times at once", operation.id);
            self.compare(&what, &sample, vec![call; count], &sequence.answers[..count], expected)
                .await;
        }
        if operation.creates {
            self.try_different(operation, sequence.choice).await;
        }
    }

    /// Creates different records under the same parent.
    async fn try_different(&mut self, operation: &Operation, choice: Choice) {
        let calls = |sample: &Sample| {
            (0..TEN)
                .map(|number| operation.call(sample, choice, Some(number)))
                .collect()
        };
        let sample = self.samples.fresh().await;
        let all: Vec<Call> = calls(&sample);
        if all[0] == all[1] {
            return;
        }
        let before = Before::look(self.database).await;
        let answers = in_turn(&sample.caller, all).await;
        let expected = before.state(self.database, &sample).await;
        let sample = self.samples.fresh().await;
        let what = format!("{} with {TEN} texts at once", operation.id);
        self.compare(&what, &sample, calls(&sample), &answers, &expected).await;
    }

    /// Makes calls at once, and notes what is other than after calls in turn.
    async fn compare(
        &mut self,
        what: &str,
        sample: &Sample,
        calls: Vec<Call>,
        wanted: &[Answer],
        expected: &State,
    ) -> Vec<Answer> {
        let before = Before::look(self.database).await;
        let answers = at_once(&sample.caller, calls).await;
        let state = before.state(self.database, sample).await;
        let sorted = |answers: &[Answer]| {
            let mut statuses: Vec<u16> = answers.iter().map(|(status, _)| *status).collect();
            statuses.sort_unstable();
            statuses
        };
        let mut found = Vec::new();
        if sorted(&answers) != sorted(wanted) {
            let odd = answers
                .iter()
                .find(|(status, _)| wanted.iter().all(|(other, _)| other != status));
            let odd = odd
                .map(|(status, text)| format!(" ({status} {})", text.chars().take(160).collect::<String>()))
                .unwrap_or_default();
            found.push(format!(
                "statuses {:?} instead of {:?}{odd}",
                sorted(&answers),
                sorted(wanted)
            ));
        }
        found.extend(state.differences(expected));
        if !found.is_empty() {
            self.problems.push(format!("{what}: {}", found.join("; ")));
        }
        answers
    }
}

/// One of the parts of the operations that are tried beside each other: the fewer rows a studio has, the sooner all of them
/// are compared.
pub fn part_of(operations: Vec<Operation>, part: usize) -> Vec<Operation> {
    operations.into_iter().skip(part).step_by(PARTS).collect()
}

/// Fails with all problems that were found on a database.
#[track_caller]
pub fn no_problems(on: On, problems: &[String]) {
    assert!(
        problems.is_empty(),
        "{} problem(s) on {on:?}:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

/// A studio that has room for many people, where nothing happens but what is called for.
pub async fn studio(on: On) -> Studio {
    let mut studio = Studio::open_with(on, &["--user-limit", "100000"]).await;
    studio.server.stop_workers().await;
    // These are made when they are missed first.
    let missed = [
        (
            "task-status",
            json!({"name": "To review", "short_name": "pndng", "color": "#f5f5f5"}),
        ),
        ("file-status", json!({"name": "To review", "color": "#ffffff"})),
        ("output-types", json!({"name": "Geometry", "short_name": "Geo"})),
        (
            "softwares",
            json!({"name": "Blender", "short_name": "blender", "file_extension": ".blend"}),
        ),
        (
            "softwares",
            json!({"name": "3ds Max", "short_name": "max", "file_extension": ".max"}),
        ),
        (
            "softwares",
            json!({"name": "3dsmax", "short_name": "max", "file_extension": ".max"}),
        ),
    ];
    for (collection, body) in missed {
        studio
            .admin
            .post(&format!("/data/{collection}"), body)
            .await
            .expect(201);
    }
    studio
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn calls_at_once_do_what_calls_in_turn_do(
    #[values(On::Sqlite, On::Postgres)] on: On,
    #[values(0, 1, 2)] part: usize,
) {
    let studio = studio(on).await;
    let mut family = Family::of(&studio).await;
    let operations = part_of(operations(), part);
    for operation in &operations {
        family.try_operation(operation).await;
    }
    let Family {
        problems,
        refused,
        without_effect,
        done,
        ..
    } = family;
    println!(
        "{on:?}: {done} of {} operations were called at once; without effect: {without_effect:?}",
        operations.len()
    );
    println!("refused to a sole caller:\n{}", refused.join("\n"));
    no_problems(on, &problems);
    // They are not spread evenly over the parts.
    let few = 2 * operations.len().div_ceil(LEFT_OUT);
    assert!(
        refused.len() <= few,
        "too many can't be called:\n{}",
        refused.join("\n")
    );
    assert!(
        without_effect.len() <= few,
        "too many change nothing: {without_effect:?}"
    );
}

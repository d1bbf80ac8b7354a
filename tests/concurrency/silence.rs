//! Calls that change nothing store no event: each operation that writes is called twice in turn, and where the second call
//! leaves every row as it is, nobody is told of it.

use rstest::rstest;

use super::calls::{Body, Choice, Operation, operations};
use super::state::Before;
use super::{Family, studio};
use harness::On;

/// Operations that store an event each time, whatever the rows say: requests to people, events themselves, and calls that put
/// something in the place of a whole list or plan.
const ACTS: [&str; 8] = [
    "apply_project_template",
    "create_event",
    "fill_schedule_version_from_another",
    "reorder_project_template_task_statuses",
    "reorder_project_template_task_types",
    "send_task_to_review",
    "set_project_template_default_preview_background",
    "set_project_template_metadata_descriptors",
];

/// Events of a second call that leaves the rows alone; nothing when the call is refused, or changes them each time.
async fn told(family: &mut Family<'_>, operation: &Operation, choice: Choice) -> Option<Vec<String>> {
    let sample = family.samples.fresh().await;
    let call = operation.call(&sample, choice, None);
    let names_something = match &call.body {
        // A body without a key moves a record of a collection, as clients know it.
        Body::Json(body) => body.as_object().is_none_or(|body| !body.is_empty()),
        body => matches!(body, Body::None),
    };
    if !names_something {
        return None;
    }
    let before = Before::look(family.database).await;
    if call.send(&sample.caller).await.0 >= 400 {
        return None;
    }
    let first = before.state(family.database, &sample).await;
    let before = Before::look(family.database).await;
    call.send(&sample.caller).await;
    let second = before.state(family.database, &sample).await;
    second
        .keeps_rows_of(&first)
        .then(|| second.events.keys().cloned().collect())
}

#[rstest]
#[case(On::Sqlite)]
#[case(On::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn what_changes_nothing_is_told_to_nobody(#[case] on: On) {
    let studio = studio(on).await;
    let mut family = Family::of(&studio).await;
    let mut quiet = 0;
    let mut problems = Vec::new();
    for operation in operations()
        .iter()
        .filter(|operation| !ACTS.contains(&operation.id) && !operation.id.starts_with("import_"))
    {
        for choice in operation.choices() {
            let Some(events) = told(&mut family, operation, choice).await else {
                continue;
            };
            quiet += 1;
            if !events.is_empty() {
                problems.push(format!(
                    "{} {choice:?} tells of {events:?}, and changes nothing",
                    operation.id
                ));
            }
            break;
        }
    }
    assert!(
        problems.is_empty(),
        "{} problem(s) on {on:?}:\n{}",
        problems.len(),
        problems.join("\n")
    );
    assert!(quiet > 60, "only {quiet} operations were called again without effect");
}

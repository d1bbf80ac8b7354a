//! Calls that change nothing store no event: each operation that writes is called twice in turn, and where the second call
//! leaves every row as it is, nobody is told of it. So it is with every update of a record at least.

use rstest::rstest;

use super::calls::{Body, Choice, Operation, operations};
use super::state::Before;
use super::{Family, no_problems, studio};
use harness::On;

/// Operations that store an event each time, whatever the rows say: requests to people, events themselves, and calls that put
/// something in the place of a whole list or plan. Each of them does so in the test, too.
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

/// Updates that are not compared: the log of events is what tells of the others, so that its rows are left out.
const OF_THE_LOG: [&str; 1] = ["update_event"];

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

/// True if a call of an operation of `ACTS` tells of itself without changing a row.
async fn acts(family: &mut Family<'_>, operation: &Operation) -> bool {
    for choice in operation.choices() {
        if told(family, operation, choice)
            .await
            .is_some_and(|events| !events.is_empty())
        {
            return true;
        }
    }
    false
}

/// The first call of an operation that leaves the rows alone when it is repeated, with the events of that.
async fn repeated(family: &mut Family<'_>, operation: &Operation) -> Option<(Choice, Vec<String>)> {
    for choice in operation.choices() {
        if let Some(events) = told(family, operation, choice).await {
            return Some((choice, events));
        }
    }
    None
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_changes_nothing_is_told_to_nobody(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = studio(on).await;
    let mut family = Family::of(&studio).await;
    let operations = operations();
    let unknown = ACTS
        .iter()
        .filter(|id| operations.iter().all(|operation| operation.id != **id));
    let mut problems: Vec<String> = unknown
        .map(|id| format!("{id} of ACTS is no operation that writes"))
        .collect();
    for operation in operations
        .iter()
        .filter(|operation| !operation.id.starts_with("import_"))
    {
        let id = operation.id;
        if ACTS.contains(&id) {
            if !acts(&mut family, operation).await {
                problems.push(format!("{id} of ACTS does not tell of itself when it changes nothing"));
            }
            continue;
        }
        match repeated(&mut family, operation).await {
            Some((choice, events)) if !events.is_empty() => {
                problems.push(format!("{id} {choice:?} tells of {events:?}, and changes nothing"));
            }
            None if operation.updates_record() && !OF_THE_LOG.contains(&id) => {
                problems.push(format!(
                    "{id} updates a record, and was not called again without effect"
                ));
            }
            _ => {}
        }
    }
    no_problems(on, &problems);
}

//! Calls at once that lost something for people: each is held against the same calls in turn, and against what is right.

use std::collections::BTreeSet;

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use super::calls::{Body, Call, Choice, operations};
use super::sample::{Sample, Which};
use super::state::Before;
use super::{Answer, Family, at_once, in_turn, no_problems, studio};
use harness::On;

use Which::{First, Second};

/// Changes of one record at once, each of another key of its `data`.
const KEYS: usize = 20;

/// Something that people do at once.
#[derive(Clone, Copy, Debug)]
enum Case {
    TimeAddedTwice,
    TimeAddedTenTimes,
    TimeAddedToWhatIsLogged,
    OverlappingDayOffs,
    TwoShotsOfAnEpisode,
    OneAssetInTwoShots,
    TasksOfOneType,
    TasksOfOneEntity,
    Retakes,
    OneCommentDeleted,
    PreviewsOfOneTask,
}

impl Case {
    const ALL: [Self; 11] = [
        Self::TimeAddedTwice,
        Self::TimeAddedTenTimes,
        Self::TimeAddedToWhatIsLogged,
        Self::OverlappingDayOffs,
        Self::TwoShotsOfAnEpisode,
        Self::OneAssetInTwoShots,
        Self::TasksOfOneType,
        Self::TasksOfOneEntity,
        Self::Retakes,
        Self::OneCommentDeleted,
        Self::PreviewsOfOneTask,
    ];

    /// Prepares a sample, and gives the calls to make at once.
    async fn calls(self, sample: &Sample, retake: &str) -> Vec<Call> {
        let id = |word, which| sample.record(word, which).expect("a record");
        let (project, task, shot) = (id("project", First), id("task", First), id("shot", First));
        let add = |day: &str| {
            post(
                format!(
                    "/actions/tasks/{task}/time-spents/{day}/persons/{}/add",
                    id("person", First)
                ),
                json!({"duration": 60}),
            )
        };
        let comment = |text: &str| {
            post(
                format!("/actions/tasks/{task}/comment"),
                json!({"task_status_id": retake, "comment": text}),
            )
        };
        match self {
            Self::TimeAddedTwice => vec![add("2026-04-01"); 2],
            Self::TimeAddedTenTimes => vec![add("2026-04-01"); 10],
            Self::TimeAddedToWhatIsLogged => vec![add("2026-03-02"); 10],
            Self::OverlappingDayOffs => {
                let day_off = |day| json!({"person_id": id("person", First), "date": format!("2026-08-0{day}"), "end_date": "2026-08-20"});
                (1..5).map(|day| post("/data/day-offs", day_off(day))).collect()
            }
            Self::TwoShotsOfAnEpisode => castings(sample, [First, Second]).await,
            Self::OneAssetInTwoShots => castings(sample, [Second, Second]).await,
            Self::TasksOfOneType => {
                let path = format!(
                    "/actions/projects/{project}/task-types/{}/assets/create-tasks",
                    id("asset_task_type", First)
                );
                vec![post(path, json!([id("asset", Second)])); 10]
            }
            Self::TasksOfOneEntity => {
                let path = format!("/data/entities/{}/tasks", id("asset", Second));
                vec![post(path, json!({"task_type_ids": [id("asset_task_type", First)]})); 10]
            }
            Self::Retakes => (0..10).map(|number| comment(&format!("Again {number}"))).collect(),
            Self::OneCommentDeleted => {
                let (_, made) = comment("Not so").send(&sample.caller).await;
                let made: Value = serde_json::from_str(&made).expect("a comment");
                let path = format!("/data/tasks/{task}/comments/{}", made["id"].as_str().expect("an id"));
                vec![
                    Call {
                        method: Method::DELETE,
                        path,
                        body: Body::None
                    };
                    5
                ]
            }
            Self::PreviewsOfOneTask => {
                let path = format!("/actions/tasks/{task}/comment");
                let comment = post(
                    path,
                    json!({"task_status_id": id("task_status", First), "comment": format!("Of {shot}")}),
                );
                let comments = in_turn(&sample.caller, vec![comment; 10]).await;
                let ids = comments
                    .iter()
                    .map(|(_, made)| serde_json::from_str::<Value>(made).expect("a comment")["id"].clone());
                ids.map(|id| {
                    post(
                        format!(
                            "/actions/tasks/{task}/comments/{}/add-preview",
                            id.as_str().expect("an id")
                        ),
                        json!({}),
                    )
                })
                .collect()
            }
        }
    }

    /// Fault that is there afterwards, whatever calls in turn come to.
    async fn fault(self, sample: &Sample, answers: &[Answer]) -> Option<String> {
        let id = |word, which| sample.record(word, which).expect("a record");
        let task = format!("/data/tasks/{}", id("task", First));
        let number = |status: u16| answers.iter().filter(|(of, _)| *of == status).count();
        let wrong = |what: &str, found: String, right: String| {
            (found != right).then(|| format!("{what} {found} instead of {right}"))
        };
        match self {
            Self::TimeAddedTwice | Self::TimeAddedTenTimes | Self::TimeAddedToWhatIsLogged => {
                let found = sample.caller.get(&task).await.expect(200)["duration"].clone();
                // Each sample has two other entries of an hour on the task.
                wrong(
                    "a duration of",
                    found.to_string(),
                    format!("{:.1}", 60.0 * (answers.len() + 2) as f64),
                )
            }
            Self::OverlappingDayOffs => wrong("day offs taken:", number(201).to_string(), "1".into()),
            Self::TwoShotsOfAnEpisode | Self::OneAssetInTwoShots => {
                let episode = id("episode", First);
                let casting = sample
                    .caller
                    .get(&format!(
                        "/data/projects/{}/entities/{episode}/casting",
                        id("project", First)
                    ))
                    .await
                    .expect(200);
                let links = casting.as_array().map_or(0, Vec::len);
                let count = &sample
                    .caller
                    .get(&format!("/data/episodes/{episode}"))
                    .await
                    .expect(200)["nb_entities_out"];
                wrong("nb_entities_out of", count.to_string(), links.to_string())
            }
            Self::TasksOfOneType | Self::TasksOfOneEntity => {
                let path = format!("/data/tasks?entity_id={}", id("asset", Second));
                let tasks = sample.caller.get(&path).await.expect(200);
                wrong("tasks:", tasks.as_array().map_or(0, Vec::len).to_string(), "1".into())
            }
            Self::Retakes => {
                let comments = sample.caller.get(&format!("{task}/comments")).await.expect(200);
                wrong(
                    "comments:",
                    comments.as_array().map_or(0, Vec::len).to_string(),
                    "12".into(),
                )
            }
            Self::OneCommentDeleted => wrong("times deleted:", number(204).to_string(), "1".into()),
            Self::PreviewsOfOneTask => {
                let revision = |made: &String| serde_json::from_str::<Value>(made).ok()?["revision"].as_i64();
                let revisions: BTreeSet<i64> = answers.iter().filter_map(|(_, made)| revision(made)).collect();
                wrong("revisions:", revisions.len().to_string(), "10".into())
            }
        }
    }
}

fn post(path: impl Into<String>, body: Value) -> Call {
    Call {
        method: Method::POST,
        path: path.into(),
        body: Body::Json(body),
    }
}

fn put(path: impl Into<String>, body: Value) -> Call {
    Call {
        method: Method::PUT,
        path: path.into(),
        body: Body::Json(body),
    }
}

/// Castings of the two shots of the episode, in a show.
async fn castings(sample: &Sample, assets: [Which; 2]) -> Vec<Call> {
    let id = |word, which| sample.record(word, which).expect("a record");
    let project = id("project", First);
    put(
        format!("/data/projects/{project}"),
        json!({"production_type": "tvshow"}),
    )
    .send(&sample.caller)
    .await;
    let cast = |shot, asset| {
        let path = format!("/data/projects/{project}/entities/{}/casting", id("shot", shot));
        put(path, json!([{"asset_id": id("asset", asset), "nb_occurences": 1}]))
    };
    vec![cast(First, assets[0]), cast(Second, assets[1])]
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_people_do_at_once_is_kept(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = studio(on).await;
    let retake = studio.named("task-status", "Retake").await.to_string();
    let mut family = Family::of(&studio).await;
    for case in Case::ALL {
        let sample = family.samples.fresh().await;
        let calls = case.calls(&sample, &retake).await;
        let before = Before::look(family.database).await;
        let wanted = in_turn(&sample.caller, calls).await;
        // Any of the four days off may be the one that is taken.
        let expected = before.state(family.database, &sample).await.without_rows_of("day_off");
        let fault = case.fault(&sample, &wanted).await;
        family
            .problems
            .extend(fault.map(|fault| format!("{case:?} in turn: {fault}")));
        let sample = family.samples.fresh().await;
        let calls = case.calls(&sample, &retake).await;
        let answers = family
            .compare(&format!("{case:?}"), &sample, calls, &wanted, &expected)
            .await;
        let fault = case.fault(&sample, &answers).await;
        family.problems.extend(fault.map(|fault| format!("{case:?}: {fault}")));
    }
    let problems = family.problems;
    no_problems(on, &problems);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_set_at_once_are_all_kept(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = studio(on).await;
    let mut family = Family::of(&studio).await;
    let mut merging = Vec::new();
    for operation in operations().iter().filter(|operation| operation.sets_data()) {
        let choice = Choice {
            path: First,
            body: First,
            full: false,
        };
        let call = |sample: &Sample, number| {
            put(
                operation.call(sample, choice, None).path,
                json!({"data": {format!("k{number}"): number}}),
            )
        };
        let keys = async |sample: &Sample| {
            let record = sample.caller.get(&call(sample, 0).path).await.json;
            record["data"]
                .as_object()
                .map_or(0, |data| data.keys().filter(|key| key.starts_with('k')).count())
        };
        let sample = family.samples.fresh().await;
        in_turn(&sample.caller, vec![call(&sample, 0), call(&sample, 1)]).await;
        // Elsewhere the last one who says what `data` is has the say.
        if keys(&sample).await < 2 {
            continue;
        }
        merging.push(operation.id);
        let sample = family.samples.fresh().await;
        let answers = at_once(&sample.caller, (0..KEYS).map(|number| call(&sample, number)).collect()).await;
        let (kept, right) = (
            keys(&sample).await,
            answers.iter().filter(|(status, _)| *status == 200).count(),
        );
        if (kept, right) != (KEYS, KEYS) {
            family.problems.push(format!(
                "{}: {right} of {KEYS} answers are 200, and {kept} keys are kept",
                operation.id
            ));
        }
    }
    println!("{on:?}: keys are merged by {merging:?}");
    let problems = family.problems;
    no_problems(on, &problems);
    assert!(
        ["update_entity", "update_task"].iter().all(|id| merging.contains(id)),
        "{merging:?}"
    );
}

//! The plan of a production, held against the rules that the server keeps.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;

use crate::calendar::DAY;
use crate::people::{PEOPLE, Role};
use crate::pipeline::State;
use crate::plan::Plan;
use crate::scale::Size;
use crate::work::{Task, TaskSubject};

const SEED: u64 = 2026;

fn now() -> NaiveDateTime {
    "2026-03-11T15:20:00".parse().expect("a moment")
}

fn plan(size: Size) -> Plan {
    let scale = size.scale();
    Plan::new(&scale, scale.crew(0), SEED, now())
}

fn comments(plan: &Plan) -> usize {
    plan.tasks.iter().map(|task| task.comments.len()).sum()
}

fn links(plan: &Plan) -> usize {
    let assets = plan.assets.iter().map(|asset| asset.casting.len());
    assets.chain(plan.shots.iter().map(|shot| shot.casting.len())).sum()
}

#[test]
fn the_same_seed_gives_the_same_plan() {
    assert_eq!(plan(Size::Small), plan(Size::Small));
    let scale = Size::Small.scale();
    assert_ne!(plan(Size::Small), Plan::new(&scale, scale.crew(0), SEED + 1, now()));
}

#[test]
fn sizes_are_what_they_promise() {
    let small = plan(Size::Small);
    assert_eq!(
        (small.sequences.len(), small.shots.len(), small.assets.len()),
        (3, 30, 20)
    );
    assert!((230..=280).contains(&small.tasks.len()), "{}", small.tasks.len());
    for now in ["2026-03-09T00:10:00", "2026-03-11T15:20:00", "2026-03-15T23:00:00"] {
        let scale = Size::Large.scale();
        let large = Plan::new(&scale, scale.crew(0), SEED, now.parse().expect("a moment"));
        assert!(large.shots.len() >= 4000 && large.assets.len() >= 1500);
        assert!(large.tasks.len() >= 30_000, "{}", large.tasks.len());
        assert!((60_000..=100_000).contains(&comments(&large)), "{}", comments(&large));
        assert!(links(&large) >= 40_000, "{}", links(&large));
    }
    let scale = Size::Huge.scale();
    let huge = Plan::new(&scale, scale.crew(1), SEED, now());
    assert_eq!(scale.productions * huge.shots.len(), 40_000);
    assert!((60_000..=61_000).contains(&huge.tasks.len()), "{}", huge.tasks.len());
    assert!((115_000..=130_000).contains(&comments(&huge)), "{}", comments(&huge));
    assert!(
        huge.tasks
            .iter()
            .flat_map(|task| &task.assignees)
            .any(|person| *person > PEOPLE.len()),
        "all of the crew works"
    );
}

#[test]
fn names_are_unique_where_the_database_wants_it() {
    for size in [Size::Small, Size::Large] {
        let plan = plan(size);
        let assets: HashSet<_> = plan
            .assets
            .iter()
            .map(|asset| (asset.kind.name(), &asset.name))
            .collect();
        let shots: HashSet<_> = plan.shots.iter().map(|shot| (shot.sequence, &shot.name)).collect();
        let tasks: HashSet<_> = plan.tasks.iter().map(|task| (task.subject, task.step.name)).collect();
        assert_eq!(
            (assets.len(), shots.len(), tasks.len()),
            (plan.assets.len(), plan.shots.len(), plan.tasks.len())
        );
        assert_eq!(
            plan.sequences
                .iter()
                .map(|sequence| &sequence.name)
                .collect::<HashSet<_>>()
                .len(),
            plan.sequences.len()
        );
        for casting in plan.shots.iter().map(|shot| &shot.casting) {
            assert_eq!(
                casting.iter().map(|cast| cast.asset).collect::<HashSet<_>>().len(),
                casting.len()
            );
        }
        let subscriptions: HashSet<_> = plan.subscriptions.iter().collect();
        assert_eq!(subscriptions.len(), plan.subscriptions.len());
    }
}

#[test]
fn comments_lead_to_the_state_of_their_task() {
    let plan = plan(Size::Medium);
    for task in &plan.tasks {
        let last = task.comments.last().map_or(State::Todo, |comment| comment.state);
        assert_eq!(last, task.state, "{task:?}");
        assert!(task.comments.is_sorted_by(|a, b| a.minute < b.minute), "{task:?}");
        for comment in &task.comments {
            assert!(plan.calendar.moment(comment.minute) < now());
            assert!(
                comment
                    .replies
                    .iter()
                    .all(|reply| reply.minute > comment.minute && reply.minute < plan.calendar.now())
            );
            assert!(
                comment
                    .mention
                    .is_none_or(|called| { comment.text.contains(&format!("@{}", PEOPLE[called].full_name())) })
            );
        }
    }
    let states: HashSet<State> = self::plan(Size::Small).tasks.iter().map(|task| task.state).collect();
    assert_eq!(states.len(), State::ALL.len());
}

#[test]
fn dates_follow_from_the_comments() {
    for task in &plan(Size::Medium).tasks {
        let milestones = task.milestones();
        assert_eq!(milestones.done.is_some(), task.state == State::Done);
        assert_eq!(
            milestones.submitted.is_some(),
            matches!(task.state, State::Review | State::Done),
            "{task:?}"
        );
        assert_eq!(
            milestones.begun.is_some(),
            !matches!(task.state, State::Todo | State::Ready)
        );
        assert!(task.state != State::Retake || milestones.retakes > 0);
        assert!(task.planned.0 <= task.planned.1 && (1..=5).contains(&task.difficulty));
    }
}

#[test]
fn nobody_logs_more_than_a_day_on_a_day() {
    let plan = plan(Size::Medium);
    let mut days: HashMap<(usize, i64), i64> = HashMap::new();
    for task in &plan.tasks {
        let different: HashSet<_> = task.hours.iter().map(|hours| (hours.person, hours.day)).collect();
        assert_eq!(different.len(), task.hours.len());
        for hours in &task.hours {
            assert!(hours.minutes > 0 && hours.day * DAY <= plan.calendar.now());
            *days.entry((hours.person, hours.day)).or_default() += hours.minutes;
        }
    }
    assert!(!days.is_empty() && days.values().all(|minutes| *minutes <= 480));
}

#[test]
fn readiness_counts_assets_that_are_ready() {
    let plan = plan(Size::Medium);
    let ready = |task: &Task| match task.subject {
        TaskSubject::Asset(_) => 0,
        TaskSubject::Shot(shot) => {
            let cast = plan.shots[shot].casting.iter().map(|cast| &plan.assets[cast.asset]);
            cast.filter(|asset| !asset.canceled && asset.ready_for.is_some_and(|step| step.place >= task.step.place))
                .count()
        }
    };
    assert!(plan.tasks.iter().all(|task| task.assets_ready == ready(task)));
    assert!(plan.tasks.iter().any(|task| task.assets_ready > 0));
}

#[test]
fn previews_are_revisions_of_what_was_submitted() {
    for size in [Size::Small, Size::Large] {
        let plan = plan(size);
        let scale = size.scale();
        assert!(
            plan.previews.len() <= scale.previews && plan.previews.len() > scale.previews / 2,
            "{}",
            plan.previews.len()
        );
        let mut revisions: HashMap<usize, i32> = HashMap::new();
        let mut shown = HashSet::new();
        for preview in &plan.previews {
            let revision = revisions.entry(preview.task).or_default();
            *revision += 1;
            assert_eq!(preview.revision, *revision);
            assert!(preview.picture < scale.pictures);
            assert_eq!(plan.tasks[preview.task].comments[preview.comment].state, State::Review);
            assert!(!preview.last || shown.insert(plan.tasks[preview.task].subject));
        }
        assert_eq!(plan.playlists.len(), 3);
        for playlist in &plan.playlists {
            assert!(
                !playlist.entries.is_empty() && playlist.entries.iter().all(|entry| plan.previews[*entry].last),
                "{}",
                playlist.name
            );
        }
    }
}

#[test]
fn people_are_told_of_what_others_do() {
    let plan = plan(Size::Small);
    assert!(!plan.notices.is_empty() && plan.notices.len() <= Size::Small.scale().notifications);
    for notice in &plan.notices {
        assert_ne!(notice.person, notice.author);
        let comment = &plan.tasks[notice.task].comments[notice.comment];
        assert!(
            notice
                .reply
                .is_none_or(|reply| comment.replies[reply].author == notice.author)
        );
        assert!(PEOPLE[notice.person].role != Role::Client || notice.kind == "reply");
    }
}

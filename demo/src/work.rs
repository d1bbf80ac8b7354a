//! Plans the work on an asset or shot: when, by whom, how far it is, and the hours that were logged.

use std::collections::HashMap;

use rand::Rng;
use rand::rngs::StdRng;

use crate::calendar::{Calendar, DAY};
use crate::discussion::{self, Comment, Talk};
use crate::people::{Crew, Role};
use crate::pipeline::{State, Step};
use crate::remarks::pick;
use crate::scale::Scale;

/// Subject of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskSubject {
    Asset(usize),
    Shot(usize),
}

/// A task.
#[derive(Debug, PartialEq)]
pub struct Task {
    pub subject: TaskSubject,
    pub step: &'static Step,
    pub state: State,
    pub assigner: usize,
    pub assignees: Vec<usize>,
    pub priority: i32,
    /// From 1 to 5.
    pub difficulty: i32,
    /// Planned working days: the first and the last one.
    pub planned: (i64, i64),
    /// Oldest first.
    pub comments: Vec<Comment>,
    pub hours: Vec<Hours>,
    /// Of the cast assets.
    pub assets_ready: usize,
}

/// Time that somebody logged on a day.
#[derive(Debug, PartialEq)]
pub struct Hours {
    pub person: usize,
    pub day: i64,
    pub minutes: i64,
}

/// Moments of a task that follow from its comments, in working minutes.
#[derive(Debug, Default, PartialEq)]
pub struct Milestones {
    pub retakes: i32,
    pub begun: Option<i64>,
    pub submitted: Option<i64>,
    pub done: Option<i64>,
}

impl Task {
    /// Minutes that the work is estimated to take.
    pub fn estimation(&self) -> i64 {
        (self.planned.1 - self.planned.0 + 1) * 480
    }

    /// Minutes that were logged.
    pub fn logged(&self) -> i64 {
        self.hours.iter().map(|hours| hours.minutes).sum()
    }

    /// Dates that the server would have noted while the comments were written.
    pub fn milestones(&self) -> Milestones {
        let mut found = Milestones::default();
        let mut state = State::Todo;
        for comment in &self.comments {
            if comment.state == state {
                continue;
            }
            state = comment.state;
            found.done = None;
            match state {
                State::Review => found.submitted = Some(comment.minute),
                State::Done => found.done = Some(comment.minute),
                _ => found.submitted = None,
            }
            match state {
                State::Retake => found.retakes += 1,
                State::Wip => found.begun = found.begun.or(Some(comment.minute)),
                _ => {}
            }
        }
        found
    }
}

/// Longest time over the due date after which everything is done.
const LONGEST_DELAY: i64 = 12;

/// Gives out the work.
pub struct Planner {
    crew: Crew,
    calendar: Calendar,
    /// Working days of the whole production.
    days: f64,
    longest_entry: i64,
    managers: Vec<usize>,
    clients: Vec<usize>,
    artists: HashMap<&'static str, Vec<usize>>,
    /// Minutes that people have logged on their days.
    logged: HashMap<(usize, i64), i64>,
}

impl Planner {
    /// A planner with a crew that has done nothing yet.
    pub fn new(scale: &Scale, crew: Crew, calendar: Calendar) -> Self {
        Self {
            crew,
            calendar,
            days: f64::from(scale.weeks) * 5.0,
            longest_entry: scale.longest_entry,
            managers: crew.of(Role::Manager, None),
            clients: crew.of(Role::Client, None),
            artists: crate::plan::steps()
                .map(|step| (step.department, crew.artists(step.department)))
                .collect(),
            logged: HashMap::new(),
        }
    }

    /// Plans the tasks of one entity. `window` says where its first step starts and how far the steps are spread, both as
    /// shares of the production.
    pub fn plan(
        &mut self,
        rng: &mut StdRng,
        subject: TaskSubject,
        steps: &[&'static Step],
        window: (f64, f64),
        frames: Option<(i32, i32)>,
        tasks: &mut Vec<Task>,
    ) {
        let today = self.calendar.now().div_euclid(DAY);
        let mut earliest = (window.0 * self.days) as i64;
        let mut open = true;
        for (number, step) in steps.iter().copied().enumerate() {
            let share = window.0 + window.1 * number as f64 / steps.len() as f64;
            let first = ((share * self.days) as i64 + rng.random_range(-1..=2)).max(earliest);
            let length = rng.random_range(step.days.clone());
            let planned = (first, first + length - 1);
            earliest = first + 1;
            let finish = planned.1 + rng.random_range(-1..=3);
            let state = state(rng, today, first, finish, open);
            open = state == State::Done;
            let mut task = self.assigned(rng, subject, step, planned, state);
            let talk = Talk {
                about: crate::remarks::About {
                    step: step.name,
                    frames,
                },
                state,
                assignee: task.assignees.first().copied(),
                reviewer: self.crew.reviewer(step.department),
                manager: task.assigner,
                client: (step.name == "Compositing").then(|| pick(rng, &self.clients)),
                crew: self.crew,
                begin: first * DAY,
                end: if state == State::Done {
                    ((finish + 1) * DAY).min(self.calendar.now())
                } else {
                    self.calendar.now()
                },
            };
            task.comments = discussion::discuss(rng, &talk);
            self.log(rng, &mut task);
            tasks.push(task);
        }
    }

    fn assigned(
        &self,
        rng: &mut StdRng,
        subject: TaskSubject,
        step: &'static Step,
        planned: (i64, i64),
        state: State,
    ) -> Task {
        let artists = self.artists.get(step.department).map(Vec::as_slice).unwrap_or_default();
        let mut assignees = Vec::new();
        let untouched = matches!(state, State::Todo | State::Ready);
        let unassigned = untouched && rng.random_bool(0.2);
        if !unassigned && !artists.is_empty() {
            assignees.push(pick(rng, artists));
            let second = pick(rng, artists);
            if second != assignees[0] && rng.random_bool(0.06) {
                assignees.push(second);
            }
        }
        Task {
            subject,
            step,
            state,
            assigner: if rng.random_bool(0.8) {
                pick(rng, &self.managers)
            } else {
                self.crew.reviewer(step.department)
            },
            assignees,
            priority: pick(rng, &[0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3]),
            difficulty: pick(rng, &[1, 2, 2, 3, 3, 3, 3, 4, 4, 5]),
            planned,
            comments: Vec::new(),
            hours: Vec::new(),
            assets_ready: 0,
        }
    }

    /// Logs the first assignee's time from the beginning of the work to the last comment.
    fn log(&mut self, rng: &mut StdRng, task: &mut Task) {
        let (Some(person), Some(begun), Some(last)) = (
            task.assignees.first().copied(),
            task.milestones().begun,
            task.comments.last().map(|comment| comment.minute),
        ) else {
            return;
        };
        let wanted = task.estimation() * rng.random_range(70..=130) / 100;
        for day in begun.div_euclid(DAY)..=last.div_euclid(DAY) {
            let used = self.logged.entry((person, day)).or_default();
            let entry = pick(rng, &[120, 180, 240, 300, 420, 480])
                .min(self.longest_entry)
                .min(480 - *used)
                .min(wanted - task.logged());
            if entry >= 30 {
                let minutes = entry / 15 * 15;
                *used += minutes;
                task.hours.push(Hours { person, day, minutes });
            }
        }
    }
}

/// Progress of a task that was planned from `first` and would be finished on `finish`. It only opens when the step
/// before it is done, or nearly.
fn state(rng: &mut StdRng, today: i64, first: i64, finish: i64, open: bool) -> State {
    if first > today {
        return if open && rng.random_bool(0.5) {
            State::Ready
        } else {
            State::Todo
        };
    }
    if finish < today && (finish < today - LONGEST_DELAY || (open && rng.random_bool(0.85))) {
        return State::Done;
    }
    if !open && rng.random_bool(0.65) {
        return pick(rng, &[State::Todo, State::Todo, State::Ready]);
    }
    pick(
        rng,
        &[
            State::Wip,
            State::Wip,
            State::Wip,
            State::Review,
            State::Review,
            State::Retake,
            State::Retake,
        ],
    )
}

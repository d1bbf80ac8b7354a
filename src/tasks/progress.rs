//! Progress of a task: its status, the dates and counts that comments move, and how they follow from comments.

use std::collections::HashMap;

use chrono::{NaiveDateTime, TimeDelta, Timelike};
use sea_orm::DbErr;
use uuid::Uuid;

use super::statuses::Status;
use crate::database;
use crate::events::Work;

/// Parts of a task that comments move.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    pub task_status_id: Option<Uuid>,
    pub retake_count: i32,
    pub real_start_date: Option<NaiveDateTime>,
    pub end_date: Option<NaiveDateTime>,
    pub done_date: Option<NaiveDateTime>,
    pub last_comment_date: Option<NaiveDateTime>,
}

/// A comment as far as the task is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusStep {
    pub at: NaiveDateTime,
    pub task_status_id: Option<Uuid>,
}

impl Progress {
    /// Progress of a task by all of its comments, from the oldest to the newest. Every way to change, move or remove a comment
    /// comes here, so that the same comments always give the same dates: work began with the first status that means so, it
    /// ended with the last request for feedback unless it went on, and it is done since the comment that said so.
    #[must_use]
    pub fn of(steps: &[StatusStep], statuses: &HashMap<Uuid, Status>) -> Self {
        let mut progress = Self::default();
        for step in steps {
            let was_retake = progress
                .task_status_id
                .and_then(|id| statuses.get(&id))
                .is_some_and(|status| status.is_retake);
            progress.go_on(*step, statuses, !was_retake);
        }
        progress
    }

    /// Goes on from the state that the task is in, by a comment that is newer than all others. What people, imports and other
    /// programs stored besides stays, as far as the new status does not say otherwise.
    pub fn follow(&mut self, step: StatusStep, statuses: &HashMap<Uuid, Status>) {
        self.go_on(step, statuses, true);
    }

    /// Takes a comment in; one without a status says nothing of it. `counts` says that a retake is one more.
    fn go_on(&mut self, step: StatusStep, statuses: &HashMap<Uuid, Status>, counts: bool) {
        self.last_comment_date = Some(step.at);
        if step.task_status_id.is_none() || step.task_status_id == self.task_status_id {
            return;
        }
        self.task_status_id = step.task_status_id;
        if let Some(status) = step.task_status_id.and_then(|id| statuses.get(&id)) {
            self.enter(status, step.at, counts);
        }
    }

    fn enter(&mut self, status: &Status, at: NaiveDateTime, counts: bool) {
        if status.is_retake && counts {
            self.retake_count = self.retake_count.saturating_add(1);
        }
        if status.is_wip {
            self.real_start_date.get_or_insert(at);
        }
        if status.is_feedback_request {
            self.end_date = Some(at);
        } else if !status.is_done {
            self.end_date = None;
        }
        self.done_date = status.is_done.then_some(at);
    }
}

/// The place of a new comment among those of a task, as its moment. One of the same second as the newest comment comes after
/// it, since clients tell no parts of seconds; the difference is stored, so that the order stays.
#[must_use]
pub fn place(steps: &[StatusStep], at: NaiveDateTime) -> NaiveDateTime {
    let second = |moment: NaiveDateTime| moment.with_nanosecond(0).unwrap_or(moment);
    match steps.last() {
        Some(last) if second(last.at) == second(at) => at.max(last.at + TimeDelta::microseconds(1)),
        _ => at,
    }
}

/// Stores how far tasks are.
///
/// # Errors
/// The database refuses.
pub async fn store(work: &Work<'_>, tasks: &[(Uuid, Progress)]) -> Result<(), DbErr> {
    let row = |(id, progress): &(Uuid, Progress)| {
        let values = vec![
            ("task_status_id", progress.task_status_id.into()),
            ("retake_count", progress.retake_count.into()),
            ("real_start_date", progress.real_start_date.into()),
            ("end_date", progress.end_date.into()),
            ("done_date", progress.done_date.into()),
            ("last_comment_date", progress.last_comment_date.into()),
        ];
        (*id, values)
    };
    database::update_many(&**work, &entity::task::TABLE, tasks.iter().map(row).collect()).await
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveDate, TimeDelta};

    use super::*;

    fn moment(minutes: i64) -> NaiveDateTime {
        let midnight = NaiveDate::from_ymd_opt(2026, 3, 2)
            .and_then(|day| day.and_hms_opt(0, 0, 0))
            .expect("a moment");
        midnight + TimeDelta::minutes(minutes)
    }

    fn statuses() -> [Status; 5] {
        let status = || Status {
            id: Uuid::new_v4(),
            ..Status::default()
        };
        [
            Status {
                is_wip: true,
                ..status()
            },
            Status {
                is_feedback_request: true,
                ..status()
            },
            Status {
                is_retake: true,
                ..status()
            },
            Status {
                is_done: true,
                ..status()
            },
            status(),
        ]
    }

    fn step(minutes: i64, status: &Status) -> StatusStep {
        StatusStep {
            at: moment(minutes),
            task_status_id: Some(status.id),
        }
    }

    fn of(steps: &[StatusStep], statuses: &[Status; 5]) -> Progress {
        Progress::of(steps, &statuses.clone().map(|status| (status.id, status)).into())
    }

    #[test]
    fn a_task_goes_its_way() {
        let known = statuses();
        let [wip, wfa, retake, done, todo] = &known;
        let mut steps = Vec::new();
        let mut post = |minutes, status: &Status| {
            steps.push(step(minutes, status));
            of(&steps, &known)
        };
        assert_eq!(post(1, wip).real_start_date, Some(moment(1)));
        assert_eq!(post(2, wfa).end_date, Some(moment(2)));
        let back = post(3, retake);
        assert_eq!((back.end_date, back.retake_count), (None, 1));
        assert_eq!(post(4, retake).retake_count, 1, "said twice");
        assert_eq!(post(5, wip).real_start_date, Some(moment(1)), "work begins once");
        assert_eq!(post(6, wfa).end_date, Some(moment(6)));
        assert_eq!(post(7, wfa).end_date, Some(moment(6)), "asked twice");
        let finished = post(8, done);
        assert_eq!(
            (finished.end_date, finished.done_date),
            (Some(moment(6)), Some(moment(8)))
        );
        let reopened = post(9, todo);
        assert_eq!(
            (reopened.end_date, reopened.done_date, reopened.retake_count),
            (None, None, 1)
        );
        assert_eq!(
            (reopened.task_status_id, reopened.last_comment_date),
            (Some(todo.id), Some(moment(9)))
        );
        assert_eq!(of(&[], &known), Progress::default());
    }

    #[test]
    fn the_newest_comment_goes_on_from_what_is_stored() {
        let known = statuses();
        let [wip, wfa, retake, ..] = &known;
        let all = known.clone().map(|status| (status.id, status)).into();
        let mut task = Progress {
            task_status_id: Some(wip.id),
            retake_count: 4,
            real_start_date: Some(moment(-600)),
            ..Progress::default()
        };
        task.follow(step(1, wip), &all);
        assert_eq!((task.real_start_date, task.retake_count), (Some(moment(-600)), 4));
        assert_eq!(task.last_comment_date, Some(moment(1)));
        task.follow(step(2, retake), &all);
        assert_eq!((task.real_start_date, task.retake_count), (Some(moment(-600)), 5));
        task.follow(step(3, wfa), &all);
        assert_eq!((task.end_date, task.task_status_id), (Some(moment(3)), Some(wfa.id)));
    }

    #[test]
    fn a_comment_without_a_status_moves_nothing() {
        let known = statuses();
        let [wip, _, retake, ..] = &known;
        let silent = |minutes| StatusStep {
            task_status_id: None,
            ..step(minutes, wip)
        };
        let steps = [
            silent(1),
            step(2, wip),
            silent(3),
            step(4, retake),
            silent(5),
            step(6, retake),
            silent(7),
        ];
        let progress = of(&steps, &known);
        assert_eq!(
            (progress.task_status_id, progress.retake_count),
            (Some(retake.id), 1),
            "nothing was said between two of the same"
        );
        assert_eq!(
            (progress.real_start_date, progress.last_comment_date),
            (Some(moment(2)), Some(moment(7)))
        );
        assert_eq!(of(&[silent(1)], &known).task_status_id, None);
    }

    #[test]
    fn comments_of_the_same_second_are_last() {
        let status = Status::default();
        let newest = moment(1) + TimeDelta::milliseconds(900);
        let steps = [StatusStep {
            at: newest,
            ..step(1, &status)
        }];
        assert_eq!(place(&steps, moment(1)), newest + TimeDelta::microseconds(1));
        assert_eq!(place(&steps, moment(0)), moment(0));
        assert_eq!(place(&steps, moment(2)), moment(2));
        assert_eq!(place(&[], moment(2)), moment(2));
    }
}

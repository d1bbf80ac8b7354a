//! Progress of a task: its status, the dates and counts that comments move, and how they follow from comments.

use std::collections::HashMap;

use chrono::{NaiveDateTime, TimeDelta, Timelike};
use sea_orm::DbErr;
use uuid::Uuid;

use super::statuses::Status;
use crate::database::{self, Sql};
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
    /// Progress of a task by all of its comments, from the oldest to the newest. Every way to post, change, move or
    /// remove a comment comes here, so that the same comments always give the same dates: work began with the first
    /// status that means so, it ended with the last request for feedback unless it went on, and it is done since the
    /// comment that said so. A comment without a status says nothing of it.
    #[must_use]
    pub fn of(steps: &[StatusStep], statuses: &HashMap<Uuid, Status>) -> Self {
        let mut progress = Self::default();
        for step in steps {
            progress.last_comment_date = Some(step.at);
            if step.task_status_id.is_none() || step.task_status_id == progress.task_status_id {
                continue;
            }
            let known = |id: Option<Uuid>| id.and_then(|id| statuses.get(&id));
            let was_retake = known(progress.task_status_id).is_some_and(|status| status.is_retake);
            progress.task_status_id = step.task_status_id;
            if let Some(status) = known(step.task_status_id) {
                progress.enter(status, step.at, was_retake);
            }
        }
        progress
    }

    fn enter(&mut self, status: &Status, at: NaiveDateTime, was_retake: bool) {
        if status.is_retake && !was_retake {
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

/// Tasks that one statement changes. Each takes eight placeholders, and SQLite looks every placeholder up among all others.
const PORTION: usize = 120;

/// Stores how far tasks are, many in one statement.
///
/// # Errors
/// The database refuses.
pub async fn store(work: &Work<'_>, tasks: &[(Uuid, Progress)]) -> Result<(), DbErr> {
    let now = database::now();
    for tasks in tasks.chunks(PORTION) {
        let mut sql = Sql::new(
            "UPDATE task SET task_status_id = v.column2, retake_count = v.column3, real_start_date = v.column4, end_date = v.column5, \
             done_date = v.column6, last_comment_date = v.column7, updated_at = v.column8 FROM (VALUES ",
        );
        for (at, (id, progress)) in tasks.iter().enumerate() {
            sql.push(if at > 0 { ", (" } else { "(" }).bind(*id);
            sql.push(", ")
                .bind(progress.task_status_id)
                .push(", ")
                .bind(progress.retake_count);
            for moment in [
                progress.real_start_date,
                progress.end_date,
                progress.done_date,
                progress.last_comment_date,
                Some(now),
            ] {
                sql.push(", ").bind(moment);
            }
            sql.push(")");
        }
        sql.push(") AS v WHERE task.id = v.column1");
        database::execute(&**work, &sql).await?;
    }
    Ok(())
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

//! How far a task is: its status, the dates and counts that comments move, and how they follow from comments.

use std::collections::HashMap;

use chrono::{NaiveDateTime, Timelike};
use sea_orm::DbErr;
use uuid::Uuid;

use super::statuses::Status;
use crate::database::{self, Sql};
use crate::events::Work;

/// What comments move in a task.
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
pub struct Step {
    pub at: NaiveDateTime,
    pub task_status_id: Option<Uuid>,
}

impl Progress {
    /// Whether a comment of that moment comes after all others. Moments are compared by the second.
    #[must_use]
    pub fn is_last(&self, at: NaiveDateTime) -> bool {
        let second = |moment: NaiveDateTime| moment.with_nanosecond(0).unwrap_or(moment);
        self.last_comment_date.is_none_or(|last| second(last) <= second(at))
    }

    /// Takes a comment in that comes after all others. Says whether the status changed.
    pub fn advance(&mut self, step: Step, status: Option<&Status>, now: NaiveDateTime) -> bool {
        let changed = self.task_status_id != step.task_status_id;
        self.task_status_id = step.task_status_id;
        self.last_comment_date = Some(step.at);
        if let Some(status) = status.filter(|_| changed) {
            if status.is_retake {
                self.retake_count = self.retake_count.saturating_add(1);
            }
            if status.is_wip && self.real_start_date.is_none() {
                self.real_start_date = Some(now);
            }
            if status.is_feedback_request {
                self.end_date = Some(now);
            } else if !status.is_done {
                self.end_date = None;
            }
            self.done_date = status.is_done.then_some(now);
        }
        changed
    }

    /// How far a task is by all of its comments, from the oldest to the newest.
    #[must_use]
    pub fn of(steps: &[Step], statuses: &HashMap<Uuid, Status>) -> Self {
        let mut progress = Self::default();
        let mut after_retake = false;
        for step in steps {
            progress.last_comment_date = Some(step.at);
            progress.task_status_id = step.task_status_id;
            let status = step.task_status_id.and_then(|id| statuses.get(&id));
            let is_retake = status.is_some_and(|status| status.is_retake);
            progress.retake_count += i32::from(is_retake && !after_retake);
            after_retake = is_retake;
            let Some(status) = status else { continue };
            if status.is_wip {
                progress.real_start_date.get_or_insert(step.at);
            }
            if status.is_feedback_request {
                progress.end_date.get_or_insert(step.at);
            }
            if status.is_done {
                progress.done_date = Some(step.at);
            }
        }
        progress
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
            sql.push(", ").bind(progress.task_status_id).push(", ").bind(progress.retake_count);
            for moment in [progress.real_start_date, progress.end_date, progress.done_date, progress.last_comment_date, Some(now)] {
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
        let midnight = NaiveDate::from_ymd_opt(2026, 3, 2).and_then(|day| day.and_hms_opt(0, 0, 0)).expect("a moment");
        midnight + TimeDelta::minutes(minutes)
    }

    fn statuses() -> [Status; 5] {
        let status = || Status { id: Uuid::new_v4(), ..Status::default() };
        [
            Status { is_wip: true, ..status() },
            Status { is_feedback_request: true, ..status() },
            Status { is_retake: true, ..status() },
            Status { is_done: true, ..status() },
            status(),
        ]
    }

    fn step(minutes: i64, status: &Status) -> Step {
        Step { at: moment(minutes), task_status_id: Some(status.id) }
    }

    #[test]
    fn a_task_goes_its_way() {
        let [wip, wfa, retake, done, todo] = statuses();
        let mut task = Progress { task_status_id: Some(todo.id), ..Progress::default() };
        let mut post = |minutes, status: &Status| {
            let changed = task.advance(step(minutes, status), Some(status), moment(minutes));
            (changed, task.clone())
        };
        assert_eq!(post(1, &wip).1.real_start_date, Some(moment(1)));
        assert_eq!(post(2, &wfa).1.end_date, Some(moment(2)));
        assert_eq!((post(3, &retake).1.end_date, post(3, &retake).1.retake_count), (None, 1));
        assert!(!post(4, &retake).0);
        assert_eq!(post(5, &wip).1.real_start_date, Some(moment(1)), "work begins once");
        post(6, &wfa);
        let (_, finished) = post(7, &done);
        assert_eq!((finished.end_date, finished.done_date), (Some(moment(6)), Some(moment(7))));
        assert_eq!(post(8, &todo).1.done_date, None);
    }

    #[test]
    fn comments_of_the_same_second_are_last() {
        let task = Progress { last_comment_date: Some(moment(1) + TimeDelta::milliseconds(900)), ..Progress::default() };
        assert!(task.is_last(moment(1)));
        assert!(!task.is_last(moment(0)));
    }

    #[test]
    fn all_comments_together_tell_how_far_a_task_is() {
        let [wip, wfa, retake, done, todo] = statuses();
        let steps =
            [step(1, &wip), step(2, &wfa), step(3, &retake), step(4, &retake), step(5, &wfa), step(6, &retake), step(7, &done), step(8, &todo)];
        let known = [&wip, &wfa, &retake, &done, &todo].map(|status| (status.id, status.clone())).into();
        let task = Progress::of(&steps, &known);
        assert_eq!(
            task,
            Progress {
                task_status_id: Some(todo.id),
                retake_count: 2,
                real_start_date: Some(moment(1)),
                end_date: Some(moment(2)),
                done_date: Some(moment(7)),
                last_comment_date: Some(moment(8)),
            }
        );
        assert_eq!(Progress::of(&[], &known), Progress::default());
    }
}

//! Plans who follows which tasks, and what people are told of.

use rand::Rng;
use rand::rngs::StdRng;

use crate::calendar::DAY;
use crate::people::{Crew, Role, WITH_PASSWORD};
use crate::pipeline::State;
use crate::scale::Scale;
use crate::work::Task;

/// Notice of something.
#[derive(Debug, PartialEq)]
pub struct Notice {
    /// Person who is told.
    pub person: usize,
    pub author: usize,
    pub task: usize,
    /// Place among the comments of the task.
    pub comment: usize,
    /// Place among the replies of the comment, when it is about a reply.
    pub reply: Option<usize>,
    /// One of the words of `notification.type`.
    pub kind: &'static str,
    /// Moment, in working minutes.
    pub minute: i64,
    pub read: bool,
}

/// Working days after which everything was read.
const ATTENTION: i64 = 2;

/// Subscriptions to tasks, and the latest notices. Managers follow some of the tasks that are under way; reviewers
/// those that came back.
pub fn follow(
    rng: &mut StdRng,
    tasks: &[Task],
    crew: Crew,
    scale: &Scale,
    now: i64,
) -> (Vec<(usize, usize)>, Vec<Notice>) {
    let mut subscriptions = Vec::new();
    let managers = crew.of(Role::Manager, None);
    for (place, task) in tasks.iter().enumerate() {
        match task.state {
            State::Retake if rng.random_bool(0.5) => subscriptions.push((crew.reviewer(task.step.department), place)),
            State::Wip | State::Review | State::Retake if rng.random_bool(0.25) => {
                let manager = if rng.random_bool(0.6) {
                    WITH_PASSWORD[0]
                } else {
                    managers[place % managers.len()]
                };
                subscriptions.push((manager, place));
            }
            _ => {}
        }
    }
    let mut notices = Vec::new();
    let mut followers = subscriptions.iter().peekable();
    for (place, task) in tasks.iter().enumerate() {
        let mut told = task.assignees.clone();
        while let Some((person, _)) = followers.next_if(|(_, task)| *task == place) {
            told.push(*person);
        }
        told.sort_unstable();
        told.dedup();
        notices.extend(of_task(task, place, &told, now));
    }
    // The latest ones are kept, in the order in which they came.
    notices.sort_by_key(|notice| (notice.minute, notice.task, notice.person));
    let rest = notices.len().saturating_sub(scale.notifications);
    notices.drain(..rest);
    (subscriptions, notices)
}

fn of_task(task: &Task, place: usize, told: &[usize], now: i64) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut tell =
        |person: usize, author: usize, comment: usize, reply: Option<usize>, kind: &'static str, minute: i64| {
            if person != author {
                let read = minute < now - ATTENTION * DAY;
                notices.push(Notice {
                    person,
                    author,
                    task: place,
                    comment,
                    reply,
                    kind,
                    minute,
                    read,
                });
            }
        };
    for (at, comment) in task.comments.iter().enumerate() {
        for person in told {
            tell(*person, comment.author, at, None, "comment", comment.minute);
        }
        if let Some(person) = comment.mention {
            tell(person, comment.author, at, None, "mention", comment.minute);
        }
        for (number, reply) in comment.replies.iter().enumerate() {
            let mut readers = told.to_vec();
            readers.push(comment.author);
            readers.sort_unstable();
            readers.dedup();
            for person in readers {
                tell(person, reply.author, at, Some(number), "reply", reply.minute);
            }
        }
    }
    notices
}

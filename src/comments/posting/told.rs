//! Persons and productions that are told of a comment.

use chrono::NaiveDateTime;
use uuid::Uuid;

use super::Posted;
use crate::access::ProjectRole;
use crate::access::comments::{Seen, Viewer};
use crate::comments::mentions::Mentions;
use crate::comments::posting_context::{CommentedTask, PostingContext};
use crate::notifications::news::NewsDraft;
use crate::notifications::notices::{Notice, NoticeKind};
use crate::vocabulary::kinds::EntityKind;

/// Persons who are told of a comment: those whom the task concerns, then those whom the text mentions, without its
/// author. Clients are not told of what they may not read, nor vendors of what they don't work on.
#[must_use]
pub fn notices_of(
    context: &PostingContext,
    task: &CommentedTask,
    comment_id: Uuid,
    seen: Seen,
    mentions: &Mentions,
) -> Vec<Notice> {
    let told = |person_id: Uuid, place: ProjectRole| {
        let viewer = Viewer {
            person_id,
            place,
            clients_isolated: task.clients_isolated,
            works_on_entity: context.workers.contains(&(task.id, person_id)),
        };
        person_id != seen.author_id && viewer.may_be_told(seen)
    };
    let audience = context.audiences.get(&task.id).into_iter().flatten();
    let concerned = audience
        .filter(|one| told(one.person_id, one.place))
        .map(|one| (NoticeKind::Comment, one.person_id));
    let reached = task
        .project_id
        .map(|id| context.mentionable.reached(mentions, id))
        .unwrap_or_default();
    let mentioned = reached
        .iter()
        .filter(|one| told(one.person_id, one.place))
        .map(|one| (NoticeKind::Mention, one.person_id));
    let notice = |(kind, person_id)| {
        let notice = Notice::new(kind, person_id, seen.author_id, task.id, task.project_id);
        Notice {
            comment_id: Some(comment_id),
            ..notice
        }
    };
    concerned.chain(mentioned).map(notice).collect()
}

/// The entry of the news about a comment; there is none about concepts.
#[must_use]
pub fn news_of(task: &CommentedTask, posted: Posted, at: NaiveDateTime, change: bool) -> Option<NewsDraft> {
    (task.kind != EntityKind::Concept).then(|| NewsDraft {
        id: Uuid::new_v4(),
        author_id: posted.author_id,
        comment_id: posted.id,
        task_id: task.id,
        project_id: task.project_id,
        task_type_id: task.task_type_id,
        task_status_id: posted.task_status_id,
        change,
        created_at: at,
    })
}

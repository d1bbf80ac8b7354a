//! Moves a comment to another task of the same entity.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use serde_json::json;
use uuid::Uuid;

use super::drafts::Draft;
use super::posting::{Posted, news_of, notices_of};
use super::posting_context::PostingContext;
use super::rows;
use crate::access::comments::CommentSubject;
use crate::access::tasks::{TaskRelation, relation};
use crate::app::App;
use crate::database::{self, Sql};
use crate::events::{Payload, ToldComment, Work, payload};
use crate::notifications::{news, notices};
use crate::removal::tell_lost_news;
use crate::tasks::recompute::recompute;

/// Moves a comment, and gives it as JSON.
///
/// # Errors
/// 404 for an unknown comment or task, 403 for those who do not manage the production, 400 for a comment that can't be
/// moved there.
pub async fn move_comment(
    app: &App,
    caller: &Caller,
    task_id: Uuid,
    comment_id: Uuid,
    target_id: Uuid,
) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let source = relation(&*work, caller, task_id).await?;
    let subject = CommentSubject::find(&*work, caller, comment_id).await?;
    let target = relation(&*work, caller, target_id)
        .await
        .map_err(|failure| failure.naming_unknown("target_task_id"))?;
    require_movable(&work, &subject, &source, &target).await?;
    remove_notices_and_news(&mut work, comment_id).await?;
    database::update(
        &*work,
        &entity::comment::TABLE,
        comment_id,
        vec![("object_id", target_id.into())],
    )
    .await?;
    recompute(&mut work, &[task_id, target_id]).await?;
    tell_of_move(&mut work, &subject, &target);
    notify(&mut work, &subject, target_id).await?;
    let text = rows::comment(&*work, comment_id).await?;
    work.finish().await?;
    Ok(text)
}

/// Requires that a comment can be moved from the one task to the other, by somebody who manages both.
///
/// # Errors
/// 403 for those who do not manage both productions, 400 for a comment that can't be moved from the one task to the other.
async fn require_movable(
    work: &Work<'_>,
    subject: &CommentSubject,
    source: &TaskRelation,
    target: &TaskRelation,
) -> Result<(), Failure> {
    if !source.role.is_manager() || !target.role.is_manager() {
        return Err(Failure::forbidden());
    }
    if subject.task_id != source.task_id {
        return Err(Failure::parameter("Comment does not belong to the given task.").naming("comment_id"));
    }
    if source.task_id == target.task_id {
        return Err(Failure::parameter("Source and target tasks must be different.").naming("target_task_id"));
    }
    if source.entity_id.is_none() || source.entity_id != target.entity_id {
        return Err(
            Failure::parameter("A comment can only be moved between tasks of the same entity.")
                .naming("target_task_id"),
        );
    }
    let previews = Sql::with(
        "SELECT 1 FROM comment_preview_link WHERE comment = $1 LIMIT 1",
        [subject.id.into()],
    );
    if database::row(&**work, &previews).await?.is_some() {
        return Err(
            Failure::parameter("A comment attached to a preview revision cannot be moved.").naming("comment_id"),
        );
    }
    Ok(())
}

/// Removes the notifications and news of a comment, which are about its former task.
async fn remove_notices_and_news(work: &mut Work<'_>, comment_id: Uuid) -> Result<(), Failure> {
    tell_lost_news(work, "comment_id", &[comment_id]).await?;
    for table in ["notification", "news"] {
        let sql = Sql::with(
            format!("DELETE FROM {table} WHERE comment_id = $1"),
            [comment_id.into()],
        );
        database::execute(&**work, &sql).await?;
    }
    Ok(())
}

/// Tells that the comment is gone from its former task, and new on the other one.
fn tell_of_move(work: &mut Work<'_>, subject: &CommentSubject, target: &TaskRelation) {
    work.emit_in(
        subject.project_id(),
        "comment:delete",
        payload([("comment_id", subject.id), ("task_id", subject.task_id)]),
    );
    let told = ToldComment {
        id: subject.id,
        task_id: target.task_id,
        person_id: subject.author_id,
        for_client: Some(subject.for_client),
    };
    let more = Payload::from_iter([("task_status_id".to_owned(), json!(subject.task_status_id))]);
    work.tell_of_comment(target.project_id, "new", told, more);
}

/// Notifies those whom the other task concerns, and enters its news.
async fn notify(work: &mut Work<'_>, subject: &CommentSubject, target_id: Uuid) -> Result<(), Failure> {
    let sql = Sql::with(
        "SELECT text, created_at FROM comment WHERE id = $1",
        [subject.id.into()],
    );
    let row = database::row(&**work, &sql).await?.ok_or_else(Failure::not_found)?;
    let text = row.try_get::<Option<String>>("", "text")?.unwrap_or_default();
    let at = row
        .try_get::<Option<chrono::NaiveDateTime>>("", "created_at")?
        .unwrap_or_else(database::now);
    let draft = Draft {
        created_at: Some(at),
        for_client: subject.for_client,
        ..Draft::new(target_id, subject.task_status_id, text, subject.author_id)
    };
    let drafts = [draft];
    let context = PostingContext::load(work, &drafts).await?;
    let task = context.tasks.get(&target_id).ok_or_else(Failure::not_found)?;
    let mentions = task
        .project_id
        .map(|id| context.mentionable.in_text(&drafts[0].text, id))
        .unwrap_or_default();
    let seen = subject.seen();
    let notices = notices_of(&context, task, subject.id, seen, &mentions);
    for notice in &notices {
        notice.emit(work);
    }
    notices::store(work, &notices).await?;
    let posted = Posted {
        id: subject.id,
        task_id: target_id,
        task_status_id: subject.task_status_id,
        author_id: subject.author_id,
    };
    if let Some(entry) = news_of(task, posted, at, false) {
        entry.emit(work);
        news::store(work, &[entry]).await?;
    }
    Ok(())
}

//! Changes of stored comments: who may make which, and what follows.

use std::collections::HashSet;

use chrono::NaiveDateTime;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::parse_id;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::mentions::{self, Mentionable};
use super::removal;
use crate::access::comments::{self, CommentSubject, KEEP, Seen, Viewer};
use crate::access::references::production_of;
use crate::access::tasks::{ACT, LEAD, READ, TaskFact};
use crate::app::App;
use crate::crud::{Record, missing};
use crate::database::{self, Sql};
use crate::events::{Payload, ToldComment, Work, payload};
use crate::notifications::notices::{self, Notice, NoticeKind};
use crate::notifications::recipients;
use crate::tasks::recompute::{recompute, tell_changed};
use crate::tasks::statuses::Settable;
use crate::vocabulary::addresses::require_harmless;

/// Lets those in who may change a comment by a body.
///
/// # Errors
/// 403 for those who may not change the comment in this way, 404 for an unknown status.
pub async fn may_update(
    work: &Work<'_>,
    caller: &Caller,
    record: &Record,
    body: &Map<String, Value>,
) -> Result<(), Failure> {
    if caller.is_admin() {
        return Ok(());
    }
    let subject = CommentSubject::find(&**work, caller, record.id).await?;
    let (person, relation) = (&caller.person, &subject.relation);
    relation.require(&READ)?;
    if relation.role.is_manager() {
        return Ok(());
    }
    subject.require(caller, &comments::READ)?;
    let own = subject.author_id == person.id;
    let supervises = relation.allows(&LEAD);
    let changes = |key: &str| body.get(key).is_some_and(|new| Some(new) != record.values.get(key));
    let names = |key: &str, id: Uuid| {
        body.get(key)
            .is_some_and(|new| new.as_str().and_then(parse_id) != Some(id))
    };
    let refused = changes("for_client")
        || (changes("pinned") && !supervises)
        || (changes("checklist") && !own && !relation.holds(TaskFact::Assigned) && !supervises)
        || (!own && !body.keys().all(|key| key == "pinned" || key == "checklist"))
        || names("person_id", person.id)
        || names("object_id", subject.task_id);
    if refused {
        return Err(Failure::forbidden());
    }
    let Some(status) = body.get("task_status_id") else {
        return Ok(());
    };
    let status = status.as_str().and_then(parse_id);
    if status != subject.task_status_id && !relation.allows(&ACT) {
        return Err(Failure::forbidden());
    }
    let settable = Settable::find(&**work, [relation.project_id]).await?;
    settable.require(
        relation.project_id,
        status.ok_or_else(|| Failure::not_found().naming("task_status_id"))?,
        relation.role.role,
    )
}

/// Refuses to take the text of a comment away, makes no checklist an empty one, and drops what answers add to the replies.
/// `record` is what is stored, for an update.
///
/// # Errors
/// 400 for a comment without its text.
pub fn check(record: Option<&Record>, body: &mut Map<String, Value>) -> Result<(), Failure> {
    for reply in body
        .get_mut("replies")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        reply.remove("person");
    }
    if let Some(checklist) = body.get_mut("checklist").filter(|list| list.is_null()) {
        *checklist = json!([]);
    }
    for link in body
        .get("links")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        require_harmless("links", link)?;
    }
    let Some(record) = record else { return Ok(()) };
    let loses_text = body.get("text") == Some(&Value::Null) && record.text("text").is_some();
    if loses_text { Err(missing("text")) } else { Ok(()) }
}

/// Lets those in who may delete a comment.
///
/// # Errors
/// 403 for everybody but the author and those who manage the production.
pub async fn may_delete(work: &Work<'_>, caller: &Caller, record: &Record) -> Result<(), Failure> {
    if caller.is_admin() {
        return Ok(());
    }
    CommentSubject::find(&**work, caller, record.id)
        .await?
        .require(caller, &KEEP)
}

/// Reads the mentions again, tells those whom a new text mentions and the old one did not, and works the task out anew when
/// the status of the comment changed. `before` is what was stored.
///
/// # Errors
/// The database refuses.
pub async fn after_update(
    work: &mut Work<'_>,
    caller: &Caller,
    before: &Record,
    body: &Map<String, Value>,
) -> Result<(), Failure> {
    // A comment on something that is no task has nothing that follows.
    let subject = match CommentSubject::find(&**work, caller, before.id).await {
        Ok(subject) => subject,
        Err(Failure::Answer { .. }) => return Ok(()),
        Err(fault) => return Err(fault),
    };
    let text = body.get("text").filter(|text| Some(*text) != before.values.get("text"));
    let changed = Changed {
        id: subject.id,
        task_id: subject.task_id,
        project_id: subject.project_id(),
        seen: subject.seen(),
        clients_isolated: subject.relation.clients_isolated,
    };
    if let Some(text) = text {
        mention_again(work, &changed, text.as_str().unwrap_or_default()).await?;
    }
    let previous = before.id_of("task_status_id");
    if subject.task_status_id == previous {
        Ok(())
    } else {
        move_task(work, &changed).await
    }
}

/// A comment that was changed.
#[derive(Clone, Copy, Debug)]
pub struct Changed {
    pub id: Uuid,
    pub task_id: Uuid,
    pub project_id: Option<Uuid>,
    pub seen: Seen,
    /// True if clients of the production don't see each other.
    pub clients_isolated: bool,
}

/// Works the task of a comment that has another status out anew, and tells when the task came to another status by it.
///
/// # Errors
/// The database refuses.
pub async fn move_task(work: &mut Work<'_>, comment: &Changed) -> Result<(), Failure> {
    follow(work, comment.task_id, comment.seen.author_id).await
}

async fn follow(work: &mut Work<'_>, task_id: Uuid, author_id: Uuid) -> Result<(), Failure> {
    for task in recompute(work, &[task_id]).await? {
        tell_changed(work, &task, author_id);
    }
    Ok(())
}

/// Works the task of a comment that was stored as it is out anew. Without a status of its own, the comment leaves that of the
/// task as it is.
///
/// # Errors
/// The database refuses.
pub async fn after_create(work: &mut Work<'_>, id: Uuid) -> Result<(), Failure> {
    let sql = Sql::with(
        "SELECT t.id, t.project_id, c.person_id, c.task_status_id, c.created_at FROM comment c JOIN task t ON t.id = c.object_id \
         WHERE c.id = $1",
        [id.into()],
    );
    let Some(row) = database::row(&**work, &sql).await? else {
        return Ok(());
    };
    let task_id: Uuid = row.try_get("", "id")?;
    if row.try_get::<Option<Uuid>>("", "task_status_id")?.is_some() {
        return follow(work, task_id, row.try_get("", "person_id")?).await;
    }
    let at: Option<NaiveDateTime> = row.try_get("", "created_at")?;
    database::update(
        &**work,
        &entity::task::TABLE,
        task_id,
        vec![("last_comment_date", at.into())],
    )
    .await?;
    let project_id: Option<Uuid> = row.try_get("", "project_id")?;
    work.emit_in(project_id, "task:update", payload([("task_id", task_id)]));
    Ok(())
}

/// Stores whom the text mentions now, and tells those who were not told before.
///
/// # Errors
/// The database refuses.
pub async fn mention_again(work: &mut Work<'_>, comment: &Changed, text: &str) -> Result<(), Failure> {
    let Some(project_id) = comment.project_id else {
        return Ok(());
    };
    let mentionable = Mentionable::find(&**work, &[project_id]).await?;
    let found = mentionable.in_text(text, project_id);
    let before = mentions::stored(work, comment.id).await?;
    mentions::replace(work, comment.id, &found).await?;
    let told: HashSet<Uuid> = mentionable
        .reached(&before, project_id)
        .iter()
        .map(|member| member.person_id)
        .collect();
    let reached = mentionable.reached(&found, project_id);
    let ids: Vec<Uuid> = reached.iter().map(|member| member.person_id).collect();
    unmention(work, comment.id, &ids).await?;
    let sql = Sql::with("SELECT created_at FROM comment WHERE id = $1", [comment.id.into()]);
    let created_at = database::read_value(&**work, &sql).await?.flatten();
    let workers = recipients::workers(&**work, &[comment.task_id]).await?;
    let seen = comment.seen;
    let mut notices = Vec::new();
    for member in reached.into_iter().filter(|member| !told.contains(&member.person_id)) {
        let viewer = Viewer {
            person_id: member.person_id,
            place: member.place,
            clients_isolated: comment.clients_isolated,
            works_on_entity: workers.contains(&(comment.task_id, member.person_id)),
        };
        if member.person_id != seen.author_id && viewer.may_be_told(seen) {
            let notice = Notice::new(
                NoticeKind::Mention,
                member.person_id,
                seen.author_id,
                comment.task_id,
                comment.project_id,
            );
            let notice = Notice {
                comment_id: Some(comment.id),
                created_at,
                ..notice
            };
            notice.emit(work);
            notices.push(notice);
        }
    }
    Ok(notices::store(work, &notices).await?)
}

/// Takes back what those were told whom a comment no longer mentions.
async fn unmention(work: &Work<'_>, comment_id: Uuid, reached: &[Uuid]) -> Result<(), Failure> {
    let mut sql = Sql::with(
        "DELETE FROM notification WHERE comment_id = $1 AND type = $2",
        [comment_id.into(), NoticeKind::Mention.code().into()],
    );
    if !reached.is_empty() {
        sql.push(" AND person_id NOT IN ").bind_list(reached.iter().copied());
    }
    database::execute(&**work, &sql).await?;
    Ok(())
}

/// Tells the production of a comment that was stored as it is, or changed.
///
/// # Errors
/// The database does not answer.
pub async fn emit_comment(work: &mut Work<'_>, what: &'static str, id: Uuid, record: &Record) -> Result<(), Failure> {
    let project_id = production_of(&**work, &entity::comment::TABLE, id, &record.values).await?;
    let of = |key: &str| record.id_of(key).unwrap_or_default();
    let told = ToldComment {
        id,
        task_id: of("object_id"),
        person_id: of("person_id"),
        for_client: Some(record.flag("for_client")),
    };
    work.tell_of_comment(project_id, what, told, Payload::default());
    Ok(())
}

/// Deletes a comment of a task.
///
/// # Errors
/// 404 for a comment of another task, 403 for everybody but its author and those who manage the production.
pub async fn delete(app: &App, caller: &Caller, task_id: Uuid, comment_id: Uuid) -> Result<(), Failure> {
    let mut work = Work::begin(app, caller).await?;
    CommentSubject::on_task(&*work, caller, task_id, comment_id)
        .await?
        .require(caller, &KEEP)?;
    let unneeded = removal::take_away(&mut work, comment_id).await?;
    work.afterwards(|app| Box::pin(unneeded.discard(app)));
    work.finish().await?;
    Ok(())
}

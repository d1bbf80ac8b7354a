//! Replies to comments. They live in the comment itself, as a list.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::parse_id;
use dailies_definitions::submission::Submission;
use entity::facts::Kind;
use serde_json::{Value, json};
use uuid::Uuid;

use super::attachments::{self, Attachment, Holder};
use super::authors;
use super::mentions::{Mentionable, Mentions};
use super::rows;
use crate::access::ProjectRole;
use crate::access::comments::{CommentSubject, KEEP_REPLY, Seen, Viewer};
use crate::app::App;
use crate::database::json::write_key;
use crate::database::{self, Sql, write_column};
use crate::events::{Work, payload, transact};
use crate::notifications::notices::{self, Notice, NoticeKind};
use crate::notifications::recipients::{self, Recipient};
use crate::removal::discard_attachments;

/// Adds a reply to a comment, and gives it as JSON.
///
/// # Errors
/// 404 for an unknown comment, 403 for those who may not, 400 for files whose names are too long.
pub async fn reply(
    app: &App,
    caller: &Caller,
    task_id: Uuid,
    comment_id: Uuid,
    body: Submission,
) -> Result<Vec<u8>, Failure> {
    let text = match body.fields.get("text") {
        None => "",
        Some(Value::String(text)) if !text.contains('\0') => text,
        Some(_) => return Err(Failure::field("text", "Input should be a valid string")),
    };
    let subject = CommentSubject::find(&app.database, caller, comment_id).await?;
    require_replier(app, caller, &subject, task_id).await?;
    let files = attachments::keep(app, body.files.iter().collect()).await?;
    let stored = transact(app, || store(app, caller, &subject, text, &files)).await;
    if stored.is_err() {
        attachments::drop_contents(app, &files).await;
    }
    stored
}

async fn require_replier(app: &App, caller: &Caller, subject: &CommentSubject, task_id: Uuid) -> Result<(), Failure> {
    if subject.task_id != task_id {
        return Err(Failure::forbidden());
    }
    subject.comment_replier(&app.database, caller).await
}

/// A reply that was put into a comment.
struct NewReply {
    id: Uuid,
    mentionable: Mentionable,
    mentions: Mentions,
    /// Those who replied before.
    earlier: Vec<Uuid>,
}

async fn store(
    app: &App,
    caller: &Caller,
    subject: &CommentSubject,
    text: &str,
    files: &[Attachment],
) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let mut replies = stored(&work, subject.id).await?;
    let (mentionable, mentions) = mentions_in(&work, subject, text).await?;
    let reply = NewReply {
        id: Uuid::new_v4(),
        mentionable,
        mentions,
        earlier: replies.iter().filter_map(rows::replier).collect(),
    };
    let record = record(&reply, caller, text);
    replies.push(record.clone());
    write(&work, subject.id, replies).await?;
    let holder = Holder::Reply {
        comment_id: subject.id,
        reply_id: reply.id,
    };
    let attached: Vec<(Holder, &Attachment)> = files.iter().map(|file| (holder, file)).collect();
    attachments::store(&work, &attached).await?;
    let about = payload([
        ("task_id", subject.task_id),
        ("comment_id", subject.id),
        ("reply_id", reply.id),
    ]);
    work.emit_in(subject.project_id(), "comment:reply", about);
    notify(&mut work, caller, subject, &reply).await?;
    let persons = authors::find(&*work, &[caller.person.id], None).await?;
    work.finish().await?;
    let mut out = record.to_string().into_bytes();
    out.pop();
    let person = persons.get(&caller.person.id);
    write_key(&mut out, "person", person.map(|person| person.text.as_slice()));
    if !files.is_empty() {
        let list = attachments::list(files, Some(reply.id));
        write_key(&mut out, "attachment_files", Some(&list));
    }
    out.push(b'}');
    Ok(out)
}

/// Everybody whom a reply may mention, and those whom it does. Nobody is looked for when its text mentions nobody.
async fn mentions_in(
    work: &Work<'_>,
    subject: &CommentSubject,
    text: &str,
) -> Result<(Mentionable, Mentions), Failure> {
    match subject.project_id().filter(|_| text.contains('@')) {
        Some(project_id) => {
            let mentionable = Mentionable::find(&**work, &[project_id]).await?;
            let mentions = mentionable.in_text(text, project_id);
            Ok((mentionable, mentions))
        }
        None => Ok((Mentionable::default(), Mentions::default())),
    }
}

/// A reply as its comment keeps it.
fn record(reply: &NewReply, author: &Caller, text: &str) -> Value {
    let moment = database::now().format("%Y-%m-%dT%H:%M:%S").to_string();
    json!({
        "id": reply.id,
        "date": moment,
        "created_at": moment,
        "person_id": author.person.id,
        "text": text,
        "mentions": reply.mentions.persons,
        "department_mentions": reply.mentions.departments,
    })
}

/// The replies of a comment as they are stored.
async fn stored(work: &Work<'_>, comment_id: Uuid) -> Result<Vec<Value>, Failure> {
    let sql = Sql::with("SELECT replies FROM comment WHERE id = $1", [comment_id.into()]);
    let row = database::row(&**work, &sql).await?.ok_or_else(Failure::not_found)?;
    let mut text = Vec::new();
    write_column(&mut text, &row, "replies", Kind::Json)?;
    Ok(serde_json::from_slice::<Option<Vec<Value>>>(&text)?.unwrap_or_default())
}

async fn write(work: &Work<'_>, comment_id: Uuid, replies: Vec<Value>) -> Result<(), Failure> {
    database::update(
        &**work,
        &entity::comment::TABLE,
        comment_id,
        vec![("replies", Value::from(replies).into())],
    )
    .await?;
    Ok(())
}

/// Those whom the task concerns, then the author of the comment and those who replied before.
async fn concerned(work: &Work<'_>, subject: &CommentSubject, earlier: &[Uuid]) -> Result<Vec<Recipient>, Failure> {
    let mut concerned = recipients::of_tasks(&**work, &[subject.task_id])
        .await?
        .remove(&subject.task_id)
        .unwrap_or_default();
    let others: Vec<Uuid> = earlier.iter().copied().chain([subject.author_id]).collect();
    let known = authors::find(&**work, &others, subject.project_id()).await?;
    for person_id in others {
        if let Some(author) = known
            .get(&person_id)
            .filter(|_| concerned.iter().all(|one| one.person_id != person_id))
        {
            concerned.push(Recipient {
                person_id,
                place: author.place,
            });
        }
    }
    Ok(concerned)
}

/// Tells those whom the reply concerns, then those mentioned.
async fn notify(
    work: &mut Work<'_>,
    caller: &Caller,
    subject: &CommentSubject,
    reply: &NewReply,
) -> Result<(), Failure> {
    let concerned = concerned(work, subject, &reply.earlier).await?;
    let workers = recipients::workers(&**work, &[subject.task_id]).await?;
    let seen = subject.seen();
    let told = |person_id: Uuid, place: ProjectRole| {
        let viewer = Viewer {
            person_id,
            place,
            clients_isolated: subject.relation.clients_isolated,
            works_on_entity: workers.contains(&(subject.task_id, person_id)),
        };
        person_id != caller.person.id && viewer.may_be_told(seen)
    };
    let reached = subject
        .project_id()
        .map(|id| reply.mentionable.reached(&reply.mentions, id))
        .unwrap_or_default();
    let concerned = concerned
        .iter()
        .filter(|one| told(one.person_id, one.place))
        .map(|one| (NoticeKind::Reply, one.person_id));
    let mentioned = reached
        .iter()
        .filter(|one| told(one.person_id, one.place))
        .map(|one| (NoticeKind::ReplyMention, one.person_id));
    let notices: Vec<Notice> = concerned
        .chain(mentioned)
        .map(|(kind, person_id)| {
            let notice = Notice::new(kind, person_id, caller.person.id, subject.task_id, subject.project_id());
            Notice {
                comment_id: Some(subject.id),
                reply_id: Some(reply.id),
                ..notice
            }
        })
        .collect();
    for notice in &notices {
        notice.emit(work);
    }
    Ok(notices::store(work, &notices).await?)
}

/// Deletes a reply with its files and notifications, and gives what the caller sees of the comment as JSON.
///
/// # Errors
/// 404 for an unknown comment or reply, 403 for everybody but the author of the reply and administrators.
pub async fn delete(
    app: &App,
    caller: &Caller,
    task_id: Uuid,
    comment_id: Uuid,
    reply_id: Uuid,
) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let subject = CommentSubject::on_task(&*work, caller, task_id, comment_id).await?;
    let mut replies = stored(&work, comment_id).await?;
    let is_it = |reply: &Value| reply["id"].as_str().and_then(parse_id) == Some(reply_id);
    let at = replies.iter().position(is_it).ok_or_else(Failure::not_found)?;
    let author = rows::replier(&replies[at]);
    let reply = Seen {
        author_id: author.unwrap_or_default(),
        ..subject.seen()
    };
    subject.viewer(caller).require(&KEEP_REPLY, reply)?;
    replies.remove(at);
    write(&work, comment_id, replies).await?;
    let sql = Sql::with(
        "SELECT id FROM attachment_file WHERE comment_id = $1 AND reply_id = $2",
        [comment_id.into(), reply_id.into()],
    );
    let files: Vec<Uuid> = database::read_values(&*work, &sql).await?;
    for table in ["attachment_file", "notification"] {
        let sql = Sql::with(
            format!("DELETE FROM {table} WHERE comment_id = $1 AND reply_id = $2"),
            [comment_id.into(), reply_id.into()],
        );
        database::execute(&*work, &sql).await?;
    }
    let about = payload([
        ("task_id", subject.task_id),
        ("comment_id", comment_id),
        ("reply_id", reply_id),
    ]);
    work.announce_in(subject.project_id(), "comment:delete-reply", about);
    let text = rows::bare(&*work, comment_id).await?;
    let sight = subject.sight(&*work, caller).await?;
    if app.settings.files.remove_files {
        work.afterwards(|app| Box::pin(discard_attachments(app, files)));
    }
    work.finish().await?;
    rows::as_seen(text, sight)
}

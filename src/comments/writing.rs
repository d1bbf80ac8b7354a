//! Comments that somebody writes: one, one on each of many tasks, or a batch with files.

use std::collections::HashMap;

use dailies_definitions::access::{Caller, ProjectMember};
use dailies_definitions::failure::Failure;
use dailies_definitions::query::parse_id;
use dailies_definitions::schemas::ManyCommentsEntry;
use dailies_definitions::submission::{Submission, UploadedFile};
use sea_orm::ConnectionTrait;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::attachments::{self, Attachment};
use super::drafts::{Draft, Fields};
use super::posting::{Outcomes, Posted, post};
use super::{carrying, rows};
use crate::access::tasks::{ACT, WORK, relation, relations, task_commenter};
use crate::app::{App, SharedApp};
use crate::events::{Work, transact};
use crate::previews::add::{Placement, add_preview};
use crate::previews::upload::accept_for;
use crate::tasks::statuses::Settable;

/// Writes one comment, and gives it as JSON.
///
/// # Errors
/// 404, 403 and 400 as the contract says; nothing is stored then.
pub async fn write(app: &App, caller: &Caller, task_id: Uuid, body: Submission) -> Result<Vec<u8>, Failure> {
    let fields = Fields::of_comment(&body.fields)?;
    let connection = &app.database;
    let relation = relation(connection, caller, task_id).await?;
    let keeps_status = relation.task_status_id == Some(fields.task_status_id);
    task_commenter(connection, caller, &relation, keeps_status).await?;
    Settable::find(connection, [relation.project_id]).await?.require(
        relation.project_id,
        fields.task_status_id,
        relation.role.role,
    )?;
    let mut draft = fields.draft(task_id, caller.person.id, relation.role.is_manager())?;
    let files = attachments::keep(app, body.files.iter().collect()).await?;
    draft.attachments = files.clone();
    let stored = store(app, caller, &[draft]).await;
    if stored.is_err() {
        attachments::drop_contents(app, &files).await;
    }
    let (_, mut list) = stored?;
    // The list holds one comment.
    list.pop();
    Ok(list.split_off(1))
}

/// Stores comments of somebody who is signed in, and gives them as a JSON list.
async fn store(app: &App, caller: &Caller, drafts: &[Draft]) -> Result<(Outcomes, Vec<u8>), Failure> {
    store_as(app, Some(caller.person.id), caller.person.id, drafts).await
}

/// Stores comments, and gives them as a JSON list. Events name `author`; what automations carry along is of `person_id`.
///
/// # Errors
/// 404 for an unknown task or status, 400 for a retake beyond the limit.
pub async fn store_as(
    app: &App,
    author: Option<Uuid>,
    person_id: Uuid,
    drafts: &[Draft],
) -> Result<(Outcomes, Vec<u8>), Failure> {
    let post_all = || async {
        let mut work = Work::begin_as(app, author).await?;
        let outcomes = post(&mut work, drafts.to_vec()).await?;
        let text = written(&*work, &outcomes.comments, &HashMap::new(), false).await?;
        let begun = carrying::begin(&mut work, person_id, &outcomes.carried).await?;
        work.afterwards(|app| Box::pin(carrying::carry(app, begun)));
        work.finish().await?;
        Ok((outcomes, text))
    };
    transact(app, post_all).await
}

async fn written(
    connection: &impl ConnectionTrait,
    comments: &[Posted],
    previews: &HashMap<Uuid, Vec<u8>>,
    with_previews: bool,
) -> Result<Vec<u8>, Failure> {
    let comments: Vec<_> = comments
        .iter()
        .map(|posted| (posted.id, posted.task_status_id, posted.author_id))
        .collect();
    rows::created(connection, &comments, previews, with_previews).await
}

/// Writes a comment on each of several tasks of a production, and gives those that the caller may write as JSON.
///
/// # Errors
/// 404 for an unknown task or status, 403 for a status that the caller may not set, 400 for a retake beyond the limit.
pub async fn write_many(
    app: &App,
    access: &ProjectMember,
    entries: Vec<ManyCommentsEntry>,
) -> Result<Vec<u8>, Failure> {
    let complete = entries
        .into_iter()
        .filter_map(|entry| Some((entry.object_id?, entry.task_status_id?, entry.comment?, entry.links)));
    let complete: Vec<_> = complete.collect();
    let tasks: Vec<Uuid> = complete.iter().map(|(task, ..)| *task).collect();
    let connection = &app.database;
    let known_tasks = relations(connection, access, &tasks).await?;
    let person = &access.person;
    let mut drafts = Vec::with_capacity(complete.len());
    for (task_id, task_status_id, text, links) in complete {
        let relation = known_tasks
            .get(&task_id)
            .ok_or_else(|| Failure::not_found().naming("object_id"))?;
        if !relation.allows(&WORK) || relation.project_id != Some(access.project_id()) {
            continue;
        }
        drafts.push(Draft {
            task_id,
            task_status_id: Some(task_status_id),
            text,
            checklist: json!([]),
            links: links.unwrap_or_default(),
            author_id: person.id,
            created_at: None,
            for_client: false,
            attachments: Vec::new(),
        });
    }
    if drafts.is_empty() {
        return Ok(b"[]".to_vec());
    }
    let project_id = Some(access.project_id());
    let settable = Settable::find(connection, [project_id]).await?;
    for id in drafts.iter().filter_map(|draft| draft.task_status_id) {
        settable.require(project_id, id, access.role())?;
    }
    let (_, text) = store(app, access, &drafts).await?;
    Ok(text)
}

/// Writes a batch of comments, on one task or each on its own, with files, and gives them as JSON.
///
/// # Errors
/// 404, 403 and 400 as the contract says; nothing is stored then.
pub async fn write_batch(
    app: &SharedApp,
    caller: &Caller,
    task_id: Option<Uuid>,
    body: Submission,
) -> Result<Vec<u8>, Failure> {
    let entries = entries(&body.fields)?;
    let mut wanted = Vec::with_capacity(entries.len());
    for entry in &entries {
        let task = match task_id {
            Some(id) => id,
            None => entry_task(entry)?,
        };
        wanted.push((task, Fields::of_batch_entry(entry)?));
    }
    let tasks: Vec<Uuid> = wanted.iter().map(|(task, _)| *task).collect();
    let connection = &app.database;
    let known_tasks = relations(connection, caller, &tasks).await?;
    let settable = Settable::find(connection, known_tasks.values().map(|relation| relation.project_id)).await?;
    let mut drafts = Vec::with_capacity(wanted.len());
    for (task, fields) in wanted {
        let relation = known_tasks
            .get(&task)
            .ok_or_else(|| Failure::not_found().naming("task_id"))?;
        relation.require(&ACT)?;
        settable.require(relation.project_id, fields.task_status_id, relation.role.role)?;
        drafts.push(fields.draft(task, caller.person.id, relation.role.is_manager())?);
    }
    let files = keep_all(app, &body, &mut drafts).await?;
    let stored = store(app, caller, &drafts).await;
    if stored.is_err() {
        attachments::drop_contents(app, &files).await;
    }
    let (outcomes, _) = stored?;
    let previews = add_previews(app, caller, &outcomes.comments, &body).await?;
    written(&app.database, &outcomes.comments, &previews, true).await
}

/// Stores the contents of all files that a batch attaches, and gives each draft its own.
async fn keep_all(app: &App, body: &Submission, drafts: &mut [Draft]) -> Result<Vec<Attachment>, Failure> {
    let mut all = Vec::new();
    for (at, draft) in drafts.iter_mut().enumerate() {
        match attachments::keep(app, files_of(body, "attachment_file", at)).await {
            Ok(files) => {
                all.extend(files.iter().cloned());
                draft.attachments = files;
            }
            Err(error) => {
                attachments::drop_contents(app, &all).await;
                return Err(error);
            }
        }
    }
    Ok(all)
}

/// The comments of a batch; a form has them as JSON text.
fn entries(fields: &Map<String, Value>) -> Result<Vec<Map<String, Value>>, Failure> {
    let sent = fields
        .get("comments")
        .ok_or_else(|| Failure::parameter("Missing required parameter: comments"))?;
    let read = match sent {
        Value::String(text) => serde_json::from_str(text).ok(),
        other => serde_json::from_value(other.clone()).ok(),
    };
    read.ok_or_else(|| Failure::field("comments", "Input should be a valid list"))
}

fn entry_task(entry: &Map<String, Value>) -> Result<Uuid, Failure> {
    let id = entry
        .get("task_id")
        .ok_or_else(|| Failure::field("task_id", "Field required"))?;
    id.as_str()
        .and_then(parse_id)
        .ok_or_else(|| Failure::field("task_id", "Input should be a valid UUID, 36 characters with hyphens"))
}

/// Files of one comment of a batch: `attachment_file-3`, and what a hyphen follows.
fn files_of<'a>(body: &'a Submission, kind: &str, at: usize) -> Vec<&'a UploadedFile> {
    let field = format!("{kind}-{at}");
    let is_its = |file: &&UploadedFile| {
        file.field
            .strip_prefix(&field)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    body.files.iter().filter(is_its).collect()
}

/// Puts the previews of a batch on their comments, and gives those that were accepted as JSON by the id of the comment.
async fn add_previews(
    app: &SharedApp,
    caller: &Caller,
    comments: &[Posted],
    body: &Submission,
) -> Result<HashMap<Uuid, Vec<u8>>, Failure> {
    let mut accepted: HashMap<Uuid, Vec<u8>> = HashMap::new();
    for (at, posted) in comments.iter().enumerate() {
        for file in files_of(body, "preview_file", at) {
            let Some(id) = add_one(app, caller, *posted, file).await? else {
                continue;
            };
            let list = accepted.entry(posted.id).or_default();
            if !list.is_empty() {
                list.push(b',');
            }
            list.extend(crate::previews::rows::record(&app.database, id).await?);
        }
    }
    Ok(accepted)
}

/// Puts one preview on a comment, unless it is refused.
async fn add_one(
    app: &SharedApp,
    caller: &Caller,
    posted: Posted,
    file: &UploadedFile,
) -> Result<Option<Uuid>, Failure> {
    match try_one(app, caller, posted, file).await {
        Ok(id) => Ok(Some(id)),
        Err(refusal @ Failure::Answer { .. }) => {
            tracing::info!(comment = %posted.id, file = file.name, ?refusal, "a preview of a batch was left out");
            Ok(None)
        }
        Err(fault) => Err(fault),
    }
}

async fn try_one(app: &SharedApp, caller: &Caller, posted: Posted, file: &UploadedFile) -> Result<Uuid, Failure> {
    let place = Placement {
        task_id: posted.task_id,
        comment_id: posted.id,
        revision: None,
    };
    let add = || async {
        let mut work = Work::begin(app, caller).await?;
        let id = add_preview(&mut work, caller.person.id, place).await?;
        work.finish().await?;
        Ok::<_, Failure>(id)
    };
    let id = transact(app, add).await?;
    accept_for(app, caller, id, file).await?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_a_list_or_its_text() {
        let list = json!({"comments": [{"text": "a"}]});
        let text = json!({"comments": "[{\"text\": \"a\"}]"});
        for sent in [list, text] {
            assert_eq!(entries(sent.as_object().expect("an object")).expect("entries").len(), 1);
        }
        for wrong in [json!({}), json!({"comments": "x"}), json!({"comments": [1]})] {
            assert!(entries(wrong.as_object().expect("an object")).is_err());
        }
    }
}

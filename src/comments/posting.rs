//! Posts comments: each is told and moves its task, copies and automations follow, and all is stored in a few
//! statements, however many comments there are.

mod storing;
mod told;

use std::collections::BTreeMap;

use chrono::{NaiveDateTime, TimeDelta};
use dailies_definitions::failure::Failure;
use sea_orm::DbErr;
use serde_json::json;
use uuid::Uuid;

pub use self::told::{news_of, notices_of};
use super::automations::{Automation, AutomationOutcome};
use super::drafts::Draft;
use super::mentions::{Mentions, hashtags};
use super::posting_context::{CommentedTask, PostingContext};
use crate::access::comments::Seen;
use crate::database;
use crate::events::{ToldComment, Work, payload};
use crate::notifications::news::NewsDraft;
use crate::notifications::notices::Notice;
use crate::readiness::counts::Touched;
use crate::tasks::progress::{self, Progress, StatusStep};
use crate::vocabulary::addresses::require_harmless;

/// A comment that was posted.
#[derive(Clone, Copy, Debug)]
pub struct Posted {
    pub id: Uuid,
    pub task_id: Uuid,
    pub task_status_id: Option<Uuid>,
    pub author_id: Uuid,
}

/// Previews that an automation carries from one task to a comment on another.
#[derive(Clone, Copy, Debug)]
pub struct Carried {
    pub from_task: Uuid,
    pub to: Posted,
}

/// Results of posting.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// The comments that were asked for, in their order.
    pub comments: Vec<Posted>,
    /// Previews to carry over.
    pub carried: Vec<Carried>,
}

/// A posting that was refused.
#[derive(Debug)]
pub struct PostingRefusal {
    /// Place of the comment that led to it among those that were asked for, where it was one.
    pub at: Option<usize>,
    pub failure: Failure,
}

impl From<Failure> for PostingRefusal {
    fn from(failure: Failure) -> Self {
        Self { at: None, failure }
    }
}

impl From<DbErr> for PostingRefusal {
    fn from(error: DbErr) -> Self {
        Failure::from(error).into()
    }
}

/// Posts comments with all that follows from them.
///
/// # Errors
/// 404 for an unknown task, status or author, 400 for a retake beyond the limit.
pub async fn post(work: &mut Work<'_>, drafts: Vec<Draft>) -> Result<Outcomes, Failure> {
    post_all(work, drafts).await.map_err(|refusal| refusal.failure)
}

/// As [`post`], and says which comment was refused.
///
/// # Errors
/// Those of [`post`].
pub async fn post_all(work: &mut Work<'_>, drafts: Vec<Draft>) -> Result<Outcomes, PostingRefusal> {
    let now = database::now();
    let context = PostingContext::load(work, &drafts).await?;
    let mut posting = Posting::new(context, now);
    let mut comments = Vec::with_capacity(drafts.len());
    for (at, draft) in drafts.into_iter().enumerate() {
        let harmless = draft.links.iter().try_for_each(|link| require_harmless("links", link));
        harmless.map_err(|failure| PostingRefusal { at: Some(at), failure })?;
        comments.push(
            posting
                .post(work, draft, &CommentOrigin::Person)
                .map_err(|failure| PostingRefusal { at: Some(at), failure })?,
        );
    }
    posting.store(work).await?;
    let ready: Vec<Uuid> = posting.ready.iter().map(|(asset_id, _)| *asset_id).collect();
    Touched::by(&**work, &ready).await?.settle(work).await?;
    Ok(Outcomes {
        comments,
        carried: posting.carried,
    })
}

/// Place where a comment comes from.
enum CommentOrigin {
    /// Somebody wrote it.
    Person,
    /// A hashtag copied it.
    Hashtag,
    /// These automations led to it: none runs twice in a row of consequences, so there is an end.
    Automations(Vec<Uuid>),
}

struct WrittenComment {
    posted: Posted,
    draft: Draft,
    at: NaiveDateTime,
    mentions: Mentions,
}

struct Posting {
    context: PostingContext,
    now: NaiveDateTime,
    written: Vec<WrittenComment>,
    notices: Vec<Notice>,
    news: Vec<NewsDraft>,
    moved: BTreeMap<Uuid, Progress>,
    /// Assets with the task types that they became ready for.
    ready: Vec<(Uuid, Uuid)>,
    carried: Vec<Carried>,
}

impl Posting {
    fn new(context: PostingContext, now: NaiveDateTime) -> Self {
        Self {
            context,
            now,
            written: Vec::new(),
            notices: Vec::new(),
            news: Vec::new(),
            moved: BTreeMap::new(),
            ready: Vec::new(),
            carried: Vec::new(),
        }
    }

    fn post(&mut self, work: &mut Work<'_>, draft: Draft, origin: &CommentOrigin) -> Result<Posted, Failure> {
        let task = self
            .context
            .tasks
            .get(&draft.task_id)
            .cloned()
            .ok_or_else(Failure::not_found)?;
        if matches!(origin, CommentOrigin::Person) && !self.allows_retake(&task, draft.task_status_id) {
            return Err(Failure::parameter("No more retakes allowed on this task").naming("task_status_id"));
        }
        // Comments of one posting come one after the other, so that lists show consequences behind their causes.
        let turn = i64::try_from(self.written.len()).unwrap_or_default();
        let at = draft.created_at.unwrap_or(self.now + TimeDelta::microseconds(turn));
        let at = progress::place(self.context.histories.get(&task.id).map_or(&[], Vec::as_slice), at);
        let posted = Posted {
            id: Uuid::new_v4(),
            task_id: task.id,
            task_status_id: draft.task_status_id,
            author_id: draft.author_id,
        };
        let mentions = task
            .project_id
            .map(|id| self.context.mentionable.in_text(&draft.text, id))
            .unwrap_or_default();
        let told = ToldComment {
            id: posted.id,
            task_id: task.id,
            person_id: posted.author_id,
            for_client: Some(draft.for_client),
        };
        let status = [("task_status_id".to_owned(), json!(posted.task_status_id))];
        work.tell_of_comment(task.project_id, "new", told, status.into_iter().collect());
        if matches!(origin, CommentOrigin::Person) {
            self.copy(work, &task, &draft)?;
        }
        let changed = self.move_task(work, &task, posted, at);
        self.notify(work, &task, posted, &draft, &mentions, changed);
        self.report(work, &task, posted, at, changed);
        self.written.push(WrittenComment {
            posted,
            draft,
            at,
            mentions,
        });
        self.follow(work, task.id, posted, origin)?;
        Ok(posted)
    }

    /// True if a task may get a status, as far as it is limited in retakes. What it came to during this posting counts, too.
    fn allows_retake(&self, task: &CommentedTask, status: Option<Uuid>) -> bool {
        let is_retake = status
            .and_then(|id| self.context.statuses.get(&id))
            .is_some_and(|status| status.is_retake);
        !is_retake
            || task
                .retake_limit
                .is_none_or(|limit| i64::from(task.progress.retake_count) < limit)
    }

    /// Copies the comment to the tasks that its hashtags name.
    fn copy(&mut self, work: &mut Work<'_>, task: &CommentedTask, draft: &Draft) -> Result<(), Failure> {
        let words = hashtags(&draft.text);
        let (Some(entity_id), false) = (task.entity_id, words.is_empty()) else {
            return Ok(());
        };
        let name = |id: Option<Uuid>| {
            id.and_then(|id| self.context.task_types.get(&id))
                .cloned()
                .unwrap_or_default()
        };
        let text = format!("{}\n\n____\nFrom {} task", draft.text, name(task.task_type_id));
        let all = words.contains("all");
        let others = self.context.of_entity.get(&entity_id).cloned().unwrap_or_default();
        let mut copies = Vec::new();
        for other in others
            .into_iter()
            .filter(|id| *id != task.id)
            .filter_map(|id| self.context.tasks.get(&id))
        {
            let named =
                other.task_type_id != task.task_type_id && words.contains(&name(other.task_type_id).to_lowercase());
            if all || named {
                copies.push(Draft {
                    task_id: other.id,
                    task_status_id: other.progress.task_status_id,
                    text: text.clone(),
                    checklist: json!([]),
                    links: Vec::new(),
                    attachments: Vec::new(),
                    created_at: None,
                    ..*draft
                });
            }
        }
        for copy in copies {
            self.post(work, copy, &CommentOrigin::Hashtag)?;
        }
        Ok(())
    }

    /// Moves the task, and says whether its status changed.
    fn move_task(&mut self, work: &mut Work<'_>, task: &CommentedTask, posted: Posted, at: NaiveDateTime) -> bool {
        let Some(known) = self.context.tasks.get_mut(&task.id) else {
            return false;
        };
        let previous = known.progress.task_status_id;
        let step = StatusStep {
            at,
            task_status_id: posted.task_status_id,
        };
        let status = posted.task_status_id.and_then(|id| self.context.statuses.get(&id));
        let history = self.context.histories.entry(task.id).or_default();
        let place = history.partition_point(|earlier| earlier.at <= at);
        history.insert(place, step);
        let is_last = place + 1 == history.len();
        if is_last {
            known.progress.follow(step, &self.context.statuses);
        } else {
            known.progress = Progress::of(history, &self.context.statuses);
        }
        if posted.task_status_id.is_none() {
            known.progress.task_status_id = previous;
        }
        let changed = is_last && previous != known.progress.task_status_id;
        self.moved.insert(task.id, known.progress.clone());
        work.emit_in(task.project_id, "task:update", payload([("task_id", task.id)]));
        if changed {
            let mut about = payload([("task_id", task.id), ("person_id", posted.author_id)]);
            about.insert("new_task_status_id".into(), json!(posted.task_status_id));
            about.insert("previous_task_status_id".into(), json!(previous));
            work.emit_signed(task.project_id, "task:status-changed", about.clone());
            if status.is_some_and(|status| status.is_feedback_request) {
                about.insert("comment_id".into(), json!(posted.id));
                work.emit_signed(task.project_id, "task:to-review", about);
            }
        }
        changed
    }

    fn notify(
        &mut self,
        work: &mut Work<'_>,
        task: &CommentedTask,
        posted: Posted,
        draft: &Draft,
        mentions: &Mentions,
        changed: bool,
    ) {
        let author_role = self.context.role_of(draft.author_id, task.project_id);
        let seen = Seen {
            author_id: draft.author_id,
            author_role,
            for_client: draft.for_client,
        };
        let notices = notices_of(&self.context, task, posted.id, seen, mentions);
        for mut notice in notices {
            notice.change = changed;
            notice.emit(work);
            self.notices.push(notice);
        }
    }

    fn report(&mut self, work: &mut Work<'_>, task: &CommentedTask, posted: Posted, at: NaiveDateTime, change: bool) {
        if let Some(entry) = news_of(task, posted, at, change) {
            entry.emit(work);
            self.news.push(entry);
        }
    }

    /// Runs the automations that follow from the state that the task has now.
    fn follow(
        &mut self,
        work: &mut Work<'_>,
        task_id: Uuid,
        posted: Posted,
        origin: &CommentOrigin,
    ) -> Result<(), Failure> {
        let Some(task) = self.context.tasks.get(&task_id).cloned() else {
            return Ok(());
        };
        let Some(entity_id) = task.entity_id else {
            return Ok(());
        };
        let past: &[Uuid] = if let CommentOrigin::Automations(past) = origin {
            past
        } else {
            &[]
        };
        let all = task.project_id.and_then(|id| self.context.automations.get(&id));
        let applies = |rule: &&Automation| !past.contains(&rule.id) && rule.applies(&task, &self.context.priorities);
        let rules: Vec<Automation> = all.into_iter().flatten().filter(applies).cloned().collect();
        for rule in rules {
            match rule.outcome {
                AutomationOutcome::Status {
                    task_status_id,
                    import_last_revision,
                } => {
                    let Some(draft) = self.draft_of_rule(&rule, entity_id, task_status_id, posted.author_id) else {
                        continue;
                    };
                    let chain = past.iter().copied().chain([rule.id]).collect();
                    let to = self.post(work, draft, &CommentOrigin::Automations(chain))?;
                    if import_last_revision {
                        self.carried.push(Carried { from_task: task_id, to });
                    }
                }
                AutomationOutcome::ReadyFor => {
                    self.ready.push((entity_id, rule.out_task_type_id));
                    let mut about = payload([("asset_id", entity_id)]);
                    about.insert("data".into(), json!({"ready_for": rule.out_task_type_id}));
                    work.emit_in(task.project_id, "asset:update", about);
                }
            }
        }
        Ok(())
    }

    /// The comment that an automation writes on the task of an entity whose status it sets. None when there is no such task, or
    /// when it may have no more retakes: what somebody wrote elsewhere is stored all the same.
    fn draft_of_rule(
        &self,
        rule: &Automation,
        entity_id: Uuid,
        task_status_id: Uuid,
        author_id: Uuid,
    ) -> Option<Draft> {
        let context = &self.context;
        let others = context.of_entity.get(&entity_id)?.iter();
        let target = others
            .filter_map(|id| context.tasks.get(id))
            .find(|other| other.task_type_id == Some(rule.out_task_type_id))
            .filter(|target| self.allows_retake(target, Some(task_status_id)))?;
        let type_name = context.task_types.get(&rule.in_task_type_id).map_or("", String::as_str);
        let status_name = context
            .statuses
            .get(&rule.in_task_status_id)
            .map_or("", |status| status.name.as_str());
        let text = format!("Change triggered by {type_name} set to {status_name}");
        Some(Draft::new(target.id, Some(task_status_id), text, author_id))
    }
}

//! Notifications: something that one person is told of.

use chrono::NaiveDateTime;
use sea_orm::DbErr;
use uuid::Uuid;

use super::delivery;
use crate::database;
use crate::events::{Work, payload};

/// Event that a notification tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    Comment,
    Mention,
    Assignation,
    Reply,
    ReplyMention,
    PlaylistReady,
}

impl NoticeKind {
    /// The word in the database and on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Mention => "mention",
            Self::Assignation => "assignation",
            Self::Reply => "reply",
            Self::ReplyMention => "reply-mention",
            Self::PlaylistReady => "playlist-ready",
        }
    }
}

/// A notification that is about to be stored.
#[derive(Clone, Debug)]
pub struct Notice {
    pub id: Uuid,
    pub kind: NoticeKind,
    /// Person who is told.
    pub person_id: Uuid,
    /// Person who did what it tells of.
    pub author_id: Uuid,
    /// The production that it is announced in.
    pub project_id: Option<Uuid>,
    pub task_id: Option<Uuid>,
    pub comment_id: Option<Uuid>,
    pub reply_id: Option<Uuid>,
    pub playlist_id: Option<Uuid>,
    /// True if a comment changed the status of the task.
    pub change: bool,
    /// Moment at which it happened; now, unless it is given.
    pub created_at: Option<NaiveDateTime>,
}

impl Notice {
    /// A notification about a task.
    #[must_use]
    pub fn new(kind: NoticeKind, person_id: Uuid, author_id: Uuid, task_id: Uuid, project_id: Option<Uuid>) -> Self {
        Self {
            id: Uuid::new_v4(),
            kind,
            person_id,
            author_id,
            project_id,
            task_id: Some(task_id),
            comment_id: None,
            reply_id: None,
            playlist_id: None,
            change: false,
            created_at: None,
        }
    }

    /// A notification that a playlist is ready.
    #[must_use]
    pub fn of_playlist(person_id: Uuid, author_id: Uuid, playlist_id: Uuid, project_id: Option<Uuid>) -> Self {
        Self {
            id: Uuid::new_v4(),
            kind: NoticeKind::PlaylistReady,
            person_id,
            author_id,
            project_id,
            task_id: None,
            comment_id: None,
            reply_id: None,
            playlist_id: Some(playlist_id),
            change: false,
            created_at: None,
        }
    }

    /// Announces it.
    pub fn emit(&self, work: &mut Work<'_>) {
        let about = payload([("notification_id", self.id), ("person_id", self.person_id)]);
        work.announce_to(self.person_id, self.project_id, "notification:new", about);
    }
}

/// Stores notifications, all in one statement, and lets them go to those who want e-mails. Whoever collects them announces
/// each at its place among the events.
///
/// # Errors
/// The database refuses.
pub async fn store(work: &mut Work<'_>, notices: &[Notice]) -> Result<(), DbErr> {
    let now = database::now();
    let row = |notice: &Notice| {
        vec![
            ("id", notice.id.into()),
            ("type", notice.kind.code().into()),
            ("person_id", notice.person_id.into()),
            ("author_id", notice.author_id.into()),
            ("task_id", notice.task_id.into()),
            ("comment_id", notice.comment_id.into()),
            ("reply_id", notice.reply_id.into()),
            ("playlist_id", notice.playlist_id.into()),
            ("change", notice.change.into()),
            ("created_at", notice.created_at.unwrap_or(now).into()),
        ]
    };
    database::insert_many(&**work, &entity::notification::TABLE, notices.iter().map(row).collect()).await?;
    delivery::enqueue(work, notices).await
}

//! Notifications on their way to persons who want to hear of them outside of the web UI.

use std::collections::HashSet;

use async_trait::async_trait;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::notices::Notice;
use super::story::Story;
use crate::app::SharedApp;
use crate::database::{self, Sql};
use crate::events::Work;
use crate::jobs::{self, Job, JobError, Lane};
use crate::mail::MailError;
use crate::studio::organisation;
use crate::tasks::rows::BATCH;

/// One notification that goes to its person by e-mail. What it says is read when it leaves, so that nothing is sent of what
/// was deleted meanwhile, or to somebody who no longer wants it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NotificationEmail {
    notification_id: Uuid,
}

/// Lets notifications that were just stored go to those who want e-mails.
///
/// # Errors
/// The database refuses.
pub(super) async fn enqueue(work: &mut Work<'_>, notices: &[Notice]) -> Result<(), DbErr> {
    if !work.app().mailer.is_enabled() {
        return Ok(());
    }
    let persons: HashSet<Uuid> = notices.iter().map(|notice| notice.person_id).collect();
    let persons: Vec<Uuid> = persons.into_iter().collect();
    let mut willing = HashSet::new();
    for persons in persons.chunks(BATCH) {
        let mut sql = Sql::new("SELECT id FROM person WHERE notifications_enabled = ");
        sql.bind(true).push(" AND active = ").bind(true).push(" AND COALESCE(email, '') <> '' AND is_bot = ").bind(false);
        sql.push(" AND id IN ").bind_list(persons.iter().copied());
        for row in database::rows(&**work, &sql).await? {
            willing.insert(row.try_get_by_index::<Uuid>(0)?);
        }
    }
    let to_willing = notices.iter().filter(|notice| willing.contains(&notice.person_id));
    let emails: Vec<NotificationEmail> = to_willing.map(|notice| NotificationEmail { notification_id: notice.id }).collect();
    jobs::enqueue(work, &emails).await
}

#[async_trait]
impl Job for NotificationEmail {
    const KIND: &'static str = "notification-email";
    const LANE: Lane = Lane::Letters;
    /// About 17 hours.
    const ATTEMPTS: i32 = 22;

    async fn run(&self, app: &SharedApp, id: Uuid) -> Result<(), JobError> {
        let Some(story) = Story::find(app, self.notification_id).await? else { return Ok(()) };
        let Some((letter, recipient, origin)) = story.email() else { return Ok(()) };
        let organisation = organisation(app).await?;
        app.mailer.send(id, &letter, &recipient, &organisation.name, origin).await.map_err(MailError::of_job)
    }
}

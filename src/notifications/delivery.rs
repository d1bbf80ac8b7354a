//! Notifications on their way to persons who want to hear of them outside of the web UI.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::notices::{Notice, NoticeKind};
use super::task_message::TaskMessage;
use super::wishes::{DeliveryWishes, WISHES};
use crate::app::SharedApp;
use crate::background::{JobError, Lane};
use crate::database::{self, BATCH, Sql};
use crate::events::Work;
use crate::jobs::{self, Job};
use crate::messengers::{MessengerError, Service};
use crate::studio::{organisation, send_letter};

/// One notification that goes to its person by e-mail. What it says is read when it leaves, so that nothing is sent of what
/// was deleted meanwhile, or to somebody who no longer wants it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NotificationEmail {
    notification_id: Uuid,
}

/// One notification that goes to its person in a chat service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NotificationMessage {
    notification_id: Uuid,
    service: Service,
}

/// Lets notifications that were just stored go to those who want e-mails or messages.
///
/// # Errors
/// The database refuses.
pub(super) async fn enqueue(work: &mut Work<'_>, notices: &[Notice]) -> Result<(), DbErr> {
    let wishes = wishes(work, notices).await?;
    let (mut emails, mut messages) = (Vec::new(), Vec::new());
    for notice in notices {
        let Some(wishes) = wishes.get(&notice.person_id) else {
            continue;
        };
        let notification_id = notice.id;
        let by_email = if notice.kind == NoticeKind::PlaylistReady {
            wishes.playlists_by_email()
        } else {
            wishes.by_email()
        };
        if by_email && work.app().mailer.is_enabled() {
            emails.push(NotificationEmail { notification_id });
        }
        messages.extend(wishes.services().map(|service| NotificationMessage {
            notification_id,
            service,
        }));
    }
    jobs::enqueue(work, &emails).await?;
    jobs::enqueue(work, &messages).await
}

/// The wishes of the persons who are told, as long as they are active and no bots.
async fn wishes(work: &Work<'_>, notices: &[Notice]) -> Result<HashMap<Uuid, DeliveryWishes>, DbErr> {
    let persons: HashSet<Uuid> = notices.iter().map(|notice| notice.person_id).collect();
    let persons: Vec<Uuid> = persons.into_iter().collect();
    let mut found = HashMap::new();
    for persons in persons.chunks(BATCH) {
        let mut sql = Sql::new(format!("SELECT r.id, {WISHES} FROM person r WHERE r.active = "));
        sql.bind(true)
            .push(" AND r.is_bot = ")
            .bind(false)
            .push(" AND r.id IN ")
            .bind_list(persons.iter().copied());
        for row in database::rows(&**work, &sql).await? {
            found.insert(row.try_get("", "id")?, DeliveryWishes::read(&row)?);
        }
    }
    Ok(found)
}

#[async_trait]
impl Job for NotificationEmail {
    const KIND: &'static str = "notification-email";
    const LANE: Lane = Lane::Letters;
    /// About 17 hours.
    const ATTEMPTS: i32 = 22;

    async fn run(&self, app: &SharedApp, id: Uuid) -> Result<(), JobError> {
        let Some(message) = TaskMessage::find(app, self.notification_id).await? else {
            return Ok(());
        };
        let Some((letter, recipient, origin)) = message.email() else {
            return Ok(());
        };
        send_letter(app, id, &letter, &recipient, origin).await
    }
}

#[async_trait]
impl Job for NotificationMessage {
    const KIND: &'static str = "notification-message";
    const LANE: Lane = Lane::Letters;
    /// About an hour: nobody wants to be called for what was said yesterday.
    const ATTEMPTS: i32 = 7;

    async fn run(&self, app: &SharedApp, id: Uuid) -> Result<(), JobError> {
        let organisation = organisation(app).await?;
        let credential = match self.service {
            Service::Slack => organisation.chat_token_slack,
            Service::Mattermost => organisation.chat_webhook_mattermost,
            Service::Discord => organisation.chat_token_discord,
        };
        let Some(credential) = credential.filter(|credential| !credential.is_empty()) else {
            tracing::info!(service = ?self.service, "a message is not sent: the organisation has no access to the service");
            return Ok(());
        };
        let Some(message) = TaskMessage::find(app, self.notification_id).await? else {
            return Ok(());
        };
        let Some(message) = message.message(id, self.service) else {
            return Ok(());
        };
        app.messengers
            .send(self.service, &credential, message)
            .await
            .map_err(MessengerError::of_job)
    }
}

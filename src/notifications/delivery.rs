//! Notifications on their way to persons who want to hear of them outside of the web UI.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use sea_orm::{DbErr, FromQueryResult};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::notices::{Notice, NoticeKind};
use super::task_message::TaskMessage;
use crate::app::SharedApp;
use crate::background::{JobError, Lane};
use crate::database::{self, BATCH, Sql};
use crate::events::Work;
use crate::jobs::{self, Job};
use crate::mail::MailError;
use crate::messengers::{MessengerError, Service};
use crate::studio::organisation;

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

/// Ways in which a person wants notifications delivered.
struct DeliveryWays {
    emails: bool,
    services: Vec<Service>,
}

/// Lets notifications that were just stored go to those who want e-mails or messages.
///
/// # Errors
/// The database refuses.
pub(super) async fn enqueue(work: &mut Work<'_>, notices: &[Notice]) -> Result<(), DbErr> {
    let ways = ways(work, notices).await?;
    let (mut emails, mut messages) = (Vec::new(), Vec::new());
    for notice in notices {
        let Some(ways) = ways.get(&notice.person_id) else {
            continue;
        };
        let notification_id = notice.id;
        // That a playlist is ready goes by e-mail to everybody who wants to hear of anything.
        let by_email = ways.emails || (notice.kind == NoticeKind::PlaylistReady && !ways.services.is_empty());
        if by_email && work.app().mailer.is_enabled() {
            emails.push(NotificationEmail { notification_id });
        }
        messages.extend(ways.services.iter().map(|service| NotificationMessage {
            notification_id,
            service: *service,
        }));
    }
    jobs::enqueue(work, &emails).await?;
    jobs::enqueue(work, &messages).await
}

/// The settings of a person for each way to hear of notifications.
#[derive(FromQueryResult)]
struct NotificationSettings {
    id: Uuid,
    notifications_enabled: Option<bool>,
    email: Option<String>,
    notifications_slack_enabled: Option<bool>,
    notifications_slack_userid: Option<String>,
    notifications_mattermost_enabled: Option<bool>,
    notifications_mattermost_userid: Option<String>,
    notifications_discord_enabled: Option<bool>,
    notifications_discord_userid: Option<String>,
}

impl NotificationSettings {
    fn ways(&self) -> DeliveryWays {
        let wants = |enabled: Option<bool>, address: &Option<String>| {
            enabled.unwrap_or_default() && address.as_deref().is_some_and(|address| !address.is_empty())
        };
        let services = [
            (
                Service::Slack,
                wants(self.notifications_slack_enabled, &self.notifications_slack_userid),
            ),
            (
                Service::Mattermost,
                wants(
                    self.notifications_mattermost_enabled,
                    &self.notifications_mattermost_userid,
                ),
            ),
            (
                Service::Discord,
                wants(self.notifications_discord_enabled, &self.notifications_discord_userid),
            ),
        ];
        DeliveryWays {
            emails: wants(self.notifications_enabled, &self.email),
            services: services
                .into_iter()
                .filter(|(_, wanted)| *wanted)
                .map(|(service, _)| service)
                .collect(),
        }
    }
}

async fn ways(work: &Work<'_>, notices: &[Notice]) -> Result<HashMap<Uuid, DeliveryWays>, DbErr> {
    let persons: HashSet<Uuid> = notices.iter().map(|notice| notice.person_id).collect();
    let persons: Vec<Uuid> = persons.into_iter().collect();
    let mut found = HashMap::new();
    for persons in persons.chunks(BATCH) {
        let mut sql = Sql::new(
            "SELECT id, notifications_enabled, email, notifications_slack_enabled, notifications_slack_userid, notifications_mattermost_enabled, \
             notifications_mattermost_userid, notifications_discord_enabled, notifications_discord_userid FROM person WHERE active = ",
        );
        sql.bind(true)
            .push(" AND is_bot = ")
            .bind(false)
            .push(" AND id IN ")
            .bind_list(persons.iter().copied());
        for settings in database::read_all::<NotificationSettings>(&**work, &sql).await? {
            found.insert(settings.id, settings.ways());
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
        let organisation = organisation(app).await?;
        app.mailer
            .send(id, &letter, &recipient, &organisation.name, origin)
            .await
            .map_err(MailError::of_job)
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

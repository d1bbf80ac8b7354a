//! Messages to persons in the chat services that studios use: Slack, Mattermost and Discord.

mod addresses;
mod discord;
mod wording;

use std::sync::Arc;
use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode, Url};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use self::addresses::PublicAddresses;
use crate::background::JobError;
use crate::config::ChatSettings;
use crate::mail::TaskNews;

/// Time that a service may take for one step.
const STEP_TIMEOUT: Duration = Duration::from_secs(30);

/// A chat service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    Slack,
    Mattermost,
    Discord,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Slack, Self::Mattermost, Self::Discord];
}

/// A message to one person.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The same when it is sent again.
    pub id: Uuid,
    /// Name of the person in the service.
    pub to: &'a str,
    /// Name of the production that it comes from.
    pub production: &'a str,
    pub news: &'a TaskNews,
}

/// Reason why a message was not sent. The address of a webhook is a secret, and no part of it.
#[derive(Debug, thiserror::Error)]
pub enum MessengerError {
    #[error("the chat service can't be reached: {0}")]
    Unreachable(#[source] reqwest::Error),
    #[error("the chat service answers {0}")]
    Status(StatusCode),
    #[error("the chat service refuses: {0}")]
    Refused(String),
    #[error("nobody is called {0} there")]
    Unknown(String),
    #[error(
        "the webhook is no public address of the web; hosts of the studio's own network are named in DAILIES_CHAT_HOSTS"
    )]
    Address,
}

impl From<reqwest::Error> for MessengerError {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(error.without_url())
    }
}

impl MessengerError {
    /// Meaning for a job that sends.
    #[must_use]
    pub fn of_job(self) -> JobError {
        let may_pass = match &self {
            Self::Unreachable(_) => true,
            Self::Status(status) => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            Self::Refused(reason) => reason == "ratelimited",
            Self::Unknown(_) | Self::Address => false,
        };
        if may_pass { self.into() } else { JobError::never(self) }
    }
}

/// The way to the chat services.
pub struct Messengers {
    http: reqwest::Client,
    addresses: Arc<PublicAddresses>,
    slack: String,
    discord: String,
}

impl Messengers {
    /// Prepares a client. The first message connects.
    ///
    /// # Errors
    /// The system has no means to connect with.
    pub fn new(settings: &ChatSettings) -> Result<Self, reqwest::Error> {
        let addresses = Arc::new(PublicAddresses::with(&settings.chat_hosts));
        let http = reqwest::Client::builder()
            .timeout(STEP_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(Arc::clone(&addresses))
            .user_agent(concat!(
                "DiscordBot (https://github.com/dailies/dailies, ",
                env!("CARGO_PKG_VERSION"),
                ")"
            ))
            .build()?;
        let bare = |address: &str| address.trim_end_matches('/').to_owned();
        Ok(Self {
            http,
            addresses,
            slack: bare(&settings.slack_address),
            discord: bare(&settings.discord_address),
        })
    }

    /// Sends a message. `credential` is what the organisation has from the service: the token of a bot, or a webhook.
    ///
    /// # Errors
    /// The service does not take it.
    pub async fn send(&self, service: Service, credential: &str, message: Message<'_>) -> Result<(), MessengerError> {
        let text = service.words(message.news);
        match service {
            Service::Slack => self.slack(credential, message, &text).await,
            Service::Mattermost => self.mattermost(credential, message, &text).await,
            Service::Discord => self.discord(credential, message, &text).await,
        }
    }

    async fn slack(&self, token: &str, message: Message<'_>, text: &str) -> Result<(), MessengerError> {
        // Slack must not look for names and addresses in it: the only link is ours.
        let section = json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}});
        let body = json!({
            "channel": format!("@{}", message.to),
            "text": text,
            "blocks": [section],
            "as_user": true,
            "parse": "none",
            "link_names": false,
            "unfurl_links": false,
            "unfurl_media": false,
        });
        let answer = self
            .ask(
                self.http
                    .post(format!("{}/chat.postMessage", self.slack))
                    .bearer_auth(token)
                    .json(&body),
            )
            .await?;
        match answer["ok"].as_bool() {
            Some(true) => Ok(()),
            _ => Err(MessengerError::Refused(
                answer["error"].as_str().unwrap_or("it does not say why").to_owned(),
            )),
        }
    }

    async fn mattermost(&self, webhook: &str, message: Message<'_>, text: &str) -> Result<(), MessengerError> {
        let webhook: Url = webhook.parse().map_err(|_| MessengerError::Address)?;
        if !self.addresses.allow(&webhook) {
            return Err(MessengerError::Address);
        }
        let body = json!({"text": text, "channel": format!("@{}", message.to), "username": format!("Kitsu - {}", message.production)});
        let response = self.http.post(webhook).json(&body).send().await?;
        if response.status().is_success() {
            Ok(())
        } else {
            Err(MessengerError::Status(response.status()))
        }
    }

    /// Sends a request, and reads the JSON of the answer.
    async fn ask(&self, request: RequestBuilder) -> Result<Value, MessengerError> {
        let response = request.send().await?;
        if !response.status().is_success() {
            return Err(MessengerError::Status(response.status()));
        }
        Ok(response.json().await?)
    }
}

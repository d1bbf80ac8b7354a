//! Hands e-mails to the mail server.

use std::time::Duration;

use lettre::address::AddressError;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::response::Category;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use uuid::Uuid;

use super::letters::{Letter, LetterOrigin, Recipient};
use crate::background::JobError;
use crate::config::MailSettings;

/// Time that the mail server may take for one step.
const STEP_TIMEOUT: Duration = Duration::from_secs(20);

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// The way to the mail server.
pub struct Mailer {
    /// None when e-mails are switched off.
    transport: Option<Transport>,
    sender: Mailbox,
}

/// Reason why an e-mail can't be put together or sent, or the mail server's settings make no sense.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("MAIL_DEFAULT_SENDER is not an address for e-mails: {0}")]
    Sender(AddressError),
    #[error("not an address for e-mails: {0}")]
    Address(#[from] AddressError),
    #[error("the mail server: {0}")]
    Server(#[from] lettre::transport::smtp::Error),
    #[error("a template: {0}")]
    Template(#[from] minijinja::Error),
    #[error("{0}")]
    Message(#[from] lettre::error::Error),
}

impl MailError {
    fn may_pass(&self) -> bool {
        matches!(self, Self::Server(error) if !error.is_permanent() || wants_sign_in(error))
    }

    /// Meaning for a job that sends: a mail server may come back, and an address stays wrong.
    #[must_use]
    pub fn of_job(self) -> JobError {
        if self.may_pass() {
            self.into()
        } else {
            JobError::never(self)
        }
    }
}

/// True if the mail server refuses whoever sends (530, 534, 535, 538) and not the e-mail: that is mended in the settings.
fn wants_sign_in(error: &lettre::transport::smtp::Error) -> bool {
    error
        .status()
        .is_some_and(|code| code.category == Category::Unspecified3)
}

impl Mailer {
    /// Reads the settings. The first e-mail connects.
    ///
    /// # Errors
    /// The settings make no sense.
    pub fn new(settings: &MailSettings) -> Result<Self, MailError> {
        let address = settings
            .mail_default_sender
            .parse::<lettre::Address>()
            .map_err(MailError::Sender)?;
        let sender = Mailbox::new(Some("Kitsu Bot".into()), address);
        let transport = if settings.mail_enabled {
            Some(transport(settings)?)
        } else {
            None
        };
        Ok(Self { transport, sender })
    }

    /// True if e-mails are sent at all.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.transport.is_some()
    }

    /// True if the mail server answers; none when e-mails are switched off.
    pub async fn is_reached(&self) -> Option<bool> {
        let transport = self.transport.as_ref()?;
        Some(matches!(transport.test_connection().await, Ok(true)))
    }

    /// Sends an e-mail; nothing is sent when e-mails are switched off. The same id makes the same name of the message, by
    /// which mail servers know one that they took already.
    ///
    /// # Errors
    /// The e-mail can't be put together, or the mail server does not take it.
    pub async fn send(
        &self,
        id: Uuid,
        letter: &Letter,
        recipient: &Recipient,
        organisation: &str,
        origin: LetterOrigin,
    ) -> Result<(), MailError> {
        let Some(transport) = &self.transport else {
            return Ok(());
        };
        let written = letter.write(recipient, organisation, origin)?;
        let to = Mailbox::new(
            Some(recipient.full_name.clone()).filter(|name| !name.is_empty()),
            recipient.address.parse()?,
        );
        let name = format!("<{id}@{}>", self.sender.email.domain());
        let message = Message::builder()
            .from(self.sender.clone())
            .to(to)
            .subject(written.subject)
            .message_id(Some(name));
        transport
            .send(message.multipart(MultiPart::alternative_plain_html(written.text, written.html))?)
            .await?;
        Ok(())
    }
}

fn transport(settings: &MailSettings) -> Result<Transport, MailError> {
    let server = settings.mail_server.clone();
    let tls = if settings.mail_use_ssl {
        Tls::Wrapper(TlsParameters::new(server.clone())?)
    } else if settings.mail_use_tls {
        Tls::Required(TlsParameters::new(server.clone())?)
    } else {
        Tls::None
    };
    let mut transport = Transport::builder_dangerous(server)
        .port(settings.mail_port)
        .tls(tls)
        .timeout(Some(STEP_TIMEOUT));
    if !settings.mail_username.is_empty() {
        transport = transport.credentials(Credentials::new(
            settings.mail_username.clone(),
            settings.mail_password.clone(),
        ));
    }
    Ok(transport.build())
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDateTime;
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    use super::*;

    fn settings() -> MailSettings {
        MailSettings {
            mail_enabled: true,
            mail_server: "127.0.0.1".into(),
            mail_port: 9,
            mail_username: String::new(),
            mail_password: String::new(),
            mail_use_tls: false,
            mail_use_ssl: false,
            mail_default_sender: "no-reply@studio.example".into(),
        }
    }

    async fn send(mailer: &Mailer, address: &str) -> Result<(), MailError> {
        let recipient = Recipient {
            address: address.into(),
            first_name: "Ada".into(),
            full_name: "Ada Lovelace".into(),
            timezone: None,
        };
        let origin = LetterOrigin {
            moment: NaiveDateTime::default(),
            address: None,
        };
        mailer
            .send(Uuid::nil(), &Letter::PasswordChanged, &recipient, "Kitsu", origin)
            .await
    }

    #[tokio::test]
    async fn a_server_may_come_back_and_an_address_stays_wrong() -> Result<(), MailError> {
        let mailer = Mailer::new(&settings())?;
        assert!(
            send(&mailer, "ada@example.com")
                .await
                .is_err_and(|error| error.may_pass())
        );
        assert!(send(&mailer, "no address").await.is_err_and(|error| !error.may_pass()));
        Ok(())
    }

    /// A mail server that refuses this command, and takes all others.
    async fn refusing(command: &'static str, answer: &'static str) -> std::io::Result<u16> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await?;
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 ready\r\n").await?;
            while let Some(line) = lines.next_line().await? {
                let answer = match line.split(' ').next().unwrap_or_default() {
                    given if given == command => answer,
                    "EHLO" => "250-here\r\n250 AUTH PLAIN",
                    _ => "250 fine",
                };
                write.write_all(format!("{answer}\r\n").as_bytes()).await?;
            }
            Ok::<_, std::io::Error>(())
        });
        Ok(port)
    }

    #[tokio::test]
    async fn a_sender_who_is_refused_may_pass_and_a_recipient_stays_wrong() -> Result<(), Box<dyn std::error::Error>> {
        for (command, answer, passes) in [
            ("AUTH", "535 wrong password", true),
            ("MAIL", "530 sign in first", true),
            ("RCPT", "550 no such user", false),
        ] {
            let mailer = Mailer::new(&MailSettings {
                mail_port: refusing(command, answer).await?,
                mail_username: "tracker".into(),
                mail_password: "sheep".into(),
                ..settings()
            })?;
            let refused = send(&mailer, "ada@example.com").await;
            assert!(
                refused.as_ref().is_err_and(|error| error.may_pass() == passes),
                "{command}: {refused:?}"
            );
        }
        Ok(())
    }

    #[tokio::test]
    async fn nothing_is_sent_when_emails_are_switched_off() -> Result<(), MailError> {
        let silent = Mailer::new(&MailSettings {
            mail_enabled: false,
            ..settings()
        })?;
        assert!(!silent.is_enabled());
        send(&silent, "no address").await
    }
}

//! Sends e-mails in the background, in the order in which they were written, and tries again when the mail server is away.

use std::net::IpAddr;
use std::time::Duration;

use lettre::address::AddressError;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use tokio::sync::{mpsc, oneshot};

use super::letters::{Letter, Recipient};
use crate::config::MailSettings;

/// E-mails that may wait; when there are more, new ones are dropped.
const QUEUE: usize = 1000;
/// How long the mail server may take for one step.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the server waits at its end for what is still to be sent.
const LAST_PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait before each new try.
const DELAYS: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(60), Duration::from_secs(600)];

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Takes e-mails and sends them later.
pub struct Mailer {
    /// None when e-mails are switched off.
    queue: Option<mpsc::Sender<Job>>,
    sender: Mailbox,
}

/// Why an e-mail can't be put together, or the mail server's settings make no sense.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("not an address for e-mails: {0}")]
    Address(#[from] AddressError),
    #[error("the mail server's settings: {0}")]
    Settings(#[from] lettre::transport::smtp::Error),
    #[error("a template: {0}")]
    Template(#[from] minijinja::Error),
    #[error("{0}")]
    Message(#[from] lettre::error::Error),
}

enum Job {
    Send {
        message: Box<Message>,
        tries: usize,
    },
    /// Stop, and say so.
    Stop(oneshot::Sender<()>),
}

impl Mailer {
    /// Starts the task that sends. Needs a runtime of tokio.
    ///
    /// # Errors
    /// The settings make no sense. Nobody connects yet.
    pub fn start(settings: &MailSettings) -> Result<Self, MailError> {
        let sender = Mailbox::new(Some("Kitsu Bot".into()), settings.mail_default_sender.parse()?);
        let mut queue = None;
        if settings.mail_enabled {
            let (jobs, waiting) = mpsc::channel(QUEUE);
            tokio::spawn(deliver(transport(settings)?, jobs.downgrade(), waiting));
            queue = Some(jobs);
        }
        Ok(Self { queue, sender })
    }

    /// Writes to somebody. It never fails for the caller: what goes wrong is logged. `from` is the address of whoever
    /// caused the e-mail, where it is known.
    pub fn send(&self, letter: &Letter, recipient: &Recipient, organisation: &str, from: Option<IpAddr>) {
        let (Some(queue), Some(address)) = (&self.queue, recipient.address.as_deref()) else {
            return;
        };
        match self.message(letter, recipient, address, organisation, from) {
            Ok(message) => {
                if let Err(error) = queue.try_send(Job::Send { message: Box::new(message), tries: 0 }) {
                    tracing::error!(%error, "an e-mail was dropped");
                }
            }
            Err(error) => tracing::error!(%error, "an e-mail could not be written"),
        }
    }

    /// Sends what is waiting, for some seconds at most, and stops. What waits for another try is given up.
    pub async fn close(&self) {
        let Some(queue) = &self.queue else { return };
        let (done, finished) = oneshot::channel();
        let stop = async { queue.send(Job::Stop(done)).await.is_ok() && finished.await.is_ok() };
        if tokio::time::timeout(LAST_PATIENCE, stop).await.is_err() {
            tracing::warn!("some e-mails were not sent before the end");
        }
    }

    fn message(&self, letter: &Letter, recipient: &Recipient, address: &str, organisation: &str, from: Option<IpAddr>) -> Result<Message, MailError> {
        let written = letter.write(recipient, organisation, from)?;
        let to = Mailbox::new(Some(recipient.full_name.clone()).filter(|name| !name.is_empty()), address.parse()?);
        let message = Message::builder().from(self.sender.clone()).to(to).subject(written.subject);
        Ok(message.multipart(MultiPart::alternative_plain_html(written.text, written.html))?)
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
    let mut transport = Transport::builder_dangerous(server).port(settings.mail_port).tls(tls).timeout(Some(PATIENCE));
    if !settings.mail_username.is_empty() {
        transport = transport.credentials(Credentials::new(settings.mail_username.clone(), settings.mail_password.clone()));
    }
    Ok(transport.build())
}

/// Sends what is waiting. The queue is held weakly, so that waiting for new tries does not keep it open.
async fn deliver(transport: Transport, queue: mpsc::WeakSender<Job>, mut waiting: mpsc::Receiver<Job>) {
    while let Some(job) = waiting.recv().await {
        let (message, tries) = match job {
            Job::Send { message, tries } => (message, tries),
            Job::Stop(done) => {
                let _nobody_waits = done.send(());
                return;
            }
        };
        let Err(error) = transport.send(Message::clone(&message)).await else {
            continue;
        };
        let delay = DELAYS.get(tries).copied().filter(|_| !error.is_permanent());
        let Some(delay) = delay else {
            tracing::error!(%error, "an e-mail could not be sent");
            continue;
        };
        tracing::warn!(%error, "an e-mail could not be sent; trying again later");
        let queue = queue.clone();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            if let Some(queue) = queue.upgrade()
                && let Err(error) = queue.try_send(Job::Send { message, tries: tries + 1 })
            {
                tracing::error!(%error, "an e-mail was dropped");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    use super::*;

    fn settings(port: u16) -> MailSettings {
        MailSettings {
            mail_enabled: true,
            mail_server: "127.0.0.1".into(),
            mail_port: port,
            mail_username: String::new(),
            mail_password: String::new(),
            mail_use_tls: false,
            mail_use_ssl: false,
            mail_default_sender: "no-reply@studio.example".into(),
        }
    }

    fn ada() -> Recipient {
        Recipient { address: Some("ada@example.com".into()), first_name: "Ada".into(), full_name: "Ada Lovelace".into(), timezone: None }
    }

    /// Plays a mail server for one e-mail, and gives back what it was told.
    async fn one_email(listener: TcpListener) -> std::io::Result<String> {
        let (stream, _) = listener.accept().await?;
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let mut heard = String::new();
        write.write_all(b"220 ready\r\n").await?;
        let mut in_message = false;
        while let Some(line) = lines.next_line().await? {
            heard.push_str(&line);
            heard.push('\n');
            let answer: &[u8] = match line.as_str() {
                "." => {
                    write.write_all(b"250 taken\r\n").await?;
                    return Ok(heard);
                }
                _ if in_message => continue,
                "DATA" => {
                    in_message = true;
                    b"354 go on\r\n"
                }
                _ => b"250 fine\r\n",
            };
            write.write_all(answer).await?;
        }
        Ok(heard)
    }

    #[tokio::test]
    async fn an_email_reaches_the_mail_server() -> Result<(), Box<dyn std::error::Error>> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mailer = Mailer::start(&settings(listener.local_addr()?.port()))?;
        let server = tokio::spawn(one_email(listener));
        mailer.send(&Letter::PasswordChanged, &ada(), "Kitsu", None);
        mailer.close().await;
        let heard = tokio::time::timeout(PATIENCE, server).await???;
        for part in [
            "MAIL FROM:<no-reply@studio.example>",
            "RCPT TO:<ada@example.com>",
            "From: \"Kitsu Bot\" <no-reply@studio.example>",
            "Subject: Kitsu - Kitsu: password changed",
            "text/plain",
            "text/html",
        ] {
            assert!(heard.contains(part), "{part} is not in {heard}");
        }
        Ok(())
    }

    #[tokio::test]
    async fn nobody_is_troubled_by_what_can_not_be_sent() -> Result<(), MailError> {
        let mailer = Mailer::start(&settings(9))?;
        mailer.send(&Letter::PasswordChanged, &Recipient { address: None, ..ada() }, "Kitsu", None);
        mailer.send(&Letter::PasswordChanged, &Recipient { address: Some("no address".into()), ..ada() }, "Kitsu", None);
        let silent = Mailer::start(&MailSettings { mail_enabled: false, ..settings(9) })?;
        silent.send(&Letter::PasswordChanged, &ada(), "Kitsu", None);
        assert!(silent.queue.is_none());
        Ok(())
    }
}

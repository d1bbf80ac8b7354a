//! A mail server that keeps what it gets, can be closed, and can fall silent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mail_parser::MessageParser;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use super::wait_for;

/// Time that tests wait for an e-mail.
const PATIENCE: Duration = Duration::from_secs(20);

/// An e-mail that was taken.
#[derive(Clone, Debug)]
pub struct Letter {
    pub to: String,
    pub id: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// The mail server. Its port stays the same while it is closed.
pub struct PostOffice {
    pub port: u16,
    taken: Arc<Mutex<Vec<Letter>>>,
    /// Encryption from the start, where there is any.
    tls: Option<TlsAcceptor>,
    desk: Option<JoinHandle<()>>,
}

impl PostOffice {
    /// One that takes e-mails.
    pub async fn open() -> Self {
        Self::open_with(None).await
    }

    /// One that is encrypted, and its certificate, which nobody trusts unless told to.
    pub async fn open_encrypted() -> (Self, String) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the usual versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key.into())
            .expect("a key that fits");
        let office = Self::open_with(Some(TlsAcceptor::from(Arc::new(config)))).await;
        (office, cert.pem())
    }

    async fn open_with(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut office = Self {
            port: listener.local_addr().expect("an address").port(),
            taken: Arc::default(),
            tls,
            desk: None,
        };
        office.desk = Some(office.serve(listener, true));
        office
    }

    /// Nobody answers any more.
    pub async fn close(&mut self) {
        if let Some(desk) = self.desk.take() {
            desk.abort();
            let _aborted = desk.await;
        }
    }

    /// E-mails are taken again.
    pub async fn reopen(&mut self) {
        self.answer(true).await;
    }

    /// Whoever connects gets no answer.
    pub async fn fall_silent(&mut self) {
        self.answer(false).await;
    }

    async fn answer(&mut self, talks: bool) {
        self.close().await;
        let listener = self.listener().await;
        self.desk = Some(self.serve(listener, talks));
    }

    fn serve(&self, listener: TcpListener, talks: bool) -> JoinHandle<()> {
        tokio::spawn(serve(listener, self.taken.clone(), self.tls.clone(), talks))
    }

    /// The port again. While it was closed, a connection of another test may have been given its number for a moment.
    async fn listener(&self) -> TcpListener {
        let bind = async || TcpListener::bind(("127.0.0.1", self.port)).await;
        wait_for(PATIENCE, "the port is free", bind).await
    }

    /// Flags of a server that sends its e-mails here.
    pub fn flags(&self) -> Vec<String> {
        [
            "--mail-enabled",
            "true",
            "--mail-server",
            "127.0.0.1",
            "--mail-port",
            &self.port.to_string(),
        ]
        .map(str::to_owned)
        .to_vec()
    }

    /// Everything that was taken.
    pub fn letters(&self) -> Vec<Letter> {
        self.taken.lock().expect("the letters").clone()
    }

    /// Waits until so many e-mails came to that address, and gives them.
    pub async fn letters_to(&self, address: &str, count: usize) -> Vec<Letter> {
        let look = async || {
            let letters = self.letters();
            let found: Vec<Letter> = letters.iter().filter(|letter| letter.to == address).cloned().collect();
            if found.len() < count { Err(letters) } else { Ok(found) }
        };
        wait_for(PATIENCE, &format!("{count} e-mails to {address} come"), look).await
    }

    /// Waits for the first e-mail to that address.
    pub async fn letter_to(&self, address: &str) -> Letter {
        self.letters_to(address, 1).await.remove(0)
    }
}

impl Drop for PostOffice {
    fn drop(&mut self) {
        if let Some(desk) = &self.desk {
            desk.abort();
        }
    }
}

async fn serve(listener: TcpListener, taken: Arc<Mutex<Vec<Letter>>>, tls: Option<TlsAcceptor>, talks: bool) {
    let mut talks_with = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (taken, tls) = (taken.clone(), tls.clone());
        talks_with.spawn(async move {
            if !talks {
                let _held = stream;
                return std::future::pending::<()>().await;
            }
            // A sender that hangs up is none of the test's business.
            let _ended = match tls {
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => talk(stream, &taken).await,
                    Err(error) => Err(error),
                },
                None => talk(stream, &taken).await,
            };
        });
    }
}

async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin, taken: &Mutex<Vec<Letter>>) -> std::io::Result<()> {
    let (read, mut write) = tokio::io::split(stream);
    let mut lines = BufReader::new(read).lines();
    let mut to = String::new();
    let mut message: Option<String> = None;
    write.write_all(b"220 ready\r\n").await?;
    write.flush().await?;
    while let Some(line) = lines.next_line().await? {
        if let Some(text) = &mut message {
            if line == "." {
                taken.lock().expect("the letters").push(read_letter(&to, text));
                message = None;
                write.write_all(b"250 taken\r\n").await?;
                write.flush().await?;
            } else {
                text.push_str(line.strip_prefix('.').unwrap_or(&line));
                text.push_str("\r\n");
            }
            continue;
        }
        let answer: &[u8] = match line.get(..4).unwrap_or_default() {
            "RCPT" => {
                to = line
                    .trim_start_matches("RCPT TO:<")
                    .split('>')
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                b"250 fine\r\n"
            }
            "DATA" => {
                message = Some(String::new());
                b"354 go on\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            _ => b"250 fine\r\n",
        };
        write.write_all(answer).await?;
        write.flush().await?;
    }
    Ok(())
}

fn read_letter(to: &str, message: &str) -> Letter {
    let parsed = MessageParser::default().parse(message.as_bytes()).expect("an e-mail");
    Letter {
        to: to.to_owned(),
        id: parsed.message_id().unwrap_or_default().to_owned(),
        subject: parsed.subject().unwrap_or_default().to_owned(),
        text: parsed.body_text(0).unwrap_or_default().into_owned(),
        html: parsed.body_html(0).unwrap_or_default().into_owned(),
    }
}

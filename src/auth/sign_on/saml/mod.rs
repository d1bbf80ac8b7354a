//! SAML: the browser takes a question to the provider, and brings back an answer that the provider signed.
//!
//! An answer is good once, for the browser that was sent away: answers that nobody asked for are refused. Signatures are checked
//! by `bergshamra`, which is pure Rust and refuses by itself what signatures of SAML are attacked with; `samael` needs the C
//! library xmlsec.

mod metadata;
mod response;
mod xml;

use std::io::Write;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{SecondsFormat, Utc};
use dailies_definitions::call::request_headers;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use tokio::sync::Mutex;
use url::Url;
use uuid::Uuid;

use self::metadata::Metadata;
use self::response::{AnswerProblem, Expected, Statement};
use super::identities::{self, Identity, Profile, Provider, not_for_them};
use super::{arrive, leave_for_form, provider_client, read_limited, refused};
use crate::app::App;
use crate::auth::browser_session::BrowserSession;
use crate::background::with_causes;
use crate::config::{SamlSettings, Settings};

/// Time that somebody may take at the provider.
const SIGN_IN_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// Time that the provider may take to say who it is.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Time for which its facts are kept in mind.
const METADATA_LIFETIME: Duration = Duration::from_secs(3600);
/// Least time between two looks for new certificates, however many answers are signed with unknown ones.
const LEAST_REFETCH_INTERVAL: Duration = Duration::from_secs(10);
const PURPOSE: &str = "saml";

/// Problem between this server and the provider.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("the provider does not answer: {}", with_causes(.0))]
    Request(#[from] reqwest::Error),
    #[error("the provider answers {0}")]
    Status(reqwest::StatusCode),
    #[error("what the provider says of itself can't be read")]
    Metadata,
    #[error("the answer is not good: {0}")]
    Answer(#[from] AnswerProblem),
    #[error("{0}")]
    Other(&'static str),
}

impl Problem {
    /// Answer to the client, who is told no more than that there was a problem. The log has it.
    fn refuse(self) -> Failure {
        tracing::warn!(
            error = &self as &dyn std::error::Error,
            "somebody could not sign in with SAML"
        );
        refused("SAML authentication failed.")
    }
}

/// The way to the provider.
pub(in crate::auth) struct Saml {
    http: reqwest::Client,
    known: Mutex<Option<(Metadata, Instant)>>,
}

impl Saml {
    /// Nobody was asked yet.
    ///
    /// # Errors
    /// The system has no means to connect with.
    pub(in crate::auth) fn new() -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: provider_client(TIMEOUT)?,
            known: Mutex::default(),
        })
    }

    /// Sends the browser to the provider.
    ///
    /// # Errors
    /// 400 when this is switched off, or the provider does not answer.
    pub(in crate::auth) async fn begin(&self, app: &App) -> Result<Media, Failure> {
        require(&app.settings.saml)?;
        let provider = self
            .provider(&app.settings.saml, METADATA_LIFETIME)
            .await
            .map_err(Problem::refuse)?;
        // A name must not begin with a digit.
        let id = format!("_{}", Uuid::new_v4().simple());
        let mut address = Url::parse(&provider.address)?;
        address.query_pairs_mut().append_pair(
            "SAMLRequest",
            &STANDARD.encode(deflate(&request(&app.settings, &provider, &id))?),
        );
        let session = BrowserSession::new();
        session.keep(app, PURPOSE, &id, SIGN_IN_TIMEOUT).await?;
        leave_for_form(app, address.as_str(), &session)
    }

    /// Lets in whom the provider vouches for.
    ///
    /// # Errors
    /// 400 when this is switched off, the answer is not there or not good, or the account is not for them.
    pub(in crate::auth) async fn finish(
        &self,
        app: &App,
        answer: Option<&str>,
        from: Option<IpAddr>,
    ) -> Result<Media, Failure> {
        let settings = &app.settings.saml;
        require(settings)?;
        let answer = answer.ok_or_else(|| Failure::field("SAMLResponse", "Field required"))?;
        let asked = match BrowserSession::of(&request_headers().unwrap_or_default()) {
            Some(session) => session.take(app, PURPOSE).await?,
            None => None,
        };
        let asked = asked.ok_or_else(|| Problem::Other("nothing was asked of this browser").refuse())?;
        let (provider, statement) = self.statement(&app.settings, answer).await.map_err(Problem::refuse)?;
        if statement.request != asked {
            return Err(Problem::Other("it is the answer to another question").refuse());
        }
        let identity = identity(settings, &provider, &statement)?;
        let email = statement.name.to_lowercase();
        let email = if email.contains('@') {
            Ok(email)
        } else {
            Err("No email address returned by the provider.")
        };
        let account = identities::account(app, identity.as_ref(), &email, &profile(&statement)).await?;
        arrive(app, account, settings.saml_skip_2fa, from).await
    }

    /// Statement of an answer. When no certificate fits, those that the provider has now are looked for.
    async fn statement(&self, settings: &Settings, answer: &str) -> Result<(Metadata, Statement), Problem> {
        let bytes: String = answer.split_whitespace().collect();
        let bytes = STANDARD
            .decode(bytes)
            .map_err(|_| Problem::Other("it is not written in base64"))?;
        let xml = String::from_utf8(bytes).map_err(|_| Problem::Other("it is no text"))?;
        let provider = self.provider(&settings.saml, METADATA_LIFETIME).await?;
        match read_statement(settings, &provider, &xml) {
            Err(AnswerProblem::Signature) => {
                let provider = self.provider(&settings.saml, LEAST_REFETCH_INTERVAL).await?;
                let statement = read_statement(settings, &provider, &xml)?;
                Ok((provider, statement))
            }
            statement => Ok((provider, statement?)),
        }
    }

    /// Facts of the provider about itself, no older than that.
    async fn provider(&self, settings: &SamlSettings, age: Duration) -> Result<Metadata, Problem> {
        let mut known = self.known.lock().await;
        if let Some((metadata, _)) = known.as_ref().filter(|(_, since)| since.elapsed() < age) {
            return Ok(metadata.clone());
        }
        let answer = self.http.get(&settings.saml_metadata_url).send().await?;
        if !answer.status().is_success() {
            return Err(Problem::Status(answer.status()));
        }
        let bytes = read_limited(answer).await?.ok_or(Problem::Metadata)?;
        let metadata = std::str::from_utf8(&bytes)
            .ok()
            .and_then(metadata::read_metadata)
            .ok_or(Problem::Metadata)?;
        *known = Some((metadata.clone(), Instant::now()));
        Ok(metadata)
    }
}

fn require(settings: &SamlSettings) -> Result<(), Failure> {
    if settings.saml_enabled {
        Ok(())
    } else {
        Err(refused("SAML is not enabled."))
    }
}

/// The name of this server at the provider.
fn own_name(settings: &Settings) -> String {
    format!("{}/api/auth/saml/login", settings.public_address())
}

/// Address that answers are sent to.
fn own_address(settings: &Settings) -> String {
    format!("{}/api/auth/saml/sso", settings.public_address())
}

fn read_statement(settings: &Settings, provider: &Metadata, xml: &str) -> Result<Statement, AnswerProblem> {
    let (audience, recipient) = (own_name(settings), own_address(settings));
    response::read_answer(
        xml,
        &Expected {
            provider,
            audience: &audience,
            recipient: &recipient,
            now: Utc::now(),
        },
    )
}

/// The question that the browser takes along.
fn request(settings: &Settings, provider: &Metadata, id: &str) -> String {
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let [destination, consumer, issuer] =
        [&provider.address, &own_address(settings), &own_name(settings)].map(|text| escape(text));
    format!(
        "<samlp:AuthnRequest xmlns:samlp=\"{}\" xmlns:saml=\"{}\" ID=\"{id}\" Version=\"2.0\" IssueInstant=\"{now}\" Destination=\"{destination}\" \
         AssertionConsumerServiceURL=\"{consumer}\" ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\">\
         <saml:Issuer>{issuer}</saml:Issuer></samlp:AuthnRequest>",
        xml::PROTOCOL,
        xml::ASSERTION
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn deflate(text: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

/// Permanent name of somebody at the provider, where the settings say which attribute that is.
fn identity(settings: &SamlSettings, provider: &Metadata, statement: &Statement) -> Result<Option<Identity>, Failure> {
    let name = settings.saml_subject_attribute.as_str();
    if name.is_empty() {
        return Ok(None);
    }
    match statement.attributes.get(name).map(Vec::as_slice) {
        Some([subject]) if !subject.is_empty() => Ok(Some(Identity {
            provider: Provider::Saml,
            issuer: provider.entity_id.clone(),
            subject: subject.clone(),
        })),
        _ => Err(not_for_them()),
    }
}

/// Facts that are taken over of somebody. Departments and studios are those of this server, whatever a provider says.
fn profile(statement: &Statement) -> Profile {
    let value = |name: &str| {
        statement
            .attributes
            .get(name)
            .map(|values| values.join(" ").trim().to_owned())
    };
    let mut columns = Vec::new();
    for (column, most) in [("first_name", 80), ("last_name", 80), ("phone", 30)] {
        columns.extend(value(column).map(|text| (column, text.chars().take(most).collect::<String>())));
    }
    let country = value("country").map(|country| country.to_ascii_uppercase());
    let is_code =
        |text: &String| text.is_empty() || (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()));
    columns.extend(country.filter(is_code).map(|country| ("country", country)));
    Profile { columns }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_over_fits_its_columns() {
        let attributes = [
            ("first_name", vec!["Ada", "Augusta"]),
            ("country", vec!["gb"]),
            ("departments", vec!["x"]),
            ("role", vec!["admin"]),
        ];
        let attributes = attributes
            .into_iter()
            .map(|(name, values)| (name.to_owned(), values.into_iter().map(str::to_owned).collect()))
            .collect();
        let statement = Statement {
            request: String::new(),
            name: String::new(),
            attributes,
        };
        assert_eq!(
            profile(&statement).columns,
            [("first_name", "Ada Augusta".to_owned()), ("country", "GB".to_owned())]
        );
        let wrong = Statement {
            attributes: [("country".to_owned(), vec!["England".to_owned()])].into(),
            ..statement
        };
        assert!(profile(&wrong).columns.is_empty());
    }

    #[test]
    fn addresses_are_escaped() {
        assert_eq!(escape("a?b=1&c=\"<>\""), "a?b=1&amp;c=&quot;&lt;&gt;&quot;");
    }
}

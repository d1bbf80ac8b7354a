//! A provider of SAML that vouches for whoever the test says, and lies when the test wants it to.
//!
//! It writes XML in the form in which it is signed, so that it needs no help from what the server checks signatures with.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use flate2::read::DeflateDecoder;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::DecodePrivateKey;
use poem::Response;
use poem::endpoint::make_sync;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use super::serve::serve;

const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Signed parts of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    Assertion,
    Response,
    Both,
    Nothing,
}

/// Answer of a provider. Tests change it before it is written.
#[derive(Clone)]
pub struct SamlStatement {
    pub issuer: String,
    pub request: String,
    pub audience: String,
    pub recipient: String,
    pub destination: String,
    pub status: &'static str,
    pub name: String,
    pub attributes: Vec<(&'static str, &'static str)>,
    pub not_before: DateTime<Utc>,
    pub not_on_or_after: DateTime<Utc>,
    pub signed: Signed,
    /// Key that it is signed with. The last one is not shown to anybody.
    pub key: usize,
}

/// A provider that runs until it is dropped.
pub struct SamlProvider {
    pub url: String,
    keys: Vec<SigningKey>,
    task: JoinHandle<()>,
}

impl SamlProvider {
    /// A provider at a free port of this machine.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let made: Vec<(SigningKey, String)> = (0..3).map(|_| key()).collect();
        let certificates: Vec<&str> = made
            .iter()
            .take(2)
            .map(|(_, certificate)| certificate.as_str())
            .collect();
        let metadata = metadata(&url, &certificates);
        let endpoint = make_sync(move |_| {
            Response::builder()
                .content_type("application/samlmetadata+xml")
                .body(metadata.clone())
        });
        let task = serve(listener, endpoint);
        Self {
            url,
            keys: made.into_iter().map(|(key, _)| key).collect(),
            task,
        }
    }

    /// Flags of a server that trusts this provider.
    pub fn flags(&self) -> Vec<String> {
        [
            "--saml-enabled",
            "true",
            "--saml-metadata-url",
            &format!("{}/metadata", self.url),
        ]
        .map(str::to_owned)
        .to_vec()
    }

    /// Lets somebody sign in who was sent here, and gives what is answered of them.
    pub fn answer(&self, location: &str, name: &str) -> SamlStatement {
        assert!(location.starts_with(&format!("{}/sso?", self.url)), "{location}");
        let address = Url::parse(location).expect("an address");
        let question = address
            .query_pairs()
            .find(|(name, _)| name == "SAMLRequest")
            .map(|(_, value)| value.into_owned())
            .expect("a question");
        let mut text = String::new();
        DeflateDecoder::new(STANDARD.decode(question).expect("base64").as_slice())
            .read_to_string(&mut text)
            .expect("a text");
        let recipient = between(&text, " AssertionConsumerServiceURL=\"", "\"");
        let now = Utc::now();
        SamlStatement {
            issuer: self.url.clone(),
            request: between(&text, " ID=\"", "\""),
            audience: between(&text, "<saml:Issuer>", "</saml:Issuer>"),
            destination: recipient.clone(),
            recipient,
            status: "urn:oasis:names:tc:SAML:2.0:status:Success",
            name: name.to_owned(),
            attributes: Vec::new(),
            not_before: now - TimeDelta::seconds(10),
            not_on_or_after: now + TimeDelta::minutes(5),
            signed: Signed::Assertion,
            key: 0,
        }
    }

    /// An answer as it is sent, before it is encoded.
    pub fn write(&self, statement: &SamlStatement) -> String {
        let key = &self.keys[statement.key];
        let sign = |wanted: [Signed; 2], id: &str, text: &str| {
            if wanted.contains(&statement.signed) {
                signature(key, id, text)
            } else {
                String::new()
            }
        };
        let assertion = |signature: &str| statement.assertion(signature);
        let assertion = assertion(&sign([Signed::Assertion, Signed::Both], "_assertion", &assertion("")));
        let response = |signature: &str| statement.response(signature, &assertion);
        response(&sign([Signed::Response, Signed::Both], "_response", &response("")))
    }
}

impl Drop for SamlProvider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl SamlStatement {
    fn response(&self, signature: &str, assertion: &str) -> String {
        let Self {
            issuer,
            request,
            destination,
            status,
            ..
        } = self;
        let issued = moment(self.not_before);
        format!(
            "<samlp:Response xmlns:samlp=\"{PROTOCOL}\" Destination=\"{destination}\" ID=\"_response\" InResponseTo=\"{request}\" \
             IssueInstant=\"{issued}\" Version=\"2.0\"><saml:Issuer xmlns:saml=\"{ASSERTION}\">{issuer}</saml:Issuer>{signature}<samlp:Status>\
             <samlp:StatusCode Value=\"{status}\"></samlp:StatusCode></samlp:Status>{assertion}</samlp:Response>"
        )
    }

    fn assertion(&self, signature: &str) -> String {
        let Self {
            issuer,
            request,
            audience,
            recipient,
            name,
            ..
        } = self;
        let (start, end) = (moment(self.not_before), moment(self.not_on_or_after));
        let attribute = |(name, value): &(&str, &str)| {
            format!(
                "<saml:Attribute Name=\"{name}\"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>"
            )
        };
        let attributes: String = self.attributes.iter().map(attribute).collect();
        format!(
            "<saml:Assertion xmlns:saml=\"{ASSERTION}\" ID=\"_assertion\" IssueInstant=\"{start}\" Version=\"2.0\">\
             <saml:Issuer>{issuer}</saml:Issuer>{signature}<saml:Subject><saml:NameID>{name}</saml:NameID>\
             <saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData \
             InResponseTo=\"{request}\" NotOnOrAfter=\"{end}\" Recipient=\"{recipient}\"></saml:SubjectConfirmationData>\
             </saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore=\"{start}\" NotOnOrAfter=\"{end}\">\
             <saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
             <saml:AuthnStatement AuthnInstant=\"{start}\"></saml:AuthnStatement>\
             <saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>"
        )
    }
}

fn moment(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn between(text: &str, start: &str, end: &str) -> String {
    let (_, rest) = text.split_once(start).expect("a start");
    rest.split_once(end).expect("an end").0.to_owned()
}

/// A key, and a certificate of it.
fn key() -> (SigningKey, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["idp.example".to_owned()]).expect("a certificate");
    (
        SigningKey::from_pkcs8_der(&signing_key.serialize_der()).expect("a key"),
        STANDARD.encode(cert.der()),
    )
}

fn metadata(url: &str, certificates: &[&str]) -> String {
    let key = |certificate: &&str| {
        format!(
            "<md:KeyDescriptor use=\"signing\"><ds:KeyInfo xmlns:ds=\"{SIGNATURE}\"><ds:X509Data>\
             <ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        )
    };
    let keys: String = certificates.iter().map(key).collect();
    format!(
        "<?xml version=\"1.0\"?>\n<md:EntityDescriptor xmlns:md=\"{METADATA}\" entityID=\"{url}\">\
         <md:IDPSSODescriptor protocolSupportEnumeration=\"{PROTOCOL}\">{keys}\
         <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"{url}/post\"/>\
         <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"{url}/sso\"/>\
         </md:IDPSSODescriptor></md:EntityDescriptor>"
    )
}

/// The signature of an element, which is written without it.
fn signature(key: &SigningKey, id: &str, text: &str) -> String {
    let digest = STANDARD.encode(Sha256::digest(text));
    let info = format!(
        "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\"></ds:SignatureMethod>\
         <ds:Reference URI=\"#{id}\"><ds:Transforms><ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\">\
         </ds:Transform><ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>\
         <ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    );
    let signed: Signature = key.sign(format!("<ds:SignedInfo xmlns:ds=\"{SIGNATURE}\">{info}").as_bytes());
    let value = STANDARD.encode(signed.to_bytes());
    format!(
        "<ds:Signature xmlns:ds=\"{SIGNATURE}\"><ds:SignedInfo>{info}<ds:SignatureValue>{value}</ds:SignatureValue></ds:Signature>"
    )
}

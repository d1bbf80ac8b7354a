//! The checks of a relying party (Web Authentication, level 2, sections 7.1 and 7.2), as far as keys that nobody vouches for
//! need them: the studio takes any make of key, so that what a maker attests is not looked at.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value as Cbor;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::Url;

use super::keys::PublicKey;

/// Bytes in front of what an authenticator says of a new key: the hash of the host, flags and a counter.
const HEAD: usize = 37;
/// Position of the counter.
const COUNTER: std::ops::Range<usize> = 33..HEAD;
/// Flags: somebody touched the key; a new key follows.
const PRESENT: u8 = 0x01;
const WITH_KEY: u8 = 0x40;
/// Bytes of the make of a key.
const MAKE: usize = 16;
/// Most bytes of the name that a key has for itself.
const LONGEST_ID: usize = 1023;

/// Reason why something from a browser is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyProblem {
    #[error("a part is missing or can't be read")]
    Malformed,
    #[error("it is the answer to something else")]
    OtherQuestion,
    #[error("it comes from the page of another host")]
    OtherOrigin,
    #[error("it is for another host")]
    OtherHost,
    #[error("nobody touched the key")]
    Absent,
    #[error("the key is of a kind that is not taken")]
    Unsupported,
    #[error("the signature is wrong")]
    Signature,
    #[error("its counter does not go on, so that there is a copy of the key")]
    Copied,
}

/// The host that keys are for.
#[derive(Clone, Debug)]
pub(super) struct RelyingParty {
    pub host: String,
}

/// Account of the browser of what it did.
#[derive(Deserialize)]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

/// A key that was just made.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NewKey {
    /// Number of its uses, as it says itself; 0 for one that does not count.
    pub counter: u32,
    pub make: Vec<u8>,
    pub id: Vec<u8>,
    pub public_key: PublicKey,
}

/// Account of an authenticator.
struct AuthenticatorData<'a> {
    flags: u8,
    counter: u32,
    rest: &'a [u8],
}

impl RelyingParty {
    /// The host in a name with or without a port.
    pub(super) fn of(domain_name: &str) -> Self {
        let host = Url::parse(&format!("https://{domain_name}"))
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        Self {
            host: host.unwrap_or_else(|| domain_name.to_owned()),
        }
    }

    /// True if a page may use keys of this host: one of the host itself or below it, over an encrypted connection unless it is
    /// of this very machine.
    fn trusts(&self, origin: &str) -> bool {
        let Ok(url) = Url::parse(origin) else { return false };
        let Some(host) = url.host_str() else { return false };
        let is_local = host == "localhost" || host.ends_with(".localhost");
        let below = host
            .strip_suffix(self.host.as_str())
            .is_some_and(|before| before.is_empty() || before.ends_with('.'));
        below && (url.scheme() == "https" || (url.scheme() == "http" && is_local))
    }

    /// Checks what the browser says, and gives the hash that is signed.
    fn client_data(&self, kind: &str, challenge: &str, text: &[u8]) -> Result<Vec<u8>, KeyProblem> {
        let said: ClientData = serde_json::from_slice(text).map_err(|_| KeyProblem::Malformed)?;
        if said.r#type != kind || said.challenge.trim_end_matches('=') != challenge {
            return Err(KeyProblem::OtherQuestion);
        }
        if said.cross_origin || !self.trusts(&said.origin) {
            return Err(KeyProblem::OtherOrigin);
        }
        Ok(Sha256::digest(text).to_vec())
    }

    fn authenticator_data<'a>(&self, bytes: &'a [u8]) -> Result<AuthenticatorData<'a>, KeyProblem> {
        let (head, rest) = bytes.split_at_checked(HEAD).ok_or(KeyProblem::Malformed)?;
        if head[..32] != *Sha256::digest(self.host.as_bytes()) {
            return Err(KeyProblem::OtherHost);
        }
        let flags = head[32];
        let counter = head[COUNTER]
            .iter()
            .fold(0, |counter, byte| (counter << 8) | u32::from(*byte));
        if flags & PRESENT == 0 {
            Err(KeyProblem::Absent)
        } else {
            Ok(AuthenticatorData { flags, counter, rest })
        }
    }

    /// Checks the answer to a challenge to make a key.
    pub(super) fn made(&self, challenge: &str, client_data: &[u8], attestation: &[u8]) -> Result<NewKey, KeyProblem> {
        self.client_data("webauthn.create", challenge, client_data)?;
        let attestation: Cbor = ciborium::from_reader(attestation).map_err(|_| KeyProblem::Malformed)?;
        let mut parts = attestation.as_map().into_iter().flatten();
        let data = parts
            .find(|(name, _)| name.as_text() == Some("authData"))
            .and_then(|(_, data)| data.as_bytes())
            .ok_or(KeyProblem::Malformed)?;
        let data = self.authenticator_data(data)?;
        if data.flags & WITH_KEY == 0 {
            return Err(KeyProblem::Malformed);
        }
        let (make, rest) = data.rest.split_at_checked(MAKE).ok_or(KeyProblem::Malformed)?;
        let (length, rest) = rest.split_at_checked(2).ok_or(KeyProblem::Malformed)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let (id, mut rest) = rest.split_at_checked(length).ok_or(KeyProblem::Malformed)?;
        if id.is_empty() || id.len() > LONGEST_ID {
            return Err(KeyProblem::Malformed);
        }
        // Extensions may follow the key.
        let key: Cbor = ciborium::from_reader(&mut rest).map_err(|_| KeyProblem::Malformed)?;
        let public_key = PublicKey::from_cbor(&key).ok_or(KeyProblem::Malformed)?;
        if !public_key.is_supported() {
            return Err(KeyProblem::Unsupported);
        }
        Ok(NewKey {
            counter: data.counter,
            make: make.to_vec(),
            id: id.to_vec(),
            public_key,
        })
    }

    /// Checks the answer to a challenge to use a key, and gives the counter of the key.
    pub(super) fn used(
        &self,
        challenge: &str,
        key: &PublicKey,
        client_data: &[u8],
        authenticator_data: &[u8],
        signature: &[u8],
    ) -> Result<u32, KeyProblem> {
        let hash = self.client_data("webauthn.get", challenge, client_data)?;
        let counter = self.authenticator_data(authenticator_data)?.counter;
        let signed = [authenticator_data, &hash].concat();
        if key.verifies(&signed, signature) {
            Ok(counter)
        } else {
            Err(KeyProblem::Signature)
        }
    }
}

/// Bytes that a browser sends as text, with or without padding.
pub(super) fn decode(text: Option<&str>) -> Result<Vec<u8>, KeyProblem> {
    URL_SAFE_NO_PAD
        .decode(text.ok_or(KeyProblem::Malformed)?.trim_end_matches('='))
        .map_err(|_| KeyProblem::Malformed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hosts_have_no_port() {
        for (name, host) in [
            ("localhost:8080", "localhost"),
            ("Kitsu.Example.org", "kitsu.example.org"),
            ("[::1]:5000", "[::1]"),
        ] {
            assert_eq!(RelyingParty::of(name).host, host);
        }
    }

    #[test]
    fn pages_of_the_host_are_trusted() {
        let party = RelyingParty::of("example.org");
        for (origin, expected) in [
            ("https://example.org", true),
            ("https://example.org:8443", true),
            ("https://kitsu.example.org", true),
            ("http://example.org", false),
            ("https://evilexample.org", false),
            ("https://example.org.evil.net", false),
            ("https://example.org@evil.net", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(party.trusts(origin), expected, "{origin}");
        }
        assert!(RelyingParty::of("localhost:8080").trusts("http://localhost:5000"));
        assert!(!RelyingParty::of("localhost:8080").trusts("https://example.org"));
    }

    #[test]
    fn an_answer_to_something_else_is_none() {
        let party = RelyingParty::of("example.org");
        let said = |kind: &str, challenge: &str, origin: &str, cross: bool| {
            json!({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": cross}).to_string()
        };
        let check = |text: &str| {
            party
                .client_data("webauthn.get", "AAAA", text.as_bytes())
                .map(|hash| hash.len())
        };
        assert_eq!(
            check(&said("webauthn.get", "AAAA", "https://example.org", false)),
            Ok(32)
        );
        assert_eq!(
            check(&said("webauthn.create", "AAAA", "https://example.org", false)),
            Err(KeyProblem::OtherQuestion)
        );
        assert_eq!(
            check(&said("webauthn.get", "AAAB", "https://example.org", false)),
            Err(KeyProblem::OtherQuestion)
        );
        assert_eq!(
            check(&said("webauthn.get", "AAAA", "https://evil.net", false)),
            Err(KeyProblem::OtherOrigin)
        );
        assert_eq!(
            check(&said("webauthn.get", "AAAA", "https://example.org", true)),
            Err(KeyProblem::OtherOrigin)
        );
        assert_eq!(check("nonsense"), Err(KeyProblem::Malformed));
    }

    #[test]
    fn a_cut_or_malformed_registration_gives_no_key() {
        let party = RelyingParty::of("example.org");
        let said = json!({"type": "webauthn.create", "challenge": "AAAA", "origin": "https://example.org"}).to_string();
        let attestation = |data: &[u8]| {
            let mut bytes = Vec::new();
            ciborium::into_writer(
                &Cbor::Map(vec![(Cbor::Text("authData".into()), Cbor::Bytes(data.to_vec()))]),
                &mut bytes,
            )
            .expect("CBOR");
            bytes
        };
        let mut data = Sha256::digest(b"example.org").to_vec();
        data.extend([WITH_KEY | PRESENT, 0, 0, 0, 0]);
        let made = |bytes: &[u8]| party.made("AAAA", said.as_bytes(), bytes);
        assert_eq!(made(b""), Err(KeyProblem::Malformed));
        for end in 0..data.len() {
            assert_eq!(made(&attestation(&data[..end])), Err(KeyProblem::Malformed));
        }
        data.extend([0; 16]);
        data.extend([0, 1, 9]);
        assert_eq!(made(&attestation(&data)), Err(KeyProblem::Malformed));
        data.push(0xa0);
        assert_eq!(made(&attestation(&data)), Err(KeyProblem::Unsupported));
        data[32] = WITH_KEY;
        assert_eq!(made(&attestation(&data)), Err(KeyProblem::Absent));
        data[0] ^= 1;
        assert_eq!(made(&attestation(&data)), Err(KeyProblem::OtherHost));
    }
}

//! A security key in software, with the browser around it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value as Cbor;
use num_bigint::BigUint;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A key, and the page that it is used on.
#[derive(Clone)]
pub struct SecurityKey {
    private: SigningKey,
    id: Vec<u8>,
    /// The page.
    origin: String,
    /// Flags of what the key says: by default that somebody touched it.
    flags: u8,
    /// Number of its uses, on whatever page.
    counter: Arc<AtomicU32>,
}

fn text(bytes: &[u8]) -> Value {
    URL_SAFE_NO_PAD.encode(bytes).into()
}

impl SecurityKey {
    /// A key of its own for each number, which is not 0.
    pub fn new(number: u8) -> Self {
        let private = SigningKey::from_slice(&[number; 32]).expect("a key");
        Self {
            private,
            id: vec![number; 40],
            origin: "http://localhost:8080".into(),
            flags: 0x01,
            counter: Arc::new(AtomicU32::new(0)),
        }
    }

    /// A copy of the key, which counts for itself from now on.
    pub fn copy(&self) -> Self {
        Self {
            counter: Arc::new(AtomicU32::new(self.counter.load(Ordering::SeqCst))),
            ..self.clone()
        }
    }

    /// The same key, which does not count.
    pub fn uncounted(&self) -> Self {
        Self {
            counter: Arc::new(AtomicU32::new(u32::MAX)),
            ..self.clone()
        }
    }

    /// The same key on the page of another origin.
    pub fn at(&self, origin: &str) -> Self {
        Self {
            origin: origin.into(),
            ..self.clone()
        }
    }

    /// The same key, which nobody touches.
    pub fn untouched(&self) -> Self {
        Self {
            flags: 0,
            ..self.clone()
        }
    }

    fn point(&self) -> (Vec<u8>, Vec<u8>) {
        let point = self.private.verifying_key().to_encoded_point(false);
        (point.as_bytes()[1..33].to_vec(), point.as_bytes()[33..].to_vec())
    }

    fn client_data(&self, kind: &str, challenge: &Value) -> Vec<u8> {
        json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }

    fn authenticator_data(&self, host: &Value, more: u8) -> Vec<u8> {
        let mut data = Sha256::digest(host.as_str().expect("a host").as_bytes()).to_vec();
        data.push(self.flags | more);
        let counter = self.counter.load(Ordering::SeqCst).checked_add(1);
        self.counter.store(counter.unwrap_or(u32::MAX), Ordering::SeqCst);
        data.extend(counter.unwrap_or_default().to_be_bytes());
        data
    }

    /// Answer of the browser to options for a new key.
    pub fn make(&self, options: &Value) -> Value {
        let (x, y) = self.point();
        let number = |number: i64| Cbor::Integer(number.into());
        let key = [
            (1, number(2)),
            (3, number(-7)),
            (-1, number(1)),
            (-2, Cbor::Bytes(x)),
            (-3, Cbor::Bytes(y)),
        ];
        let key = Cbor::Map(key.into_iter().map(|(place, part)| (number(place), part)).collect());
        let mut data = self.authenticator_data(&options["rp"]["id"], 0x40);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("a short id").to_be_bytes());
        data.extend(&self.id);
        ciborium::into_writer(&key, &mut data).expect("CBOR");
        let name = |name: &str| Cbor::Text(name.into());
        let parts = vec![
            (name("fmt"), name("none")),
            (name("attStmt"), Cbor::Map(Vec::new())),
            (name("authData"), Cbor::Bytes(data)),
        ];
        let mut attestation = Vec::new();
        ciborium::into_writer(&Cbor::Map(parts), &mut attestation).expect("CBOR");
        let client_data = self.client_data("webauthn.create", &options["challenge"]);
        json!({
            "type": "public-key",
            "id": text(&self.id),
            "rawId": text(&self.id),
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {},
            "response": {"clientDataJSON": text(&client_data), "attestationObject": text(&attestation), "transports": ["usb"]},
        })
    }

    /// Answer of the browser to options for the use of a key.
    pub fn touch(&self, options: &Value) -> Value {
        let client_data = self.client_data("webauthn.get", &options["challenge"]);
        let data = self.authenticator_data(&options["rpId"], 0);
        let signature: Signature = self
            .private
            .sign(&[data.as_slice(), &Sha256::digest(&client_data)].concat());
        json!({
            "type": "public-key",
            "id": text(&self.id),
            "rawId": text(&self.id),
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": text(&client_data),
                "authenticatorData": text(&data),
                "signature": text(signature.to_der().as_bytes()),
                "userHandle": null,
            },
        })
    }

    /// The key as the reference server stores it: bytes are large numbers.
    pub fn as_numbers(&self, name: &str) -> String {
        let number = |bytes: &[u8]| BigUint::from_bytes_be(bytes).to_string();
        let (x, y) = self.point();
        format!(
            r#"{{"device_name": "{name}", "aaguid": 0, "credential_id": {}, "public_key": {{"1": 2, "3": -7, "-1": 1, "-2": {}, "-3": {}}}}}"#,
            number(&self.id),
            number(&x),
            number(&y)
        )
    }
}

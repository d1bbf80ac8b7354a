//! Public keys of security keys, in the form of COSE (RFC 9053): a number for each part, and for each part a number or bytes.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value as Cbor;
use jsonwebtoken::{Algorithm, DecodingKey};
use num_bigint::BigUint;
use p256::ecdsa::signature::Verifier;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// Algorithms that are taken, the best first, by their numbers: ES256, EdDSA, ES384, PS256 and RS256.
pub(super) const ALGORITHMS: [i64; 5] = [ES256, EDDSA, ES384, PS256, RS256];

const ES256: i64 = -7;
const EDDSA: i64 = -8;
const ES384: i64 = -35;
const PS256: i64 = -37;
const RS256: i64 = -257;

/// Kinds of keys: of Edwards curves, of other curves, and of RSA.
const EDWARDS: i64 = 1;
const CURVE: i64 = 2;
const RSA: i64 = 3;

/// Places of the parts.
const KIND: i64 = 1;
const ALGORITHM: i64 = 3;
/// The curve, or the modulus of RSA.
const FIRST: i64 = -1;
/// The point's first coordinate, or the exponent of RSA.
const SECOND: i64 = -2;
const THIRD: i64 = -3;

/// Least and most bytes of a modulus of RSA.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;

#[derive(Clone, Debug, PartialEq, Eq)]
enum KeyPart {
    Number(i64),
    Bytes(Vec<u8>),
}

/// The public half of a security key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey(BTreeMap<i64, KeyPart>);

impl PublicKey {
    /// Reads what an authenticator sends.
    pub(super) fn from_cbor(value: &Cbor) -> Option<Self> {
        let number = |value: &Cbor| value.as_integer().and_then(|number| i64::try_from(number).ok());
        let part = |(place, part): &(Cbor, Cbor)| {
            let part = number(part)
                .map(KeyPart::Number)
                .or_else(|| part.as_bytes().cloned().map(KeyPart::Bytes))?;
            Some((number(place)?, part))
        };
        value.as_map()?.iter().map(part).collect::<Option<_>>().map(Self)
    }

    /// Reads what is stored. Bytes are text there, or one large number, as the reference server writes them.
    pub(super) fn from_stored(parts: &BTreeMap<String, Box<RawValue>>) -> Option<Self> {
        let part = |(place, text): (&String, &RawValue)| {
            let part = text
                .get()
                .parse()
                .map(KeyPart::Number)
                .ok()
                .or_else(|| bytes(text).map(KeyPart::Bytes))?;
            Some((place.parse().ok()?, part))
        };
        parts
            .iter()
            .map(|(place, text)| part((place, text)))
            .collect::<Option<_>>()
            .map(Self)
    }

    /// Stored form of it.
    pub(super) fn to_stored(&self) -> Value {
        let text = |part: &KeyPart| match part {
            KeyPart::Number(number) => json!(number),
            KeyPart::Bytes(bytes) => json!(URL_SAFE_NO_PAD.encode(bytes)),
        };
        self.0
            .iter()
            .map(|(place, part)| (place.to_string(), text(part)))
            .collect::<Map<_, _>>()
            .into()
    }

    fn number(&self, place: i64) -> Option<i64> {
        match self.0.get(&place)? {
            KeyPart::Number(number) => Some(*number),
            KeyPart::Bytes(_) => None,
        }
    }

    /// Bytes, of which zeros in front may have been lost.
    fn bytes(&self, place: i64) -> Option<Vec<u8>> {
        match self.0.get(&place)? {
            KeyPart::Number(number) => u64::try_from(*number)
                .ok()
                .map(|number| BigUint::from(number).to_bytes_be()),
            KeyPart::Bytes(bytes) => Some(bytes.clone()),
        }
    }

    /// Bytes of a fixed length.
    fn exactly(&self, place: i64, length: usize) -> Option<Vec<u8>> {
        let bytes = self.bytes(place)?;
        let missing = length.checked_sub(bytes.len())?;
        Some([vec![0; missing], bytes].concat())
    }

    /// A point of a curve as SEC 1 writes it.
    fn point(&self, curve: i64, length: usize) -> Option<Vec<u8>> {
        if self.number(FIRST) != Some(curve) {
            return None;
        }
        Some([vec![4], self.exactly(SECOND, length)?, self.exactly(THIRD, length)?].concat())
    }

    /// The key ready for use, when it is one of those that are taken.
    fn ready(&self) -> Option<Ready> {
        match (self.number(KIND)?, self.number(ALGORITHM)?) {
            (CURVE, ES256) => p256::ecdsa::VerifyingKey::from_sec1_bytes(&self.point(1, 32)?)
                .ok()
                .map(Ready::P256),
            (CURVE, ES384) => p384::ecdsa::VerifyingKey::from_sec1_bytes(&self.point(2, 48)?)
                .ok()
                .map(Ready::P384),
            (EDWARDS, EDDSA) if self.number(FIRST) == Some(6) => Some(Ready::Other(
                DecodingKey::from_ed_der(&self.exactly(SECOND, 32)?),
                Algorithm::EdDSA,
            )),
            (RSA, algorithm @ (RS256 | PS256)) => {
                let modulus = self.bytes(FIRST).filter(|modulus| MODULUS.contains(&modulus.len()))?;
                let key = DecodingKey::from_rsa_raw_components(&modulus, &self.bytes(SECOND)?);
                Some(Ready::Other(
                    key,
                    if algorithm == RS256 {
                        Algorithm::RS256
                    } else {
                        Algorithm::PS256
                    },
                ))
            }
            _ => None,
        }
    }

    /// True if signatures of it can be checked.
    pub(super) fn is_supported(&self) -> bool {
        self.ready().is_some()
    }

    /// True if a signature of a message was made with the other half.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self.ready() {
            Some(Ready::P256(key)) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Some(Ready::P384(key)) => p384::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Some(Ready::Other(key, algorithm)) => {
                jsonwebtoken::crypto::verify(&URL_SAFE_NO_PAD.encode(signature), message, &key, algorithm)
                    .unwrap_or_default()
            }
            None => false,
        }
    }
}

enum Ready {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    Other(DecodingKey, Algorithm),
}

/// Bytes that are stored as text, or as one large number.
pub(super) fn bytes(stored: &RawValue) -> Option<Vec<u8>> {
    let text = stored.get();
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(text) => URL_SAFE_NO_PAD.decode(text).ok(),
        None => BigUint::parse_bytes(text.as_bytes(), 10).map(|number| number.to_bytes_be()),
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Signer;
    use p256::ecdsa::{Signature, SigningKey};

    use super::*;

    fn pair() -> (SigningKey, PublicKey) {
        let private = SigningKey::from_slice(&[7; 32]).expect("a key");
        let point = private.verifying_key().to_encoded_point(false);
        let bytes = |bytes: &[u8]| Cbor::Bytes(bytes.to_vec());
        let point = point.as_bytes();
        let number = |number: i64| Cbor::Integer(number.into());
        let parts = vec![
            (number(1), number(2)),
            (number(3), number(-7)),
            (number(-1), number(1)),
            (number(-2), bytes(&point[1..33])),
            (number(-3), bytes(&point[33..])),
        ];
        (private, PublicKey::from_cbor(&Cbor::Map(parts)).expect("a key"))
    }

    fn stored(text: &str) -> PublicKey {
        PublicKey::from_stored(&serde_json::from_str(text).expect("JSON")).expect("a key")
    }

    #[test]
    fn signatures_are_those_of_the_key_alone() {
        let (private, public) = pair();
        let signature: Signature = private.sign(b"a message");
        let signature = signature.to_der();
        assert!(public.is_supported() && public.verifies(b"a message", signature.as_bytes()));
        assert!(!public.verifies(b"another", signature.as_bytes()));
        assert!(!public.verifies(b"a message", b"") && !public.verifies(b"a message", &[0; 64]));
        assert_eq!(stored(&public.to_stored().to_string()), public);
    }

    #[test]
    fn keys_of_the_reference_are_numbers() {
        let (private, public) = pair();
        let number = |place| BigUint::from_bytes_be(&public.bytes(place).expect("bytes")).to_string();
        let key = stored(&format!(
            r#"{{"1": 2, "3": -7, "-1": 1, "-2": {}, "-3": {}}}"#,
            number(SECOND),
            number(THIRD)
        ));
        let signature: Signature = private.sign(b"a message");
        assert!(key.verifies(b"a message", signature.to_der().as_bytes()));
        assert_eq!(stored(r#"{"-2": 1}"#).exactly(SECOND, 3), Some(vec![0, 0, 1]));
    }

    #[test]
    fn keys_of_other_algorithms_are_refused() {
        for text in [
            "{}",
            r#"{"1": 2, "3": -7, "-1": 2, "-2": "AA", "-3": "AA"}"#,
            r#"{"1": 2, "3": -7, "-1": 1, "-2": "AA", "-3": "AA"}"#,
            r#"{"1": 4, "3": 5, "-1": "AAAA"}"#,
            r#"{"1": 3, "3": -257, "-1": "AAAA", "-2": 65537}"#,
        ] {
            assert!(
                !stored(text).is_supported() && !stored(text).verifies(b"", b""),
                "{text}"
            );
        }
    }
}

//! Tags of answers: which tables they are made of, and a digest of all that they depend on.

use std::fmt::Write;

use dailies_definitions::access::Role;
use dailies_definitions::call::ConditionalRequest;
use poem::http::HeaderValue;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::database::Tables;

/// Hexadecimal digits of the tables in a tag, and bytes of the digest behind them: 64 digits, as in the tags that clients know.
const TABLES_DIGITS: usize = 24;
const DIGEST_BYTES: usize = 20;
/// Tags of one request that are looked at.
const MOST_TAGS: usize = 10;

/// Digest of a request and of its sender: of everything besides rows that an answer depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of a request, where all answers depend on this environment: the release, and settings.
    pub(super) fn of(environment: &str, asked: &ConditionalRequest) -> Self {
        // All that this server knows of the person counts, since it may have read it a moment ago.
        let who = format!("{:?}\n{:?}", asked.caller.person, asked.caller.token.identity);
        let mut digest = Sha256::new();
        for part in [environment, asked.operation, &asked.address, &who] {
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        }
        Self(digest.finalize().into())
    }
}

/// Subject of an answer, once the access rule let its request in.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    pub(super) key: Key,
    /// The production whose rows are shown, besides those that every production shares; none for those of all.
    pub(super) production: Option<Uuid>,
}

impl Subject {
    /// The subject of a request with this key, by somebody in this role.
    pub(super) fn new(key: Key, role: Option<Role>, production: Option<Uuid>) -> Self {
        let mut digest = Sha256::new();
        digest.update(key.0);
        digest.update(format!("{role:?}"));
        Self {
            key: Key(digest.finalize().into()),
            production,
        }
    }
}

/// Tag of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The tables that the answer is made of.
    pub(super) tables: Tables,
    digest: [u8; DIGEST_BYTES],
}

impl Tag {
    /// The tag of an answer with this key, which is made of tables with these marks.
    pub(super) fn of(key: &Key, tables: Tables, marks: &[u8]) -> Self {
        let mut digest = Sha256::new();
        digest.update(key.0);
        digest.update(tables.to_le_bytes());
        digest.update(marks);
        let whole: [u8; 32] = digest.finalize().into();
        let mut digest = [0; DIGEST_BYTES];
        digest.copy_from_slice(&whole[..DIGEST_BYTES]);
        Self { tables, digest }
    }

    /// As a header says it.
    pub(super) fn header(&self) -> HeaderValue {
        let mut text = format!("\"{:0width$x}", self.tables, width = TABLES_DIGITS);
        for byte in self.digest {
            let _ = write!(text, "{byte:02x}");
        }
        text.push('"');
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
    }

    fn read(text: &str) -> Option<Self> {
        let text = text
            .strip_prefix("W/")
            .unwrap_or(text)
            .strip_prefix('"')?
            .strip_suffix('"')?;
        if text.len() != TABLES_DIGITS + 2 * DIGEST_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let (tables, rest) = text.split_at(TABLES_DIGITS);
        let mut digest = [0; DIGEST_BYTES];
        for (at, byte) in digest.iter_mut().enumerate() {
            *byte = u8::from_str_radix(rest.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self {
            tables: Tables::from_str_radix(tables, 16).ok()?,
            digest,
        })
    }
}

/// The tags that a client has, weak or strong. `*` is none: it asks for no certain answer.
pub(super) fn sent(none_match: &[String]) -> Vec<Tag> {
    none_match
        .iter()
        .flat_map(|value| value.split(','))
        .filter_map(|text| Tag::read(text.trim()))
        .take(MOST_TAGS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_as_they_are_written() {
        let tag = Tag::of(&Key([7; 32]), (1 << 70) | 5, b"0:12;2:99;");
        let text = tag.header().to_str().expect("ASCII").to_owned();
        assert_eq!(text.len(), 66);
        assert_eq!(sent(std::slice::from_ref(&text)), [tag]);
        assert_eq!(sent(&[format!("\"old\", W/{text}"), "*".into()]), [tag]);
        assert!(
            sent(&[
                text.replace('"', ""),
                "W/\"\"".into(),
                format!("\"{}\"", "é".repeat(32))
            ])
            .is_empty()
        );
    }

    #[test]
    fn tags_differ_with_everything_that_counts() {
        let key = Key([7; 32]);
        let tag = Tag::of(&key, 5, b"0:12;2:99;");
        assert_ne!(tag, Tag::of(&Key([8; 32]), 5, b"0:12;2:99;"));
        assert_ne!(tag, Tag::of(&key, 7, b"0:12;2:99;"));
        assert_ne!(tag, Tag::of(&key, 5, b"0:12;2:98;"));
        let roles = [None, Some(Role::Manager), Some(Role::Vendor)];
        let keys: Vec<Key> = roles
            .into_iter()
            .map(|role| Subject::new(key, role, None).key)
            .collect();
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
    }
}

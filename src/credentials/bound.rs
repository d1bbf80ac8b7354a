//! The end of the sessions of a person, before their tokens end.

use super::tokens::Claims;

/// The moment before which sessions of a person ended, and the session that goes on all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// In microseconds since 1970.
    pub moment: i64,
    /// Identifier of a token of the session that goes on.
    pub kept: Option<String>,
}

impl Bound {
    /// The text that the store keeps.
    #[must_use]
    pub fn write(&self) -> String {
        format!("{} {}", self.moment, self.kept.as_deref().unwrap_or_default())
    }

    /// Bound of a stored text. One that can't be read ended everything up to now.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let (moment, kept) = text.split_once(' ').unwrap_or((text, ""));
        Self {
            moment: moment.parse().unwrap_or(i64::MAX),
            kept: (!kept.is_empty()).then(|| kept.to_owned()),
        }
    }

    /// True if a token is from before the moment, and of no session that goes on.
    #[must_use]
    pub fn ends(&self, claims: &Claims) -> bool {
        let kept = self.kept.is_some() && (self.kept == claims.jti || self.kept == claims.refresh_jti);
        claims.issued_at < self.moment && !kept
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::credentials::tokens::{Duty, TokenKind};

    fn claims(issued_at: i64, jti: &str, refresh_jti: Option<&str>) -> Claims {
        Claims {
            sub: Uuid::nil().to_string(),
            jti: Some(jti.into()),
            kind: TokenKind::Access,
            identity: None,
            refresh_jti: refresh_jti.map(str::to_owned),
            duty: Duty::None,
            issued_at,
            exp: None,
        }
    }

    #[test]
    fn a_bound_survives_the_store() {
        for bound in [
            Bound { moment: 5, kept: None },
            Bound {
                moment: 7,
                kept: Some("one".into()),
            },
        ] {
            assert_eq!(Bound::read(&bound.write()), bound);
        }
        assert!(Bound::read("nonsense").ends(&claims(1, "a", None)));
    }

    #[test]
    fn only_the_kept_session_outlives_the_bound() {
        let bound = Bound {
            moment: 10,
            kept: Some("kept".into()),
        };
        assert!(bound.ends(&claims(9, "a", Some("other"))));
        assert!(bound.ends(&claims(9, "a", None)));
        assert!(!bound.ends(&claims(9, "a", Some("kept"))));
        assert!(!bound.ends(&claims(9, "kept", None)));
        assert!(!bound.ends(&claims(10, "a", Some("other"))));
        assert!(Bound { moment: 10, kept: None }.ends(&claims(9, "a", None)));
    }
}

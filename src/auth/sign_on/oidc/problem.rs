//! Problems between this server and the provider.

use dailies_definitions::failure::Failure;
use openidconnect::ClaimsVerificationError;

use super::super::refused;
use crate::background::with_causes;

/// Problem between this server and the provider.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error("the provider does not answer: {}", with_causes(.0))]
    Request(#[from] reqwest::Error),
    #[error("the provider answers more than is reasonable")]
    TooLong,
    #[error("the provider answers {0}")]
    Status(reqwest::StatusCode),
    #[error("the provider's answer can't be read: {0}")]
    Answer(#[from] serde_json::Error),
    #[error("the provider calls itself {0}, which is not where it is found")]
    Issuer(String),
    #[error("an address is none: {0}")]
    Address(#[from] url::ParseError),
    #[error("{0}")]
    Exchange(String),
    #[error("the token is not good: {0}")]
    Token(#[from] ClaimsVerificationError),
    #[error("{0}")]
    Other(&'static str),
}

impl Problem {
    /// Answer to the client, who is told no more than that there was a problem. The log has it.
    pub(super) fn refuse(self) -> Failure {
        tracing::warn!(
            error = &self as &dyn std::error::Error,
            "somebody could not sign in with OpenID Connect"
        );
        refused("OIDC authentication failed.")
    }
}

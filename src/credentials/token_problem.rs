//! Faults of tokens that are refused, and their answers.

use dailies_definitions::failure::Failure;
use jsonwebtoken::errors::{Error, ErrorKind};
use poem::http::StatusCode;

/// Reason why a token is refused before anybody asks who it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenProblem {
    /// Fewer than the three parts that a token has.
    #[error("Not enough segments")]
    Segments,
    /// The first part is not what it should be.
    #[error("Invalid header padding")]
    Header,
    /// The second or third part is not what it should be.
    #[error("Invalid payload padding")]
    Payload,
    #[error("Signature verification failed")]
    Signature,
    #[error("The specified alg value is not allowed")]
    Algorithm,
    #[error("Missing claim: sub")]
    NoSubject,
    #[error("The token is not yet valid (nbf)")]
    TooEarly,
    #[error("Signature has expired")]
    Expired,
}

impl TokenProblem {
    /// Answer to the client. An expired token is told apart, since clients renew their token on exactly that answer.
    #[must_use]
    pub fn failure(&self) -> Failure {
        match self {
            Self::Expired => Failure::plain(StatusCode::UNAUTHORIZED, self.to_string()),
            _ => Failure::token(StatusCode::UNPROCESSABLE_ENTITY, &self.to_string()),
        }
    }
}

/// Fault of a token that the library refused.
pub(super) fn find_problem(token: &str, error: &Error) -> TokenProblem {
    match error.kind() {
        ErrorKind::ExpiredSignature => TokenProblem::Expired,
        ErrorKind::ImmatureSignature => TokenProblem::TooEarly,
        ErrorKind::InvalidSignature => TokenProblem::Signature,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName | ErrorKind::UnsupportedAlgorithm => {
            TokenProblem::Algorithm
        }
        _ if token.bytes().filter(|byte| *byte == b'.').count() < 2 => TokenProblem::Segments,
        _ => match jsonwebtoken::decode_header(token).map_err(Error::into_kind) {
            Ok(_) => TokenProblem::Payload,
            // JSON without fault that is no header of the library: its algorithm is none of those known.
            Err(ErrorKind::Json(error)) if error.is_data() => TokenProblem::Algorithm,
            Err(_) => TokenProblem::Header,
        },
    }
}

//! Facts of operations that count before a handler is asked: limits, and rights of a call.

use std::collections::HashMap;
use std::sync::LazyLock;

use poem::http::Method;

pub use operations::{GUEST_FILES, MOST_RECORDS};

mod operations {
    include!(concat!(env!("OUT_DIR"), "/facts.rs"));
}

/// Facts of one operation. The router puts them into the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationFacts {
    /// The `operationId`; empty for a route that the contract does not have.
    pub operation: &'static str,
    /// Most bytes of the body, files aside; 0 for an operation without a body.
    pub body_limit: u64,
    /// True when the body may be a form with files.
    pub takes_files: bool,
    /// True when only those who are signed in may call.
    pub needs_token: bool,
    /// True when a call can change something, by any method.
    pub changes: bool,
}

impl Default for OperationFacts {
    /// Facts of a route that the contract does not have.
    fn default() -> Self {
        Self {
            operation: "",
            body_limit: operations::BODY,
            takes_files: false,
            needs_token: false,
            changes: false,
        }
    }
}

impl OperationFacts {
    /// Facts of the operation with this method at this path of the contract.
    #[must_use]
    pub fn of(method: &Method, path: &str) -> Option<Self> {
        static FACTS: LazyLock<HashMap<(&str, &str), OperationFacts>> = LazyLock::new(|| {
            operations::OPERATIONS
                .iter()
                .map(|(method, path, facts)| ((*path, *method), *facts))
                .collect()
        });
        FACTS.get(&(path, method.as_str())).copied()
    }

    /// Bytes of a body that may be held in memory, files aside.
    pub(crate) fn memory(self) -> usize {
        usize::try_from(self.body_limit).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_found_by_method_and_path() {
        let sign_in = OperationFacts::of(&Method::POST, "/auth/login").expect("an operation");
        assert_eq!(
            sign_in,
            OperationFacts {
                operation: "sign_in",
                body_limit: 64_000,
                takes_files: false,
                needs_token: false,
                changes: true
            }
        );
        let invite = OperationFacts::of(&Method::GET, "/actions/persons/{person_id}/invite").expect("an operation");
        let facts = OperationFacts {
            operation: "invite_person",
            body_limit: 0,
            takes_files: false,
            needs_token: true,
            changes: true,
        };
        assert_eq!(invite, facts);
        let upload = OperationFacts::of(&Method::POST, "/pictures/preview-files/{instance_id}").expect("an operation");
        assert!(upload.takes_files && upload.needs_token);
        assert_eq!(OperationFacts::of(&Method::GET, "/auth/login"), None);
    }
}

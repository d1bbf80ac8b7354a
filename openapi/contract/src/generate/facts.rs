//! Writes what the server has to know of an operation before it asks a handler.

use std::fmt::Write;

use crate::Contract;
use crate::limits::{BODY, GUEST_FILES, RECORDS};

pub(super) fn file(contract: &Contract) -> String {
    let mut text = String::from("use crate::facts::OperationFacts;\n\n");
    let _ = writeln!(
        text,
        "/// Most bytes of a body, unless the operation says more.\npub(crate) const BODY: u64 = {BODY};\n"
    );
    let _ = writeln!(
        text,
        "/// Most bytes of a form with files from somebody who is not signed in.\npub const GUEST_FILES: u64 = {GUEST_FILES};\n"
    );
    let _ = writeln!(
        text,
        "/// Most records of one answer that is cut into pages.\npub const MOST_RECORDS: i64 = {RECORDS};\n"
    );
    text.push_str("/// Method, path and facts of every operation.\npub(crate) const OPERATIONS: &[(&str, &str, OperationFacts)] = &[\n");
    for operation in &contract.operations {
        let (body_limit, takes_files) = operation
            .body
            .as_ref()
            .map_or((0, false), |body| (body.limit, body.brings_files()));
        let _ = writeln!(
            text,
            "    ({:?}, {:?}, OperationFacts {{ operation: {:?}, body_limit: {body_limit}, takes_files: {takes_files}, \
             needs_token: {}, changes: {} }}),",
            operation.method,
            operation.path,
            operation.id,
            contract.access.find(&operation.rule).is_some_and(|rule| !rule.open),
            operation.changes,
        );
    }
    text.push_str("];\n");
    text
}

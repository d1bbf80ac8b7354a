//! The contract of Dailies as a library: reads the hand-written files of `openapi/spec`, completes their shorthands
//! into one OpenAPI 3.0.3 document, checks it, and writes the Rust definitions that the server is built on.

mod access;
mod addresses;
mod alias;
pub mod bodies;
mod check;
mod complete;
mod conditional;
mod crud;
mod forms;
pub mod generate;
pub mod limits;
mod model;
mod source;

use std::path::Path;

use serde_json::Value;

pub use access::{AccessRule, AccessRules, RecordRule};
pub use conditional::Conditional;
pub use model::{Body, CrudVerb, Operation, Parameter, Place, Response};

/// Faults of the files of the contract.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// A file can't be read or is not YAML.
    #[error("{file}: {reason}")]
    File { file: String, reason: String },
    /// The files can be read, and say something that the contract does not allow. One sentence each.
    #[error("the contract has {} problem(s):\n  {}", .0.len(), .0.join("\n  "))]
    Rules(Vec<String>),
}

/// The completed contract.
#[derive(Debug)]
pub struct Contract {
    /// The whole document, OpenAPI 3.0.3, with extension keys such as `x-access`, `x-crud` and `x-filter` on its operations.
    pub document: Value,
    /// Every operation, in the order of the document.
    pub operations: Vec<Operation>,
    /// The access rules that operations may name.
    pub access: AccessRules,
}

impl Contract {
    /// Reads the folder `openapi/spec` and completes what it finds.
    ///
    /// # Errors
    /// A file that can't be read, or the list of everything that breaks the rules of the contract.
    pub fn read(folder: &Path) -> Result<Self, ContractError> {
        let source = source::Source::read(folder)?;
        let access = AccessRules::from_value(&source.access)?;
        let document = complete::document(&source, &access)?;
        let operations = model::operations(&document)?;
        let mut problems = check::problems(&document, &operations);
        problems.extend(access.unnamed(&operations));
        if problems.is_empty() {
            Ok(Self {
                document,
                operations,
                access,
            })
        } else {
            Err(ContractError::Rules(problems))
        }
    }
}

//! `openapi`: prints the contract. JSON has a line for each value, so that two versions can be compared.

use clap::ValueEnum;
use serde_json::Value;

use super::{CommandResult, print_out};
use crate::web::docs::{self, Edition};

/// Forms of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// OpenAPI 3.0.3 as JSON.
    Json,
    /// OpenAPI 3.0.3 as YAML.
    Yaml,
    /// OpenAPI 3.1 as JSON.
    #[value(name = "json-3.1")]
    Json31,
}

pub(super) fn print(format: Format) -> CommandResult {
    let edition = match format {
        Format::Json => Edition::Json,
        Format::Yaml => Edition::Yaml,
        Format::Json31 => Edition::Json31,
    };
    let document = docs::document(edition)?;
    match format {
        Format::Yaml => print_out(&document),
        Format::Json | Format::Json31 => {
            let document: Value = serde_json::from_slice(&document)?;
            print_out(format!("{document:#}\n").as_bytes())
        }
    }
}

//! `openapi`: prints the contract.

use std::io::{self, Write};

use clap::ValueEnum;

use super::CommandResult;
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
    io::stdout().write_all(&docs::document(edition)?)?;
    Ok(())
}

//! Things that all productions of the studio share.

pub mod collections;
mod department_links;
mod handlers;
mod organisation;
pub mod seed;
mod task_types;

pub use handlers::StudioHandlers;
pub use organisation::{organisation, organisation_row, send_letter};

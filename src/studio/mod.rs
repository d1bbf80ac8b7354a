//! What every production of the studio shares.

mod organisation;
pub mod seed;

pub use organisation::{organisation, organisation_row};

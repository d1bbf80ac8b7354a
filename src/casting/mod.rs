//! Casting, also called the breakdown: which assets appear in which shots, episodes and assets.

mod handlers;
mod reading;
pub mod readiness;
mod writing;

pub use handlers::CastingHandlers;

//! Casting, also called the breakdown: which assets appear in which shots, episodes and assets.

pub mod counts;
mod handlers;
pub mod readiness;
mod reading;
mod writing;

pub use handlers::CastingHandlers;

//! Casting, also called the breakdown: which assets appear in which shots, episodes and assets.

pub mod collections;
mod handlers;
mod links;
mod reading;
mod spreading;
mod writing;

pub use handlers::CastingHandlers;

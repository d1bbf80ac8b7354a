//! The CRUD operations, written once for every collection. A file of `resources/` says what is special to one.
//!
//! # Adding a plain collection
//! 1. Describe it in `openapi/spec/resources/<collection>.yaml`; the build then asks for its arm in [`resources::resource`].
//! 2. Write `resources/<collection>.rs` with a unit struct that implements [`Resource`]: its table and the name of its
//!    type are enough; the access rules come from the contract.
//! 3. Name it in `resources/mod.rs`.
//!
//! What differs from the pattern is overridden: relations, who sees which rows, checks before and effects after a write.

mod coerce;
mod engine;
mod explain;
mod filter;
mod resource;
mod resources;
mod select;
mod write;

pub use coerce::{coerce, invalid_format};
pub use engine::Engine;
pub use explain::explain;
pub use filter::{add_column, invalid_id};
pub use resource::{Extra, Record, Relation, Resource, Shape};
pub use select::record;

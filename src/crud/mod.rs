//! The CRUD operations, written once for every collection. A file of `resources/` says what is special to one.
//! `README.md` tells how to add one.

mod coerce;
mod engine;
mod explain;
mod filter;
mod resource;
mod resources;
mod select;
mod write;

pub use coerce::{coerce, invalid_format, missing, require_frame_rate, wrong_format};
pub use engine::Engine;
pub use explain::explain;
pub use filter::{add_column, invalid_id};
pub use resource::{Extra, Nested, Record, Relation, Resource, Shape};
pub use select::record;
pub use write::{blank_name, ids, require_known};

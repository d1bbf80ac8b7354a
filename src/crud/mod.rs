//! The CRUD operations, written once for every collection. What is special to a collection lies in the room of its
//! capability, and `collections.rs` lists them all. `README.md` tells how to add one.

mod coerce;
mod engine;
mod filter;
mod plain;
mod resource;
pub mod rules;
mod select;
mod write;

pub use coerce::{coerce, missing, require_frame_rate, wrong_format};
pub use engine::Engine;
pub use filter::{add_column, invalid_id};
pub use plain::Plain;
pub use resource::{Changes, Extra, Nested, Record, Relation, Resource, Shape, only_admin};
pub use select::{record, rows};
pub use write::{blank_name, differing, ids, require_known};

//! The CRUD operations, written once for every collection. What is special to a collection lies in the room of its
//! capability, and `collections.rs` lists them all. `README.md` tells how to add one.

mod coerce;
mod engine;
mod filter;
mod lists;
mod plain;
mod records;
mod resource;
pub mod rules;
mod select;
mod shape;
mod write;

pub use coerce::{coerce, missing, require_frame_rate, wrong_format};
pub use engine::Engine;
pub use filter::{add_column, invalid_id};
pub use plain::Plain;
pub use records::{AskedUpdate, Changes, Record, WrittenRecord};
pub use resource::Resource;
pub use select::{record, rows};
pub use shape::{Extra, Nested, Relation, Shape};
pub use write::{blank_name, differing, given_by_server, ids, require_known};

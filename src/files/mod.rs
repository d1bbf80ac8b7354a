//! Working files, output files, and where the file tree of a production keeps them.

mod by_id;
mod claims;
pub mod collections;
mod content;
mod defaults;
mod guess;
mod handlers;
mod legacy;
mod names;
mod output_listings;
mod outputs;
mod owner;
mod paths;
mod revisions;
mod trees;
mod working;
mod working_listings;

pub use handlers::FilesHandlers;

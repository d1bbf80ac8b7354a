//! Data from other programs, many records in one call: rows of another instance of this API, with their ids, and
//! records of ShotGrid, by their numbers. Both can come as often as they like. What is special to a collection or a
//! kind of records is said in one place ([`kitsu`], [`shotgrid`]); how rows and links are stored is the same for all
//! ([`batch`], [`links`]).

mod batch;
mod data;
mod handlers;
mod kitsu;
mod links;
mod shotgrid;

pub use handlers::SourcesHandlers;
pub use kitsu::{ForeignRow, Source, import};

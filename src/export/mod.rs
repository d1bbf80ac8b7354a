//! Tables for spreadsheets: persons, productions and tasks of the studio, and the assets, shots, edits, castings and
//! playlists of a production.

mod casting;
pub mod cells;
mod entities;
mod handlers;
mod layouts;
mod playlists;
mod studio;
mod table;

pub use entities::ASSIGNATIONS;
pub use handlers::ExportsHandlers;
pub use layouts::headings;

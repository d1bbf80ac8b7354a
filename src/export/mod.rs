//! Tables for spreadsheets: persons, productions and tasks of the studio, and the assets, shots, edits and castings of a
//! production.

mod casting;
pub mod cells;
mod entities;
mod handlers;
mod studio;
mod table;

pub use handlers::ExportsHandlers;

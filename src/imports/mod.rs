//! Tables that people send: persons, and the assets, shots, edits, castings and estimations of a production; and timelines,
//! whose clips are shots. Each is read as a whole before anything is changed, and imported in one transaction, so that
//! nothing is ever half imported.

mod accounts;
mod assets;
mod built_in;
mod casting;
mod casting_targets;
mod decoding;
mod edits;
mod entities;
mod estimations;
mod handlers;
mod import;
mod metadata;
mod names;
mod people;
mod person_cells;
mod persons;
mod problem;
mod production;
mod sheet;
mod shots;
mod task_columns;
mod timelines;
mod values;

pub use handlers::ImportsHandlers;

//! Tasks: what there is to do on each entity, who does it, how far it is, and the time it takes.

mod assignees;
pub mod assignment;
mod burndown;
pub mod collections;
pub mod creation;
mod dates;
mod editing;
mod full;
mod handlers;
mod listing;
mod main_preview;
mod open_tasks;
pub mod own_todo;
pub mod pipeline;
pub mod presence;
pub mod progress;
pub mod recompute;
pub mod removal;
mod review;
pub mod rows;
mod selection;
pub mod statuses;
mod time_spent;
pub mod to_check;
pub mod todo;

pub use handlers::TasksHandlers;

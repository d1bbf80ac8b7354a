//! Schedules: milestones, bars, and versions of a schedule in which plans are tried out.

mod bars;
pub mod collections;
mod handlers;
mod milestones;
mod versions;

pub use handlers::SchedulesHandlers;

//! Quotas: how many frames, drawings and shots people get done, by day, week, month and year.
//!
//! A task of a shot counts from its reference day on: that of its first feedback request, or that of its being done
//! ([`CountMode`]). It counts as a whole on that day, or bit by bit on the days of its work.
//! - [`of_project`] tallies a production, by person or by task type.
//! - [`shots::shots`] lists the shots behind what one person did in one period, each with its weight.

mod calendar;
mod handlers;
mod mode;
mod project;
pub mod shots;
mod tally;

pub use handlers::QuotasHandlers;
pub use mode::CountMode;
pub use project::{ProjectQuotas, of_project};

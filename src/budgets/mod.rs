//! Budgets: what a production is planned to cost, and the time that is held against it.

mod budget;
pub mod collections;
mod entries;
mod handlers;
mod time;

pub use handlers::BudgetsHandlers;

//! The persons of the studio.

pub mod accounts;
pub mod checks;
mod day_offs;
mod handlers;
mod period;
pub mod presence;
mod profile;
mod quotas;
pub mod removal;
mod rows;
mod time_spent;
mod time_tables;

pub use handlers::PeopleHandlers;
pub use rows::{NO_SALARY, PersonRowOptions, SALARY, person_row, whole_record};

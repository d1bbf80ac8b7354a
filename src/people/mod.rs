//! The persons of the studio.

pub mod accounts;
pub mod checks;
pub mod colleagues;
pub mod collections;
mod day_offs;
pub mod directory_sync;
mod handlers;
pub mod own_avatar;
pub mod own_time;
pub mod presence;
mod profile;
pub mod removal;
mod time_spent;
mod time_tables;

pub use handlers::PeopleHandlers;

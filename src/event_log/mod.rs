//! The log of events and sign-ins, as it is read.

pub mod collections;
mod handlers;
mod reading;

pub use handlers::EventsHandlers;

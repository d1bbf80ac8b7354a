//! State of the server: what runs here, how it is doing, and how it is set up.

mod configuration;
mod handlers;
mod machine;
mod parts;
mod probes;

pub use handlers::StatusHandlers;

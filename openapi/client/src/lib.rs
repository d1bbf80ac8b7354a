//! Typed client of a Dailies server: one method for each operation of the contract, named by its `operationId`.
//!
//! Made by progenitor at build time. What the contract says beyond what progenitor can express is narrowed first, see
//! `build.rs`: lists are whole lists, errors are one type, and operations that take nothing but forms with files are left out.
//! Written by hand are the tokens of a session, retries, the upload of previews, and the stream of events.

mod events;
mod previews;
mod retries;
mod session;

pub use dailies_events::{Event, Problem};
pub use events::Events;
pub use session::Session;

include!(concat!(env!("OUT_DIR"), "/client.rs"));

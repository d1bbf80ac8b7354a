//! What happens on the server, in order: a change and the events that tell of it are stored together, and announced
//! once they are.

pub mod bus;
mod handlers;
mod reading;
mod work;

pub use handlers::EventsHandlers;
pub use work::{Event, Work, payload, transact};

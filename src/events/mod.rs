//! Events of the server, in order: a change and the events that tell of it are stored together, and announced once they
//! are.

mod work;

pub use work::{Payload, Work, payload, transact};

//! Events of the server, in order: a change and the events that tell of it are stored together, and announced once they
//! are.

mod comments;
mod event;
mod work;

pub use comments::ToldComment;
pub use event::{Payload, payload};
pub use work::{Work, transact};

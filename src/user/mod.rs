//! The person who is signed in: where a client starts, whom and what they follow, and the way to what is theirs in other
//! rooms: todo lists, time, saved searches, notifications.

mod context;
mod handlers;
mod subscriptions;

pub use handlers::UserHandlers;

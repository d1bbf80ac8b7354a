//! What belongs to the person who is signed in: where a client starts, todo lists, time, saved searches, notifications and
//! subscriptions.

mod avatar;
mod context;
mod filter_groups;
mod filters;
mod handlers;
mod notifications;
mod persons;
mod saved_searches;
mod subscriptions;
mod time;
mod todo;
mod work;

pub use handlers::UserHandlers;

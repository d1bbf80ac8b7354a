//! Conversations about entities: who takes part, and what they write.

mod conversation;
mod handlers;
mod messages;
mod mine;

pub use handlers::ChatsHandlers;

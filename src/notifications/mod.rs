//! What persons and teams are told of: notifications of persons, the news of productions, and who follows which tasks.

mod delivery;
pub mod feed;
pub mod listing;
pub mod news;
pub mod notices;
pub mod recipients;
mod story;
pub mod subscriptions;

pub use delivery::{NotificationEmail, NotificationMessage};

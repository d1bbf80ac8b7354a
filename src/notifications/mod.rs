//! Notices to persons and teams: notifications of persons, the news of productions, and who follows which tasks.

pub mod collections;
mod delivery;
pub mod feed;
pub mod inbox;
pub mod listing;
pub mod news;
pub mod notices;
pub mod recipients;
pub mod subscriptions;
mod task_message;
mod wishes;

pub use delivery::{NotificationEmail, NotificationMessage};

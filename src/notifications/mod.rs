//! What persons and teams are told of: notifications of persons, the news of productions, and who follows which tasks.

pub mod feed;
pub mod listing;
pub mod news;
pub mod notices;
pub mod recipients;
pub mod subscriptions;

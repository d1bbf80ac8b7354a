//! Comments on tasks: writing and reading them, with replies, mentions, attached files and all that follows from them.

pub mod attachments;
pub mod authors;
pub mod automations;
mod board;
mod carrying;
pub mod collections;
mod drafts;
pub mod editing;
mod files;
mod handlers;
mod listing;
pub mod mentions;
mod moving;
mod posting;
pub mod reading;
pub mod removal;
mod replies;
mod rows;
mod writing;

pub use carrying::CarriedFiles;
pub use handlers::CommentsHandlers;

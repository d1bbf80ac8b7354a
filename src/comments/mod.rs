//! Comments on tasks: writing and reading them, with replies, mentions, attached files and all that follows from them.

pub mod attachments;
pub mod authors;
pub mod automations;
pub mod bulk;
mod carrying;
pub mod collections;
pub mod drafts;
pub mod editing;
pub mod files;
mod handlers;
mod listing;
pub mod mentions;
mod moving;
pub mod posting;
mod posting_context;
pub mod reading;
pub mod removal;
mod replies;
mod reposting;
pub mod rows;
pub mod writing;

pub use carrying::CarriedFiles;
pub use handlers::CommentsHandlers;

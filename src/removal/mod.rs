//! Rows and stored files that fall with what they belong to, whoever removes that: a comment, a task, an entity, a
//! person or a production.

mod comments;
mod news;
mod removed_files;
mod unneeded_files;

pub use comments::remove_comment_rows;
pub use news::tell_lost_news;
pub use removed_files::RemovedFiles;
pub use unneeded_files::{UnneededFiles, discard_attachments};

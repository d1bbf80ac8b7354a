//! Rows and stored files that fall with what they belong to, whoever removes that: a comment, a task, an entity, a
//! person or a production.

mod comments;
mod leftovers;
mod removed_files;

pub use comments::remove_comment_rows;
pub use leftovers::{Leftovers, discard_attachments};
pub use removed_files::RemovedFiles;

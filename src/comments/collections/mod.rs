//! Collections of comments and of what is attached to them, as they are stored.

mod attachment_files;
mod comments;

pub use attachment_files::AttachmentFiles;
pub use comments::Comments;

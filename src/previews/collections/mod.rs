//! Collections of previews and of their backgrounds, as they are stored.

mod preview_background_files;
mod preview_files;

pub use preview_background_files::PreviewBackgroundFiles;
pub use preview_files::PreviewFiles;

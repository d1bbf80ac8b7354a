//! Collections of files that people work on and hand on, as they are stored.

mod output_files;
mod working_files;

pub use output_files::OutputFiles;
pub use working_files::WorkingFiles;

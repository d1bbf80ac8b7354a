//! Collections of productions, of what they begin with, and of their columns, as they are stored.

mod file_trees;
mod metadata_descriptors;
mod project_templates;
mod projects;

pub use metadata_descriptors::MetadataDescriptors;
pub use project_templates::ProjectTemplates;
pub use projects::Projects;

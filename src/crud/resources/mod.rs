//! The collections, one file each, with what is special to them.

mod comments;
mod departments;
mod entities;
mod entity_links;
mod entity_types;
mod metadata_descriptors;
mod organisations;
mod persons;
mod playlists;
mod preview_files;
mod project_status;
mod projects;
mod task_status;
mod task_types;
mod tasks;

use dailies_definitions::rules::Collection;

use super::resource::Resource;

/// The resource behind a collection of the contract.
pub(super) fn resource(collection: Collection) -> &'static dyn Resource {
    match collection {
        Collection::Comments => &comments::Comments,
        Collection::Departments => &departments::Departments,
        Collection::Entities => &entities::Entities,
        Collection::EntityLinks => &entity_links::EntityLinks,
        Collection::EntityTypes => &entity_types::EntityTypes,
        Collection::MetadataDescriptors => &metadata_descriptors::MetadataDescriptors,
        Collection::Organisations => &organisations::Organisations,
        Collection::Persons => &persons::Persons,
        Collection::Playlists => &playlists::Playlists,
        Collection::PreviewFiles => &preview_files::PreviewFiles,
        Collection::ProjectStatus => &project_status::ProjectStatus,
        Collection::Projects => &projects::Projects,
        Collection::TaskStatus => &task_status::TaskStatus,
        Collection::TaskTypes => &task_types::TaskTypes,
        Collection::Tasks => &tasks::Tasks,
    }
}

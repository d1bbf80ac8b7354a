//! The tables of the database as sea-orm entities, one file a table.
//!
//! Dates with a time are UTC without a zone. `id`, `created_at` and `updated_at` mean the same
//! everywhere. Columns that hold one of a few words are text here; the words stand beside the `TABLE`
//! of their file, which is the form that the generic handlers read an entity in.

pub mod arrays;
pub mod belonging;
pub mod facts;

pub mod api_event;
pub mod asset_instance;
pub mod asset_instance_link;
pub mod attachment_file;
pub mod budget;
pub mod budget_entry;
pub mod build_job;
pub mod chat;
pub mod chat_message;
pub mod chat_participant;
pub mod comment;
pub mod comment_acknoledgments;
pub mod comment_department_mentions;
pub mod comment_mentions;
pub mod comment_preview_link;
pub mod custom_action;
pub mod data_import_error;
pub mod day_off;
pub mod department;
pub mod department_link;
pub mod department_metadata_descriptor_link;
pub mod desktop_login_log;
pub mod entity;
pub mod entity_concept_link;
pub mod entity_link;
pub mod entity_type;
pub mod entity_version;
pub mod file_status;
pub mod hardware_item;
pub mod hardware_item_department_link;
pub mod login_log;
pub mod metadata_descriptor;
pub mod milestone;
pub mod news;
pub mod notification;
pub mod organisation;
pub mod output_file;
pub mod output_type;
pub mod person;
pub mod playlist;
pub mod playlist_share_link;
pub mod plugin;
pub mod preview_background_file;
pub mod preview_file;
pub mod preview_file_storage_state;
pub mod production_schedule_version;
pub mod production_schedule_version_task_link;
pub mod production_schedule_version_task_link_person_link;
pub mod project;
pub mod project_asset_type_link;
pub mod project_person_link;
pub mod project_preview_background_file_link;
pub mod project_status;
pub mod project_status_automation_link;
pub mod project_task_status_link;
pub mod project_task_type_link;
pub mod project_task_type_software_link;
pub mod project_template;
pub mod project_template_asset_type_link;
pub mod project_template_preview_background_file_link;
pub mod project_template_status_automation_link;
pub mod project_template_task_status_link;
pub mod project_template_task_type_link;
pub mod salary_scale;
pub mod schedule_item;
pub mod search_filter;
pub mod search_filter_group;
pub mod software;
pub mod software_department_link;
pub mod status_automation;
pub mod stored_file;
pub mod studio;
pub mod subscription;
pub mod task;
pub mod task_person_link;
pub mod task_status;
pub mod task_type;
pub mod task_type_asset_type_link;
pub mod time_spent;
pub mod working_file;

use facts::Table;

/// All tables of the reference schema, by name.
pub static TABLES: &[&Table] = &[
    &api_event::TABLE,
    &asset_instance::TABLE,
    &asset_instance_link::TABLE,
    &attachment_file::TABLE,
    &budget::TABLE,
    &budget_entry::TABLE,
    &build_job::TABLE,
    &chat::TABLE,
    &chat_message::TABLE,
    &chat_participant::TABLE,
    &comment::TABLE,
    &comment_acknoledgments::TABLE,
    &comment_department_mentions::TABLE,
    &comment_mentions::TABLE,
    &comment_preview_link::TABLE,
    &custom_action::TABLE,
    &data_import_error::TABLE,
    &day_off::TABLE,
    &department::TABLE,
    &department_link::TABLE,
    &department_metadata_descriptor_link::TABLE,
    &desktop_login_log::TABLE,
    &entity::TABLE,
    &entity_concept_link::TABLE,
    &entity_link::TABLE,
    &entity_type::TABLE,
    &entity_version::TABLE,
    &file_status::TABLE,
    &hardware_item::TABLE,
    &hardware_item_department_link::TABLE,
    &login_log::TABLE,
    &metadata_descriptor::TABLE,
    &milestone::TABLE,
    &news::TABLE,
    &notification::TABLE,
    &organisation::TABLE,
    &output_file::TABLE,
    &output_type::TABLE,
    &person::TABLE,
    &playlist::TABLE,
    &playlist_share_link::TABLE,
    &plugin::TABLE,
    &preview_background_file::TABLE,
    &preview_file::TABLE,
    &preview_file_storage_state::TABLE,
    &production_schedule_version::TABLE,
    &production_schedule_version_task_link::TABLE,
    &production_schedule_version_task_link_person_link::TABLE,
    &project::TABLE,
    &project_asset_type_link::TABLE,
    &project_person_link::TABLE,
    &project_preview_background_file_link::TABLE,
    &project_status::TABLE,
    &project_status_automation_link::TABLE,
    &project_task_status_link::TABLE,
    &project_task_type_link::TABLE,
    &project_task_type_software_link::TABLE,
    &project_template::TABLE,
    &project_template_asset_type_link::TABLE,
    &project_template_preview_background_file_link::TABLE,
    &project_template_status_automation_link::TABLE,
    &project_template_task_status_link::TABLE,
    &project_template_task_type_link::TABLE,
    &salary_scale::TABLE,
    &schedule_item::TABLE,
    &search_filter::TABLE,
    &search_filter_group::TABLE,
    &software::TABLE,
    &software_department_link::TABLE,
    &status_automation::TABLE,
    &stored_file::TABLE,
    &studio::TABLE,
    &subscription::TABLE,
    &task::TABLE,
    &task_person_link::TABLE,
    &task_status::TABLE,
    &task_type::TABLE,
    &task_type_asset_type_link::TABLE,
    &time_spent::TABLE,
    &working_file::TABLE,
];

#[cfg(test)]
mod tests;

//! The collections: those with something special to them have a file each, the others are lines of a list.

mod asset_instances;
mod attachment_files;
mod comments;
mod custom_actions;
mod day_offs;
mod entities;
mod entity_links;
mod entity_types;
mod events;
mod metadata_descriptors;
mod milestones;
mod notifications;
mod organisations;
mod output_files;
mod persons;
mod plain;
mod playlists;
mod plugins;
mod preview_background_files;
mod preview_files;
mod project_status;
mod project_templates;
mod projects;
mod rules;
mod salary_scales;
mod schedule_items;
mod schedule_versions;
mod status_automations;
mod task_status;
mod task_types;
mod tasks;
mod time_spents;
mod working_files;

use dailies_definitions::rules::Collection;

use self::plain::Plain;
use super::resource::{Relation, Resource};

static PARTICIPANTS: [Relation; 1] = [Relation::links("participants", &entity::chat_participant::TABLE, "chat_id", "person_id")];
static ATTACHMENTS: [Relation; 1] = [Relation::belongings("attachment_files", &entity::attachment_file::TABLE, "chat_message_id")];

/// The resource behind a collection of the contract.
pub(super) fn resource(collection: Collection) -> &'static dyn Resource {
    match collection {
        Collection::AssetInstances => &asset_instances::AssetInstances,
        Collection::AttachmentFiles => &attachment_files::AttachmentFiles,
        Collection::BudgetEntries => const { &Plain::of(&entity::budget_entry::TABLE, "BudgetEntry").keeping(&["budget_id"]) },
        Collection::Budgets => const { &Plain::of(&entity::budget::TABLE, "Budget").keeping(&["revision"]) },
        Collection::ChatMessages => const { &Plain::of(&entity::chat_message::TABLE, "ChatMessage").with(&ATTACHMENTS) },
        Collection::Chats => const { &Plain::of(&entity::chat::TABLE, "Chat").with(&PARTICIPANTS) },
        Collection::Comments => &comments::Comments,
        Collection::CustomActions => &custom_actions::CustomActions,
        Collection::DayOffs => &day_offs::DayOffs,
        Collection::Departments => const { &Plain::of(&entity::department::TABLE, "Department") },
        Collection::Entities => &entities::Entities,
        Collection::EntityLinks => &entity_links::EntityLinks,
        Collection::EntityTypes => &entity_types::EntityTypes,
        Collection::Events => &events::Events,
        Collection::FileStatus => const { &Plain::of(&entity::file_status::TABLE, "FileStatus") },
        Collection::HardwareItems => const { &Plain::of(&entity::hardware_item::TABLE, "HardwareItem") },
        Collection::MetadataDescriptors => &metadata_descriptors::MetadataDescriptors,
        Collection::Milestones => &milestones::Milestones,
        Collection::News => const { &Plain::of(&entity::news::TABLE, "News") },
        Collection::Notifications => &notifications::Notifications,
        Collection::Organisations => &organisations::Organisations,
        Collection::OutputFiles => &output_files::OutputFiles,
        Collection::OutputTypes => const { &Plain::of(&entity::output_type::TABLE, "OutputType") },
        Collection::Persons => &persons::Persons,
        Collection::Playlists => &playlists::Playlists,
        Collection::Plugins => &plugins::Plugins,
        Collection::PreviewBackgroundFiles => &preview_background_files::PreviewBackgroundFiles,
        Collection::PreviewFiles => &preview_files::PreviewFiles,
        Collection::ProductionScheduleVersionTaskLinks => &schedule_versions::ScheduleVersionTaskLinks,
        Collection::ProductionScheduleVersions => &schedule_versions::ScheduleVersions,
        Collection::ProjectStatus => &project_status::ProjectStatus,
        Collection::ProjectTemplates => &project_templates::ProjectTemplates,
        Collection::Projects => &projects::Projects,
        Collection::SalaryScales => &salary_scales::SalaryScales,
        Collection::ScheduleItems => &schedule_items::ScheduleItems,
        Collection::SearchFilterGroups => const { &Plain::of(&entity::search_filter_group::TABLE, "SearchFilterGroup") },
        Collection::SearchFilters => const { &Plain::of(&entity::search_filter::TABLE, "SearchFilter") },
        Collection::Softwares => const { &Plain::of(&entity::software::TABLE, "Software") },
        Collection::StatusAutomations => &status_automations::StatusAutomations,
        Collection::Studios => const { &Plain::of(&entity::studio::TABLE, "Studio") },
        Collection::Subscriptions => const { &Plain::of(&entity::subscription::TABLE, "Subscription") },
        Collection::TaskStatus => &task_status::TaskStatus,
        Collection::TaskTypes => &task_types::TaskTypes,
        Collection::Tasks => &tasks::Tasks,
        Collection::TimeSpents => &time_spents::TimeSpents,
        Collection::WorkingFiles => &working_files::WorkingFiles,
    }
}

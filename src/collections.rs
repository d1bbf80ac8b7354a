//! The list of collections: those with rules of their own lie in the rooms of their capabilities, the others are a line here.

use dailies_definitions::rules::Collection;

use crate::budgets::collections::SalaryScales;
use crate::casting::collections::EntityLinks;
use crate::comments::collections::{AttachmentFiles, Comments};
use crate::crud::{Plain, Relation, Resource};
use crate::entities::collections::{AssetInstances, Entities, EntityTypes};
use crate::event_log::collections::Events;
use crate::files::collections::{OutputFiles, WorkingFiles};
use crate::notifications::collections::Notifications;
use crate::people::collections::{DayOffs, Persons};
use crate::playlists::collections::Playlists;
use crate::previews::collections::{PreviewBackgroundFiles, PreviewFiles};
use crate::productions::collections::{MetadataDescriptors, ProjectTemplates, Projects};
use crate::schedules::collections::{Milestones, ScheduleItems, ScheduleVersionTaskLinks, ScheduleVersions};
use crate::studio::collections::{
    CustomActions, Organisations, Plugins, ProjectStatus, StatusAutomations, TaskStatus, TaskTypes,
};
use crate::tasks::collections::{Tasks, TimeSpents};

static PARTICIPANTS: [Relation; 1] = [Relation::links(
    "participants",
    &entity::chat_participant::TABLE,
    "chat_id",
    "person_id",
)];
static ATTACHMENTS: [Relation; 1] = [Relation::belongings(
    "attachment_files",
    &entity::attachment_file::TABLE,
    "chat_message_id",
)];

/// The resource behind a collection of the contract.
#[must_use]
pub fn resource(collection: Collection) -> &'static dyn Resource {
    match collection {
        Collection::AssetInstances => &AssetInstances,
        Collection::AttachmentFiles => &AttachmentFiles,
        Collection::BudgetEntries => {
            const { &Plain::of(&entity::budget_entry::TABLE, "BudgetEntry").keeping(&["budget_id"]) }
        }
        Collection::Budgets => const { &Plain::of(&entity::budget::TABLE, "Budget").keeping(&["revision"]) },
        Collection::ChatMessages => {
            const { &Plain::of(&entity::chat_message::TABLE, "ChatMessage").with(&ATTACHMENTS) }
        }
        Collection::Chats => const { &Plain::of(&entity::chat::TABLE, "Chat").with(&PARTICIPANTS) },
        Collection::Comments => &Comments,
        Collection::CustomActions => &CustomActions,
        Collection::DayOffs => &DayOffs,
        Collection::Departments => const { &Plain::of(&entity::department::TABLE, "Department") },
        Collection::Entities => &Entities,
        Collection::EntityLinks => &EntityLinks,
        Collection::EntityTypes => &EntityTypes,
        Collection::Events => &Events,
        Collection::FileStatus => const { &Plain::of(&entity::file_status::TABLE, "FileStatus") },
        Collection::HardwareItems => const { &Plain::of(&entity::hardware_item::TABLE, "HardwareItem") },
        Collection::MetadataDescriptors => &MetadataDescriptors,
        Collection::Milestones => &Milestones,
        Collection::News => const { &Plain::of(&entity::news::TABLE, "News") },
        Collection::Notifications => &Notifications,
        Collection::Organisations => &Organisations,
        Collection::OutputFiles => &OutputFiles,
        Collection::OutputTypes => const { &Plain::of(&entity::output_type::TABLE, "OutputType") },
        Collection::Persons => &Persons,
        Collection::Playlists => &Playlists,
        Collection::Plugins => &Plugins,
        Collection::PreviewBackgroundFiles => &PreviewBackgroundFiles,
        Collection::PreviewFiles => &PreviewFiles,
        Collection::ProductionScheduleVersionTaskLinks => &ScheduleVersionTaskLinks,
        Collection::ProductionScheduleVersions => &ScheduleVersions,
        Collection::ProjectStatus => &ProjectStatus,
        Collection::ProjectTemplates => &ProjectTemplates,
        Collection::Projects => &Projects,
        Collection::SalaryScales => &SalaryScales,
        Collection::ScheduleItems => &ScheduleItems,
        Collection::SearchFilterGroups => {
            const { &Plain::of(&entity::search_filter_group::TABLE, "SearchFilterGroup") }
        }
        Collection::SearchFilters => const { &Plain::of(&entity::search_filter::TABLE, "SearchFilter") },
        Collection::Softwares => const { &Plain::of(&entity::software::TABLE, "Software") },
        Collection::StatusAutomations => &StatusAutomations,
        Collection::Studios => const { &Plain::of(&entity::studio::TABLE, "Studio") },
        Collection::Subscriptions => const { &Plain::of(&entity::subscription::TABLE, "Subscription") },
        Collection::TaskStatus => &TaskStatus,
        Collection::TaskTypes => &TaskTypes,
        Collection::Tasks => &Tasks,
        Collection::TimeSpents => &TimeSpents,
        Collection::WorkingFiles => &WorkingFiles,
    }
}

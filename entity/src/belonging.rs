//! Ways in which the rows of each table belong to a production.

use crate::facts::Table;

/// Way in which the rows of a table belong to a production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belonging {
    /// Each row is a production.
    Itself,
    /// They belong to the studio: every production may refer to them.
    Studio,
    /// They belong where the first of these columns leads that is not null. It holds a production, or a row that belongs
    /// to one.
    By(&'static [&'static str]),
}

use Belonging::{By, Itself, Studio};

const PROJECT: Belonging = By(&["project_id"]);
const TEMPLATE: Belonging = Studio;

/// Every table, by name.
static TABLES: [(&str, Belonging); 80] = [
    ("api_event", PROJECT),
    ("asset_instance", By(&["scene_id", "target_asset_id", "asset_id"])),
    ("asset_instance_link", By(&["entity_id"])),
    ("attachment_file", By(&["comment_id", "chat_message_id"])),
    ("budget", PROJECT),
    ("budget_entry", By(&["budget_id"])),
    ("build_job", By(&["playlist_id"])),
    ("chat", By(&["object_id"])),
    ("chat_message", By(&["chat_id"])),
    ("chat_participant", By(&["chat_id"])),
    ("comment", By(&["object_id"])),
    ("comment_acknoledgments", By(&["comment"])),
    ("comment_department_mentions", By(&["comment"])),
    ("comment_mentions", By(&["comment"])),
    ("comment_preview_link", By(&["comment"])),
    ("custom_action", Studio),
    ("data_import_error", Studio),
    ("day_off", Studio),
    ("department", Studio),
    ("department_link", Studio),
    ("department_metadata_descriptor_link", By(&["metadata_descriptor_id"])),
    ("desktop_login_log", Studio),
    ("entity", PROJECT),
    ("entity_concept_link", By(&["entity_in_id"])),
    ("entity_link", By(&["entity_in_id"])),
    ("entity_type", Studio),
    ("entity_version", By(&["entity_id"])),
    ("file_status", Studio),
    ("hardware_item", Studio),
    ("hardware_item_department_link", Studio),
    ("login_log", Studio),
    ("metadata_descriptor", PROJECT),
    ("milestone", PROJECT),
    ("news", By(&["task_id"])),
    ("notification", By(&["task_id", "comment_id", "playlist_id"])),
    ("organisation", Studio),
    ("output_file", By(&["temporal_entity_id", "entity_id"])),
    ("output_type", Studio),
    ("person", Studio),
    ("playlist", PROJECT),
    ("playlist_share_link", By(&["playlist_id"])),
    ("plugin", Studio),
    ("preview_background_file", Studio),
    ("preview_file", By(&["task_id"])),
    ("preview_file_storage_state", By(&["preview_file_id"])),
    ("production_schedule_version", PROJECT),
    (
        "production_schedule_version_task_link",
        By(&["production_schedule_version_id"]),
    ),
    (
        "production_schedule_version_task_link_person_link",
        By(&["production_schedule_version_task_link_id"]),
    ),
    ("project", Itself),
    ("project_asset_type_link", PROJECT),
    ("project_person_link", PROJECT),
    ("project_preview_background_file_link", PROJECT),
    ("project_status", Studio),
    ("project_status_automation_link", PROJECT),
    ("project_task_status_link", PROJECT),
    ("project_task_type_link", PROJECT),
    ("project_task_type_software_link", PROJECT),
    ("project_template", TEMPLATE),
    ("project_template_asset_type_link", TEMPLATE),
    ("project_template_preview_background_file_link", TEMPLATE),
    ("project_template_status_automation_link", TEMPLATE),
    ("project_template_task_status_link", TEMPLATE),
    ("project_template_task_type_link", TEMPLATE),
    ("salary_scale", Studio),
    ("schedule_item", PROJECT),
    ("search_filter", PROJECT),
    ("search_filter_group", PROJECT),
    ("software", Studio),
    ("software_department_link", Studio),
    ("status_automation", Studio),
    ("stored_file", Studio),
    ("studio", Studio),
    ("subscription", By(&["task_id", "entity_id"])),
    ("task", By(&["project_id", "entity_id"])),
    ("task_person_link", By(&["task_id"])),
    ("task_status", Studio),
    ("task_type", Studio),
    ("task_type_asset_type_link", Studio),
    ("time_spent", By(&["task_id"])),
    ("working_file", By(&["task_id", "entity_id"])),
];

impl Belonging {
    /// The owner of the rows of a table. An unknown table belongs to nothing.
    #[must_use]
    pub fn of(table: &str) -> Self {
        TABLES
            .binary_search_by_key(&table, |(name, _)| name)
            .map_or(By(&[]), |at| TABLES[at].1)
    }

    /// True if the rows of a table belong to the studio.
    #[must_use]
    pub fn is_of_studio(table: &Table) -> bool {
        Self::of(table.name) == Studio
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_says_how_its_rows_belong_to_a_production() {
        let stated: Vec<&str> = TABLES.iter().map(|(name, _)| *name).collect();
        let names: Vec<&str> = crate::TABLES.iter().map(|table| table.name).collect();
        assert_eq!(stated, names);
    }

    #[test]
    fn every_column_that_a_row_belongs_by_leads_to_a_production() {
        for table in crate::TABLES {
            let By(columns) = Belonging::of(table.name) else {
                continue;
            };
            for name in columns {
                let column = table
                    .column(name)
                    .unwrap_or_else(|| panic!("{} has no {name}", table.name));
                let [target] = column.targets() else {
                    panic!("{}.{name} leads to several tables, or none", table.name)
                };
                assert_ne!(
                    Belonging::of(target),
                    Studio,
                    "{}.{name} leads to no production",
                    table.name
                );
            }
        }
    }

    #[test]
    fn what_the_studio_has_refers_to_no_production() {
        // A preview account is a person of the studio, whose row goes with its production.
        let is_account = |table: &Table, column: &str| (table.name, column) == ("person", "preview_project_id");
        for table in crate::TABLES.iter().filter(|table| Belonging::is_of_studio(table)) {
            for column in table.columns.iter().filter(|column| !is_account(table, column.name)) {
                for target in column.targets() {
                    assert_eq!(Belonging::of(target), Studio, "{}.{}", table.name, column.name);
                }
            }
        }
    }
}

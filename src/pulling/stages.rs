//! The collections in the order in which they are copied: each behind those that its rows need. Columns that refer to rows
//! which come later are left out at first, and brought by a second pass over the collection.

use dailies_definitions::rules::Collection;
use entity::facts::{Column, Table};

use crate::sources::{ForeignRow, Source};

/// Collections in their order.
pub(super) const STAGES: [Collection; 44] = [
    Collection::Organisations,
    Collection::Studios,
    Collection::Departments,
    Collection::ProjectStatus,
    Collection::TaskTypes,
    Collection::TaskStatus,
    Collection::EntityTypes,
    Collection::StatusAutomations,
    Collection::FileStatus,
    Collection::OutputTypes,
    Collection::Softwares,
    Collection::HardwareItems,
    Collection::CustomActions,
    Collection::PreviewBackgroundFiles,
    Collection::SalaryScales,
    Collection::Persons,
    Collection::DayOffs,
    Collection::ProjectTemplates,
    Collection::Projects,
    Collection::MetadataDescriptors,
    Collection::Milestones,
    Collection::Entities,
    Collection::EntityLinks,
    Collection::AssetInstances,
    Collection::ScheduleItems,
    Collection::Tasks,
    Collection::ProductionScheduleVersions,
    Collection::ProductionScheduleVersionTaskLinks,
    Collection::TimeSpents,
    Collection::WorkingFiles,
    Collection::OutputFiles,
    Collection::PreviewFiles,
    Collection::Playlists,
    Collection::Comments,
    Collection::Chats,
    Collection::ChatMessages,
    Collection::AttachmentFiles,
    Collection::Subscriptions,
    Collection::Notifications,
    Collection::News,
    Collection::SearchFilterGroups,
    Collection::SearchFilters,
    Collection::Budgets,
    Collection::BudgetEntries,
];

/// Collections that stay where they are: what happened there, and what is installed there.
#[cfg(test)]
const NOT_COPIED: [Collection; 2] = [Collection::Events, Collection::Plugins];

/// Columns of persons that say which second factors they have: their secrets stay where they are, and whoever had one switched
/// on without its secret could not sign in.
const SECOND_FACTORS: [&str; 4] = [
    "totp_enabled",
    "email_otp_enabled",
    "fido_enabled",
    "preferred_two_factor_authentication",
];

/// One pass over a collection.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) collection: Collection,
    /// Columns that are left out.
    pub(super) without: Vec<&'static str>,
    /// True if it brings what an earlier pass left out.
    pub(super) again: bool,
}

impl Stage {
    /// Takes what is not to be stored yet out of a row.
    pub(super) fn cut(&self, row: &mut ForeignRow) {
        for column in &self.without {
            row.remove(*column);
        }
    }

    /// Source that takes its rows.
    pub(super) fn source(&self) -> Source {
        Source::copy_of(self.collection)
    }

    pub(super) fn table(&self) -> &'static Table {
        self.source().table()
    }
}

/// All passes, in their order.
pub(super) fn stages() -> Vec<Stage> {
    let tables: Vec<&str> = STAGES
        .iter()
        .map(|collection| Source::copy_of(*collection).table().name)
        .collect();
    let mut first = Vec::with_capacity(STAGES.len());
    let mut second = Vec::new();
    for (at, collection) in STAGES.into_iter().enumerate() {
        let among = |column: &Column, tables: &[&str]| {
            !column.is_reference() || column.targets().iter().any(|target| tables.contains(target))
        };
        let columns = &Source::copy_of(collection).table().columns;
        let stays = |column: &Column| collection == Collection::Persons && SECOND_FACTORS.contains(&column.name);
        let missing = |tables: &[&str]| -> Vec<&'static str> {
            columns
                .iter()
                .filter(|column| !among(column, tables) || stays(column))
                .map(|column| column.name)
                .collect()
        };
        let (now, ever) = (missing(tables.get(..at).unwrap_or_default()), missing(&tables));
        if now != ever {
            second.push(Stage {
                collection,
                without: ever,
                again: true,
            });
        }
        first.push(Stage {
            collection,
            without: now,
            again: false,
        });
    }
    first.extend(second);
    first
}

#[cfg(test)]
mod tests {
    use entity::facts::Default;

    use super::*;

    #[test]
    fn every_collection_is_copied_or_stays_for_a_reason() {
        for collection in Collection::ALL {
            assert_ne!(
                STAGES.contains(&collection),
                NOT_COPIED.contains(&collection),
                "{}",
                collection.name()
            );
        }
    }

    #[test]
    fn what_rows_need_is_there_before() {
        for stage in stages() {
            let needed = |name: &&str| {
                stage
                    .table()
                    .column(name)
                    .is_some_and(|column| !column.nullable && column.default == Default::None)
            };
            let lacking: Vec<_> = stage.without.iter().filter(|name| needed(name)).collect();
            assert!(lacking.is_empty(), "{} needs {lacking:?}", stage.collection.name());
        }
    }

    #[test]
    fn pointers_are_set_by_a_second_pass() {
        let stages = stages();
        let passes = |collection| {
            stages
                .iter()
                .filter(move |stage| stage.collection == collection)
                .collect::<Vec<_>>()
        };
        let entities = passes(Collection::Entities);
        assert_eq!(entities.len(), 2);
        assert!(entities[0].without.contains(&"parent_id") && entities[0].without.contains(&"preview_file_id"));
        assert!(entities[1].without.is_empty());
        assert_eq!(passes(Collection::Tasks).len(), 2);
        assert!(
            passes(Collection::Persons)
                .iter()
                .all(|stage| SECOND_FACTORS.iter().all(|column| stage.without.contains(column)))
        );
        assert_eq!(passes(Collection::Departments).len(), 1);
    }
}

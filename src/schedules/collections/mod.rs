//! Collections of the schedule, as they are stored.

mod milestones;
mod schedule_items;
mod schedule_versions;

pub use milestones::Milestones;
pub use schedule_items::ScheduleItems;
pub use schedule_versions::{ScheduleVersionTaskLinks, ScheduleVersions};

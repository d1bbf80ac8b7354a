//! Collections of tasks and of the time spent on them, as they are stored.

mod tasks;
mod time_spents;

pub use tasks::Tasks;
pub use time_spents::TimeSpents;

//! Collections of what every production of the studio shares, as they are stored.

mod custom_actions;
mod organisations;
mod plugins;
mod project_status;
mod status_automations;
mod task_status;
mod task_types;

pub use custom_actions::CustomActions;
pub use organisations::Organisations;
pub use plugins::Plugins;
pub use project_status::ProjectStatus;
pub use status_automations::StatusAutomations;
pub use task_status::TaskStatus;
pub use task_types::TaskTypes;

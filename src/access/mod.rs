//! Who may do what: the rules that the contract names, checked once and in one place.

mod guard;
pub mod people;
mod rules;

pub use guard::AccessGuard;
pub use rules::{
    ProjectRole, is_assigned_to_entity, is_assigned_to_task, open_projects_of, project_role, require_manager, require_member, require_supervisor,
    shares_department, supervises_task_type, vendor_projects,
};

//! Access rules, each stated once: the rules that the contract names, the proofs that handlers take, and the conditions
//! of what lists show.
//!
//! A rule is a tree ([`rule::Rule`]) in the file of its subject. The decision about one record and the SQL condition of a
//! list are both made from that tree, so they can't differ. Nothing outside of this room says again what a rule says:
//! `tests.rs` reads the sources and refuses it.

pub mod absences;
pub mod chats;
pub mod comments;
pub mod data_mask;
pub mod entities;
mod guard;
pub mod hours;
pub mod metadata;
pub mod persons;
pub mod plans;
pub mod playlists;
pub mod previews;
mod reach;
pub mod records;
pub mod references;
mod roles;
mod rule;
pub mod shares;
pub mod task_mask;
pub mod tasks;
#[cfg(test)]
mod tests;

pub use guard::AccessGuard;
pub use reach::Reach;
pub use roles::{
    MANAGER, MEMBER, MEMBER_NOT_VENDOR, ProjectRole, STAFF_MEMBER, SUPERVISOR, clients_of, event_reader, join_place,
    open_projects_of, place_columns, production_viewer, project_role, projects_of, quota_reader, read_place, require,
    require_manager, require_member, role_in, role_in_no_production, shots_reader, staff_of, team_of,
};
pub use rule::{ALL_BUT_CLIENTS, ALL_BUT_VENDORS, LEADERS, STAFF};

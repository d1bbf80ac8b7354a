//! Searches that persons save, and the groups that they keep them in.

pub mod filters;
pub mod groups;
mod lists;

pub use lists::{FILTERS, GROUPS, by_list};

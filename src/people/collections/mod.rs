//! Collections of persons and of the days on which they do not work, as they are stored.

mod account_rules;
mod day_offs;
mod identities;
mod person_columns;
mod persons;

pub use day_offs::DayOffs;
pub use persons::Persons;

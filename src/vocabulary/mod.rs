//! The words of the field that all rooms share: kinds of entities, persons as answers show them, periods of the
//! calendar, addresses.

pub mod addresses;
pub mod entity_names;
pub mod kinds;
pub mod period;
pub mod persons;

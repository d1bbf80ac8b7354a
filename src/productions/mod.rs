//! Productions: their listings, teams, settings and metadata columns, how they begin and how they end.

mod bitrates;
pub mod collections;
mod columns;
pub mod creation;
mod descriptors;
mod field_data;
mod field_name;
mod handlers;
mod links;
mod listings;
mod preview_account;
pub mod removal;
pub mod rows;
mod settings;
mod softwares;
mod studio_descriptors;
mod team;
mod template;
mod templates;
mod time;

pub use handlers::ProductionsHandlers;
pub use templates::ProjectTemplatesHandlers;

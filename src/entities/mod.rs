//! Assets, shots, sequences, episodes and whatever else a production is made of.

mod asset_types;
mod assets;
mod cells;
mod concepts;
mod creation;
mod criteria;
mod dependents;
mod details;
mod edits;
mod episode_choice;
mod episode_stats;
mod groups;
mod handlers;
pub mod kinds;
mod layouts;
mod links;
mod listings;
pub mod metadata;
mod ordering;
pub mod removal;
pub mod rows;
mod scenes;
mod shots;
pub mod versions;
mod with_tasks;
mod work_lists;

pub use creation::{NewEntity, create_asset, find_or_create};
pub use handlers::{
    AssetsHandlers, ConceptsHandlers, EditsHandlers, EntitiesHandlers, EpisodesHandlers, ScenesHandlers, SequencesHandlers, ShotsHandlers,
};

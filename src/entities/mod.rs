//! Assets, shots, sequences, episodes and whatever else a production is made of.

mod asset_types;
mod assets;
mod cells;
pub mod collections;
mod concept_folders;
mod concepts;
mod creation;
mod criteria;
mod dependents;
mod details;
mod edits;
mod episode_choice;
mod episode_stats;
pub mod frame_rates;
mod groups;
mod handlers;
mod layouts;
mod listings;
pub mod ordering;
pub mod own_work;
pub mod removal;
pub mod rows;
mod scenes;
mod shot_lengths;
mod shots;
pub mod versions;
mod with_tasks;
mod work_lists;

pub use asset_types::require_asset_type;
pub use handlers::{
    AssetsHandlers, ConceptsHandlers, EditsHandlers, EntitiesHandlers, EpisodesHandlers, ScenesHandlers,
    SequencesHandlers, ShotsHandlers,
};

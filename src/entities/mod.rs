//! Assets, shots, sequences, episodes and whatever else a production is made of.

mod asset_types;
mod assets;
mod cells;
pub mod collections;
mod creation;
mod criteria;
mod dependents;
mod details;
mod episode_choice;
pub mod frame_rates;
mod groups;
mod handlers;
mod layouts;
mod links;
pub mod ordering;
pub mod own_work;
pub mod removal;
pub mod rows;
mod shots;
pub mod versions;
mod with_tasks;
mod work_lists;

pub use handlers::{AssetsHandlers, EntitiesHandlers, EpisodesHandlers, SequencesHandlers, ShotsHandlers};

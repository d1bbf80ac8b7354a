//! Asset instances: the single appearances of assets in scenes, in other assets, and in shots.

mod handlers;
mod listing;
mod placing;

pub use handlers::AssetInstancesHandlers;

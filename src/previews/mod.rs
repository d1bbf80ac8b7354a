//! Previews: how they get onto comments, their files and pictures, what is drawn on them, and the avatars of persons,
//! productions and the organisation.

pub mod add;
pub mod annotate;
mod annotated;
mod annotations;
mod asked;
mod attachments;
mod avatars;
mod backgrounds;
pub mod collections;
mod depicting;
pub mod download;
pub mod encoding_progress;
mod extraction;
mod frames;
mod handlers;
pub mod keys;
mod listings;
pub mod main_preview;
mod making;
mod missing_tiles;
mod movies;
pub mod names;
mod positions;
mod processing;
pub mod removal;
pub mod revisions;
pub mod rows;
pub mod subject;
pub mod upload;
mod work;

pub use asked::rate_of_production;
pub use avatars::{discard_avatar, set_of_person};
pub use depicting::FilePictures;
pub use handlers::PreviewsHandlers;
pub use missing_tiles::MissingTiles;
pub use processing::{Processing, tell_status};

//! Playlists beyond their records: lists of them, the entries that are added, what the player is told, the movies that are
//! built of them, and archives of their files.

mod adding;
mod archive;
mod assembly;
mod builds;
mod clips;
pub mod collections;
mod frame_rate;
mod handlers;
mod letter;
mod listing;
mod movie;
mod names;
mod notifying;
pub mod played;
mod temporary;

pub use builds::discard as discard_movies;
pub use handlers::PlaylistsHandlers;
pub use letter::MovieLetter;
pub use movie::MovieBuild;

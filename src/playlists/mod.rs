//! Playlists beyond their records.

mod handlers;
mod listing;

pub use handlers::PlaylistsHandlers;

//! Playlists beyond their records.

pub mod collections;
mod handlers;
mod listing;

pub use handlers::PlaylistsHandlers;

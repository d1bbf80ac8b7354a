//! Playlists that people without an account look at: the links that open them, the guests who write and draw there, and what
//! guests are sent.

mod attachments;
mod comments;
mod context;
mod cookies;
mod drawing;
mod guests;
mod handlers;
mod invitations;
mod links;
mod media;
mod playlist;

pub use handlers::SharingHandlers;
pub use invitations::ShareInvitation;

//! Pictures: decoding with limits, the derived sizes of previews, avatars and backgrounds, what reviewers drew on frames,
//! and drawn pictures for demo data.
//!
//! Everything here computes and reads or writes local files: async code calls it through
//! `spawn_blocking`.

mod budget;
mod colour;
mod decode;
mod derive;
mod documents;
mod draw;
mod drawings;
mod encode;
mod extensions;
mod fit;
mod light;
mod openexr;
mod photoshop;
mod press;
mod radiance;
mod thumbnails;
mod turns;
mod typeface;

use std::io;
use std::time::Duration;

pub use budget::{Admitted, Memory, PictureBudget, Purpose};
pub use derive::{DerivedPicture, DerivedPictures, from_drawing, from_frame, from_upload, variants};
pub use documents::{Document, DocumentPage};
pub use draw::{draw_avatar, draw_frame};
pub use drawings::annotated;
pub use encode::png;
pub use extensions::{
    BACKGROUND_EXTENSION, Depiction, MediaKind, SHOWN_AS_PICTURES, content_type, extension_of, name_without_extension,
};
pub use thumbnails::{attachment_thumbnail, avatar, background_thumbnail, fitted_thumbnail};
pub use turns::Turn;

/// Reason why a picture could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The file is not a picture, or not one of a known kind.
    #[error("the file is not a readable picture: {0}")]
    Unreadable(String),
    /// The file declares more than allowed; nothing has been decoded.
    #[error("the picture is larger than {pixels} pixels or {bytes} bytes")]
    TooLarge {
        /// The most pixels a picture may have.
        pixels: u64,
        /// The most bytes it may have when it is decoded.
        bytes: u64,
    },
    /// A drawing takes too long to draw again.
    #[error("the drawing takes longer than {} seconds", .0.as_secs())]
    TooLaborious(Duration),
    /// The picture could not be resized or encoded.
    #[error("the picture could not be produced: {0}")]
    Production(String),
    /// A file could not be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl PictureError {
    /// True if the file that was sent is at fault (400) rather than the server (500).
    pub fn is_fault_of_input(&self) -> bool {
        matches!(
            self,
            Self::Unreadable(_) | Self::TooLarge { .. } | Self::TooLaborious(_)
        )
    }
}

#[cfg(test)]
mod samples;

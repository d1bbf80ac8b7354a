//! Kinds of media by file extension: what may be uploaded, and how it is served.

use serde::{Deserialize, Serialize};

/// Extension of the only kind of preview background.
pub const BACKGROUND_EXTENSION: &str = "hdr";

const PICTURES: [&str; 7] = ["apng", "jpe", "jpeg", "jpg", "png", "tif", "tiff"];

const MOVIES: [&str; 7] = ["avi", "m4v", "mkv", "mov", "mp4", "webm", "wmv"];

const GENERIC: [&str; 35] = [
    "ae", "ai", "blend", "clip", "comp", "diff", "exr", "fbx", "fla", "flv", "gif", "glb", "gltf", "hdr", "hip", "kra",
    "ma", "mb", "md", "mp3", "obj", "pdf", "psd", "psb", "rar", "rev", "riv", "sai", "sai2", "sbbkp", "svg", "swf",
    "tvpp", "wav", "zip",
];

/// Those of the files that are stored as they are which hold a picture, and a document.
const HELD_PICTURES: [&str; 5] = ["exr", "gif", "hdr", "psb", "psd"];
const DOCUMENT: &str = "pdf";

/// Extensions of stored previews that may have a picture in full size, but for movies.
pub const SHOWN_AS_PICTURES: [&str; 7] = ["png", "exr", "gif", "hdr", "psb", "psd", DOCUMENT];

/// Treatment of an uploaded preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaKind {
    /// Stored again as PNG, with smaller sizes.
    Picture,
    /// Encoded as MP4, with pictures of its first frame.
    Movie,
    /// Stored as it is, with pictures beside where there is a [`Depiction`].
    Generic,
}

/// Way to the pictures of a file that is stored as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depiction {
    /// The picture that it holds, of several the first.
    Held,
    /// Its first page.
    FirstPage,
}

impl Depiction {
    /// The way that an extension stands for, in any case; `None` where there is no picture.
    pub fn of_extension(extension: &str) -> Option<Self> {
        let extension = extension.to_ascii_lowercase();
        if HELD_PICTURES.contains(&extension.as_str()) {
            Some(Self::Held)
        } else {
            (extension == DOCUMENT).then_some(Self::FirstPage)
        }
    }
}

impl MediaKind {
    /// The kind that an extension stands for, in any case; `None` when it is not allowed.
    pub fn of_extension(extension: &str) -> Option<Self> {
        let extension = extension.to_ascii_lowercase();
        let extension = extension.as_str();
        if PICTURES.contains(&extension) {
            Some(Self::Picture)
        } else if MOVIES.contains(&extension) {
            Some(Self::Movie)
        } else if GENERIC.contains(&extension) {
            Some(Self::Generic)
        } else {
            None
        }
    }

    /// Extension of what is kept of an upload that had the given one.
    pub fn stored_extension(self, uploaded: &str) -> String {
        match self {
            Self::Picture => "png".to_owned(),
            Self::Movie => "mp4".to_owned(),
            Self::Generic => uploaded.to_ascii_lowercase(),
        }
    }
}

/// Text after the last dot of a file name in lower case, or the whole name without a dot.
pub fn extension_of(file_name: &str) -> String {
    file_name.rsplit('.').next().unwrap_or(file_name).to_lowercase()
}

/// A file name without its last extension.
pub fn name_without_extension(file_name: &str) -> &str {
    file_name.rsplit_once('.').map_or(file_name, |(name, _)| name)
}

/// Media type under which a stored file is served. Kinds that a browser could run, such as SVG,
/// are never named.
pub fn content_type(extension: &str) -> &'static str {
    match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "mp4" => "video/mp4",
        "pdf" => "application/pdf",
        BACKGROUND_EXTENSION => "image/vnd.radiance",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_in_any_case() {
        for (extension, kind) in [
            ("JPG", Some(MediaKind::Picture)),
            ("webm", Some(MediaKind::Movie)),
            ("Sai2", Some(MediaKind::Generic)),
            ("TIFF", Some(MediaKind::Picture)),
            ("hdr", Some(MediaKind::Generic)),
            ("txt", None),
            ("", None),
        ] {
            assert_eq!(MediaKind::of_extension(extension), kind, "{extension}");
        }
    }

    #[test]
    fn some_files_have_pictures_beside_them() {
        for (extension, way) in [
            ("EXR", Some(Depiction::Held)),
            ("psb", Some(Depiction::Held)),
            ("Pdf", Some(Depiction::FirstPage)),
            ("zip", None),
            ("png", None),
        ] {
            assert_eq!(Depiction::of_extension(extension), way, "{extension}");
            assert!(way.is_none() || MediaKind::of_extension(extension) == Some(MediaKind::Generic));
        }
        for extension in &SHOWN_AS_PICTURES[1..] {
            assert!(Depiction::of_extension(extension).is_some(), "{extension}");
        }
    }

    #[test]
    fn the_last_dot_counts() {
        assert_eq!(extension_of("sh01.v2.PNG"), "png");
        assert_eq!(extension_of("Makefile"), "makefile");
        assert_eq!(name_without_extension("sh01.v2.PNG"), "sh01.v2");
        assert_eq!(name_without_extension("Makefile"), "Makefile");
    }

    #[test]
    fn pictures_and_movies_change_their_extension() {
        assert_eq!(MediaKind::Picture.stored_extension("jpeg"), "png");
        assert_eq!(MediaKind::Movie.stored_extension("mov"), "mp4");
        assert_eq!(MediaKind::Generic.stored_extension("PDF"), "pdf");
    }

    #[test]
    fn svg_is_only_bytes() {
        assert_eq!(content_type("SVG"), "application/octet-stream");
        assert_eq!(content_type("pdf"), "application/pdf");
        assert_eq!(content_type("hdr"), "image/vnd.radiance");
    }
}

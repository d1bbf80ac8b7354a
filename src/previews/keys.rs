//! Keys under which the files of previews and attachments are stored.

use uuid::Uuid;

use crate::storage::{Bucket, FileKey};

/// The pictures of a preview, derived from its picture or from its movie, and the picture as it was sent, as long as nothing
/// is derived from it yet.
const PICTURES: [&str; 6] = [
    "original",
    "previews",
    "thumbnails",
    "thumbnails-square",
    "tiles",
    SOURCE_PREFIX,
];
const SOURCE_PREFIX: &str = "source";

/// Key of one of the pictures of a preview.
#[must_use]
pub fn picture(prefix: &'static str, id: Uuid) -> FileKey {
    FileKey::new(Bucket::Pictures, prefix, id)
}

/// Key of a picture as it was sent, which waits to be worked on.
#[must_use]
pub fn sent_picture(id: Uuid) -> FileKey {
    picture(SOURCE_PREFIX, id)
}

/// Key of the small picture of anything else: a person, a production, a background, an attached file.
#[must_use]
pub fn thumbnail(id: Uuid) -> FileKey {
    picture("thumbnails", id)
}

/// Keys of a movie: the best definition first, then what takes its place.
#[must_use]
pub fn movie(id: Uuid) -> [FileKey; 3] {
    ["previews", "lowdef", "source"].map(|prefix| FileKey::new(Bucket::Movies, prefix, id))
}

/// Keys of a movie: the lowest definition first, then what takes its place.
#[must_use]
pub fn low_movie(id: Uuid) -> [FileKey; 3] {
    let [high, low, source] = movie(id);
    [low, high, source]
}

/// Key of the file of a preview that is neither picture nor movie.
#[must_use]
pub fn generic(id: Uuid) -> FileKey {
    FileKey::new(Bucket::Files, "previews", id)
}

/// Key of the file of a background for 3D previews.
#[must_use]
pub fn background(id: Uuid) -> FileKey {
    picture("preview-backgrounds", id)
}

/// Key of a file that is attached to a comment or a chat message.
#[must_use]
pub fn attachment(id: Uuid) -> FileKey {
    FileKey::new(Bucket::Files, "attachments", id)
}

/// Every key that a file of the preview can have.
pub fn all(id: Uuid) -> impl Iterator<Item = FileKey> {
    PICTURES
        .into_iter()
        .map(move |prefix| picture(prefix, id))
        .chain(movie(id))
        .chain([generic(id)])
}

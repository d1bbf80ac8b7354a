//! Names of stored files, and where each kind of store puts them.

use std::fmt;

use object_store::path::Path;
use uuid::Uuid;

/// One of the three places where files are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// Previews, thumbnails, avatars, tiles and HDR backgrounds.
    Pictures,
    /// Movies and playlist builds.
    Movies,
    /// Attachments, working files, previews of other kinds.
    Files,
}

impl Bucket {
    /// All buckets, in the order in which a store keeps them.
    pub(super) const ALL: [Self; 3] = [Self::Pictures, Self::Movies, Self::Files];

    /// Name of the bucket, without the prefix of the installation.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pictures => "pictures",
            Self::Movies => "movies",
            Self::Files => "files",
        }
    }
}

/// Way in which a store turns keys into locations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Folders of at most a few thousand entries, for file systems.
    Folders,
    /// The key as it is, for object stores.
    Flat,
}

/// The name of one stored file: bucket, prefix and id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileKey {
    bucket: Bucket,
    prefix: &'static str,
    id: Uuid,
}

impl FileKey {
    /// Key of the file that belongs to the row `id`; `prefix` tells which of its files
    /// (`thumbnails`, `previews`, `source`…).
    pub fn new(bucket: Bucket, prefix: &'static str, id: Uuid) -> Self {
        Self { bucket, prefix, id }
    }

    /// The bucket that holds the file.
    pub fn bucket(&self) -> Bucket {
        self.bucket
    }

    /// Location inside the bucket.
    pub(super) fn location(&self, layout: Layout) -> Path {
        let key = format!("{}-{}", self.prefix, self.id);
        match (layout, key.split_once('-')) {
            // Existing stores cut the key at its first dash, which falls inside of
            // `thumbnails-square` and `preview-backgrounds`: their files must be found again.
            (Layout::Folders, Some((folder, name))) => {
                let first = name.get(0..3).unwrap_or_default();
                let second = name.get(3..6).unwrap_or_default();
                Path::from(format!("{folder}/{first}/{second}/{name}"))
            }
            _ => Path::from(key),
        }
    }
}

impl fmt::Display for FileKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}-{}", self.bucket.name(), self.prefix, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> Uuid {
        Uuid::parse_str("15323dfc-4c2b-4c4e-9a5e-0f5b6f7a8b9c").unwrap()
    }

    #[test]
    fn folders_are_the_first_six_characters_of_the_id() {
        let key = FileKey::new(Bucket::Movies, "previews", id());
        assert_eq!(key.location(Layout::Folders).as_ref(), "previews/153/23d/15323dfc-4c2b-4c4e-9a5e-0f5b6f7a8b9c");
        assert_eq!(key.location(Layout::Flat).as_ref(), "previews-15323dfc-4c2b-4c4e-9a5e-0f5b6f7a8b9c");
    }

    #[test]
    fn dashed_prefixes_are_cut_at_their_first_dash() {
        let square = FileKey::new(Bucket::Pictures, "thumbnails-square", id());
        assert_eq!(square.location(Layout::Folders).as_ref(), "thumbnails/squ/are/square-15323dfc-4c2b-4c4e-9a5e-0f5b6f7a8b9c");
        let background = FileKey::new(Bucket::Pictures, "preview-backgrounds", id());
        assert_eq!(background.location(Layout::Folders).as_ref(), "preview/bac/kgr/backgrounds-15323dfc-4c2b-4c4e-9a5e-0f5b6f7a8b9c");
    }
}

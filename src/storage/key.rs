//! Names of stored files, and where each kind of store puts them.

use std::fmt;
use std::str::FromStr;

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
    pub const ALL: [Self; 3] = [Self::Pictures, Self::Movies, Self::Files];

    /// The prefixes of the files in it.
    fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Pictures => &[
                "original",
                "previews",
                "thumbnails",
                "thumbnails-square",
                "tiles",
                "source",
                "preview-backgrounds",
            ],
            Self::Movies => &["previews", "lowdef", "source", "playlists"],
            Self::Files => &["previews", "attachments", "working"],
        }
    }

    /// Name of the bucket, without the prefix of the installation.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pictures => "pictures",
            Self::Movies => "movies",
            Self::Files => "files",
        }
    }
}

/// Number of characters of an id.
const ID_LENGTH: usize = uuid::fmt::Hyphenated::LENGTH;

/// Way in which a store turns keys into locations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyLayout {
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

    /// Key of the file of a bucket at a location; none for what is not stored by this server.
    pub(super) fn at(bucket: Bucket, location: &Path, layout: KeyLayout) -> Option<Self> {
        let name = location.filename()?;
        let (rest, id) = name.split_at_checked(name.len().checked_sub(ID_LENGTH)?)?;
        let id = Uuid::parse_str(id).ok()?;
        let known = |prefix: &&&'static str| layout == KeyLayout::Folders || rest.strip_suffix('-') == Some(**prefix);
        let mut keys = bucket
            .prefixes()
            .iter()
            .filter(known)
            .map(|prefix| Self::new(bucket, prefix, id));
        keys.find(|key| key.location(layout) == *location)
    }

    /// The row that the file belongs to.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Word for the file among those of its row.
    pub fn prefix(&self) -> &'static str {
        self.prefix
    }

    /// The bucket that holds the file.
    pub fn bucket(&self) -> Bucket {
        self.bucket
    }

    /// Location inside the bucket.
    pub(super) fn location(&self, layout: KeyLayout) -> Path {
        let key = format!("{}-{}", self.prefix, self.id);
        match (layout, key.split_once('-')) {
            // Existing stores cut the key at its first dash, which falls inside of
            // `thumbnails-square` and `preview-backgrounds`: their files must be found again.
            (KeyLayout::Folders, Some((folder, name))) => {
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

/// Reads a key from the form in which it is written.
impl FromStr for FileKey {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Self, NoKey> {
        let (bucket, name) = text.split_once('/').ok_or(NoKey)?;
        let bucket = Bucket::ALL
            .into_iter()
            .find(|known| known.name() == bucket)
            .ok_or(NoKey)?;
        Self::at(bucket, &Path::from(name), KeyLayout::Flat).ok_or(NoKey)
    }
}

/// A text is not the name of a stored file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not the name of a stored file")]
pub struct NoKey;

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> Uuid {
        Uuid::parse_str("15323dfc-4c2b-4c4e-9a5e-0f5b6f7a8b9c").unwrap()
    }

    #[test]
    fn folders_are_the_first_six_characters_of_the_id() {
        let key = FileKey::new(Bucket::Movies, "previews", id());
        assert_eq!(
            key.location(KeyLayout::Folders).as_ref(),
            "previews/153/23d/15323dfc-4c2b-4c4e-9a5e-0f5b6f7a8b9c"
        );
        assert_eq!(
            key.location(KeyLayout::Flat).as_ref(),
            "previews-15323dfc-4c2b-4c4e-9a5e-0f5b6f7a8b9c"
        );
    }

    #[test]
    fn dashed_prefixes_are_cut_at_their_first_dash() {
        let square = FileKey::new(Bucket::Pictures, "thumbnails-square", id());
        assert_eq!(
            square.location(KeyLayout::Folders).as_ref(),
            "thumbnails/squ/are/square-15323dfc-4c2b-4c4e-9a5e-0f5b6f7a8b9c"
        );
        let background = FileKey::new(Bucket::Pictures, "preview-backgrounds", id());
        assert_eq!(
            background.location(KeyLayout::Folders).as_ref(),
            "preview/bac/kgr/backgrounds-15323dfc-4c2b-4c4e-9a5e-0f5b6f7a8b9c"
        );
    }
    #[test]
    fn keys_are_found_again_from_where_their_files_are() {
        for bucket in Bucket::ALL {
            for prefix in bucket.prefixes() {
                let key = FileKey::new(bucket, prefix, id());
                for layout in [KeyLayout::Folders, KeyLayout::Flat] {
                    assert_eq!(FileKey::at(bucket, &key.location(layout), layout).as_ref(), Some(&key));
                }
                assert_eq!(key.to_string().parse(), Ok(key));
            }
        }
        for other in [
            "other",
            "dbbackup-2026",
            "unknown/153/23d/15323dfc-4c2b-4c4e-9a5e-0f5b6f7a8b9c",
        ] {
            assert_eq!(FileKey::at(Bucket::Files, &Path::from(other), KeyLayout::Folders), None);
            assert_eq!(other.parse::<FileKey>(), Err(NoKey));
        }
        assert!(
            "movies/previews-15323dfc-4c2b-4c4e-9a5e-0f5b6f7a8b9c/.."
                .parse::<FileKey>()
                .is_err()
        );
    }
}

//! A file that gets its name once it is whole.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::DumpError;

/// A file that is made under a name of its own next to the one it is to have, which it gets once it is whole and on the
/// disk: what has that name is always whole. Only its owner may read it, for it holds the hashes of passwords.
#[derive(Debug)]
pub struct NewFile {
    file: NamedTempFile,
    target: PathBuf,
}

impl NewFile {
    /// An empty file on its way to a name.
    ///
    /// # Errors
    /// Something has the name already, or the folder can't be written to.
    pub fn beside(target: &Path) -> Result<Self, DumpError> {
        if target.symlink_metadata().is_ok() {
            return Err(DumpError::Exists(target.to_owned()));
        }
        let folder = target
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let file = NamedTempFile::with_prefix_in(".dailies-backup-", folder)?;
        Ok(Self {
            file,
            target: target.to_owned(),
        })
    }

    /// Its place until it is whole.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The file, to write to.
    ///
    /// # Errors
    /// The system gives no more files.
    pub fn open(&self) -> Result<File, DumpError> {
        Ok(self.file.reopen()?)
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// Something has the name by now, or the disk fails.
    pub fn keep(self) -> Result<(), DumpError> {
        self.file.as_file().sync_all()?;
        match self.file.persist_noclobber(&self.target) {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Err(DumpError::Exists(self.target)),
            Err(error) => Err(error.error.into()),
        }
    }
}

//! The folder for files on their way, such as uploads that come in: one for each server, gone with it. What a server that
//! was killed has left there goes when the next one starts.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{Builder, TempDir};

/// Prefix of the names of such folders.
const PREFIX: &str = "dailies-work-";
/// Number of times that a folder is made anew when another server takes it for a left one, just before it is locked.
const ATTEMPTS: usize = 10;

/// A folder for temporary files. It is removed when this is dropped.
pub(super) struct WorkFolder {
    folder: TempDir,
    /// Tells other servers, and the sweepers of the system, that somebody is at work here.
    _lock: File,
}

impl WorkFolder {
    /// Makes a folder in `parent`, or where the system has temporary files, and removes those that nobody works in.
    ///
    /// # Errors
    /// The folder can't be made.
    pub(super) fn open(parent: Option<&PathBuf>) -> io::Result<Self> {
        let parent = parent.cloned().unwrap_or_else(std::env::temp_dir);
        Self::open_in(&parent).map_err(|error| {
            let sentence = format!(
                "files on their way can't lie in {} (TMP_DIR): {error}",
                parent.display()
            );
            io::Error::new(error.kind(), sentence)
        })
    }

    fn open_in(parent: &Path) -> io::Result<Self> {
        fs::create_dir_all(parent)?;
        sweep(parent)?;
        for _ in 0..ATTEMPTS {
            let folder = Builder::new().prefix(PREFIX).tempdir_in(parent)?;
            if let Some(lock) = locked(folder.path()).filter(|_| folder.path().exists()) {
                return Ok(Self { folder, _lock: lock });
            }
        }
        Err(io::Error::new(io::ErrorKind::WouldBlock, "none can be locked"))
    }

    /// Lets the temporary files of this process go here. Only the first folder of a process can be the place for them.
    pub(super) fn move_in(&self) {
        let _former = tempfile::env::override_temp_dir(self.folder.path());
    }
}

/// The lock of a folder, if nobody else has it. It goes when its process ends, however that happens.
fn locked(folder: &Path) -> Option<File> {
    let lock = File::open(folder).ok()?;
    lock.try_lock().ok()?;
    Some(lock)
}

fn sweep(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        let is_work_folder = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_work_folder && locked(&entry.path()).is_some_and(|_lock| fs::remove_dir_all(entry.path()).is_ok()) {
            tracing::info!(folder = %entry.path().display(), "what a server left behind that was killed is removed");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_none_is_named() {
        let parent = TempDir::new().unwrap();
        let file = parent.path().join("file");
        fs::write(&file, b"no folder").unwrap();
        let refused = WorkFolder::open(Some(&file)).err().map(|error| error.to_string());
        assert!(refused.is_some_and(|told| told.contains(&file.display().to_string())));
    }

    #[test]
    fn folders_that_are_left_go_and_those_in_use_stay() {
        let parent = TempDir::new().unwrap();
        let left = parent.path().join(format!("{PREFIX}left"));
        let other = parent.path().join("others");
        for folder in [&left, &other] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("upload"), b"half").unwrap();
        }
        let inner = parent.path().join("inner").join("deep");
        let used: Vec<WorkFolder> = (0..3)
            .map(|_| WorkFolder::open(Some(&parent.path().to_owned())).unwrap())
            .collect();
        let _deep = WorkFolder::open(Some(&inner)).unwrap();
        assert!(!left.exists() && other.join("upload").exists() && inner.exists());
        assert!(used.iter().all(|own| own.folder.path().exists()));
        let paths: Vec<PathBuf> = used.iter().map(|own| own.folder.path().to_owned()).collect();
        drop(used);
        assert!(paths.iter().all(|path| !path.exists()));
    }
}

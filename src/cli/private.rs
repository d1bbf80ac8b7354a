//! Keeps what the server stores to its own user: nobody else on the machine reads the database, the key or the files.

#[cfg(unix)]
pub(super) use unix::{begin, close_data, close_files};

/// Does nothing: this system has no such modes.
#[cfg(not(unix))]
pub(super) fn begin() {}

/// Does nothing: this system has no such modes.
#[cfg(not(unix))]
pub(super) fn close_data(_data: &crate::config::DataArgs) {}

/// Does nothing: this system has no such modes.
#[cfg(not(unix))]
pub(super) fn close_files(_folder: &std::path::Path) {}

#[cfg(unix)]
mod unix {
    use std::fs::{self, Permissions};
    use std::io;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    use rustix::fs::Mode;
    use rustix::process::umask;

    use crate::config::DataArgs;

    const FOLDER: u32 = 0o700;
    const FILE: u32 = 0o600;
    /// A folder with this bit is shared by the users of the machine.
    const SHARED: u32 = 0o1000;

    /// Lets everything that this process makes be for its user alone.
    pub(in crate::cli) fn begin() {
        umask(Mode::RWXG | Mode::RWXO);
    }

    /// Closes the data folder, the database in it and the key, which earlier releases left open. Other files in the folder
    /// are not ours, and are out of reach with it.
    pub(in crate::cli) fn close_data(data: &DataArgs) {
        let database = data.embedded_file();
        let beside = |end: &str| {
            database
                .as_ref()
                .map(|file| PathBuf::from(format!("{}{end}", file.display())))
        };
        for file in [
            beside(""),
            beside("-wal"),
            beside("-shm"),
            Some(data.data_dir.join("secret_key")),
        ]
        .into_iter()
        .flatten()
        {
            report(&file, close(&file, FILE));
        }
        report(&data.data_dir, close(&data.data_dir, FOLDER));
    }

    /// Closes the folder of the stored files with everything in it. It is closed last, so that one which is closed needs no
    /// look inside.
    pub(in crate::cli) fn close_files(folder: &Path) {
        let closed = fs::symlink_metadata(folder).is_ok_and(|found| found.permissions().mode() & 0o777 == FOLDER);
        if !closed {
            report(folder, close_all(folder));
        }
    }

    fn close_all(folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // Links are not followed.
            match entry.file_type()? {
                kind if kind.is_dir() => close_all(&entry.path())?,
                kind if kind.is_file() => close(&entry.path(), FILE)?,
                _ => {}
            }
        }
        close(folder, FOLDER)
    }

    fn close(path: &Path, mode: u32) -> io::Result<()> {
        let found = fs::metadata(path)?.permissions().mode();
        if found & 0o777 == mode || found & SHARED != 0 {
            Ok(())
        } else {
            fs::set_permissions(path, Permissions::from_mode(mode))
        }
    }

    /// The server runs on: whoever gave it files of another user decides who reads them.
    fn report(path: &Path, result: io::Result<()>) {
        match result {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(path = %path.display(), %error, "others on this machine may read this");
            }
            _ => {}
        }
    }

    #[cfg(test)]
    mod tests {
        use tempfile::TempDir;

        use super::*;

        fn mode(path: &Path) -> u32 {
            fs::metadata(path).unwrap().permissions().mode() & 0o7777
        }

        #[test]
        fn everything_stored_is_closed_and_nothing_else() {
            let parent = TempDir::new().unwrap();
            let (folder, elsewhere) = (parent.path().join("previews"), parent.path().join("elsewhere"));
            let file = folder.join("pictures").join("abc");
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            for path in [&file, &elsewhere] {
                fs::write(path, b"a picture").unwrap();
                fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
            }
            for path in [&folder, file.parent().unwrap()] {
                fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
            }
            std::os::unix::fs::symlink(&elsewhere, folder.join("link")).unwrap();
            close_files(&folder);
            assert_eq!(
                (mode(&folder), mode(file.parent().unwrap()), mode(&file)),
                (FOLDER, FOLDER, FILE)
            );
            assert_eq!(mode(&elsewhere), 0o644);
        }

        #[test]
        fn shared_folders_stay_as_they_are() {
            let folder = TempDir::new().unwrap();
            fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
            close(folder.path(), FOLDER).unwrap();
            assert_eq!(mode(folder.path()), 0o1777);
        }
    }
}

//! The place where a copy stopped, in a file of the data folder.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::PullError;

/// Place that a copy has reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PullPlace {
    /// Address of the other instance, and the only production that is copied.
    pub(super) from: String,
    pub(super) production: Option<String>,
    /// Pass, question of the pass, and page that come next.
    pub(super) stage: usize,
    pub(super) question: usize,
    pub(super) page: usize,
}

/// The file.
#[derive(Clone, Debug)]
pub(super) struct PullState {
    path: PathBuf,
}

impl PullState {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            path: folder.join("pull.json"),
        }
    }

    fn problem(&self, error: io::Error) -> PullError {
        PullError::State(self.path.display().to_string(), error)
    }

    /// Place where the same copy stopped, or its beginning.
    ///
    /// # Errors
    /// The file can't be read.
    pub(super) fn read(&self, from: &str, production: Option<&str>) -> Result<PullPlace, PullError> {
        let begin = PullPlace {
            from: from.to_owned(),
            production: production.map(str::to_owned),
            page: 1,
            ..PullPlace::default()
        };
        let text = match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(begin),
            text => text.map_err(|error| self.problem(error))?,
        };
        let place: Option<PullPlace> = serde_json::from_slice(&text).ok();
        Ok(place
            .filter(|place| place.from == begin.from && place.production == begin.production)
            .unwrap_or(begin))
    }

    /// Keeps in mind where the copy is.
    ///
    /// # Errors
    /// The file can't be written.
    pub(super) fn write(&self, place: &PullPlace) -> Result<(), PullError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let write = || {
            fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(&serde_json::to_vec(place)?)?;
            file.persist(&self.path).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(|error| self.problem(error))
    }

    /// Forgets it: the copy is whole.
    ///
    /// # Errors
    /// The file can't be removed.
    pub(super) fn clear(&self) -> Result<(), PullError> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.problem(error)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_copy_goes_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = PullState::new(folder.path());
        let begin = state.read("a", None).expect("a beginning");
        assert_eq!((begin.stage, begin.page), (0, 1));
        let place = PullPlace {
            stage: 3,
            page: 7,
            ..begin
        };
        state.write(&place).expect("room");
        assert_eq!(state.read("a", None).expect("a place"), place);
        assert_eq!(state.read("b", None).expect("a place").stage, 0);
        assert_eq!(state.read("a", Some("Wool")).expect("a place").stage, 0);
        state.clear().expect("a file");
        state.clear().expect("no file");
        assert_eq!(state.read("a", None).expect("a beginning").stage, 0);
    }
}

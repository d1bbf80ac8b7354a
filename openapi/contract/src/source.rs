//! Reads the hand-written files, and nothing more.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::ContractError;

/// The files of `openapi/spec` as they are written.
pub(crate) struct Source {
    /// `openapi.yaml`: the frame of the document.
    pub frame: Value,
    /// `access.yaml`: the access rules.
    pub access: Value,
    /// `errors.yaml`: schemas and responses of errors.
    pub errors: Value,
    /// `parameters.yaml`: path parameters by name.
    pub parameters: Value,
    /// `aliases.yaml`: old addresses and what they stand for.
    pub aliases: Value,
    /// `crud.yaml`: the pattern of CRUD operations.
    pub crud: Value,
    /// `resources/*.yaml`, in the order of their names.
    pub resources: Vec<Value>,
    /// `paths/*.yaml`, in the order of their names.
    pub paths: Vec<Value>,
    /// `schemas/*.yaml`, in the order of their names.
    pub schemas: Vec<Value>,
}

impl Source {
    pub(crate) fn read(folder: &Path) -> Result<Self, ContractError> {
        Ok(Self {
            frame: file(&folder.join("openapi.yaml"))?,
            access: file(&folder.join("access.yaml"))?,
            errors: file(&folder.join("errors.yaml"))?,
            parameters: file(&folder.join("parameters.yaml"))?,
            aliases: file(&folder.join("aliases.yaml"))?,
            crud: file(&folder.join("crud.yaml"))?,
            resources: files(&folder.join("resources"))?,
            paths: files(&folder.join("paths"))?,
            schemas: files(&folder.join("schemas"))?,
        })
    }
}

fn file(path: &Path) -> Result<Value, ContractError> {
    let problem = |reason: String| ContractError::File {
        file: path.display().to_string(),
        reason,
    };
    let text = fs::read_to_string(path).map_err(|error| problem(error.to_string()))?;
    serde_yaml_ng::from_str(&text).map_err(|error| problem(error.to_string()))
}

fn files(folder: &Path) -> Result<Vec<Value>, ContractError> {
    let problem = |reason: String| ContractError::File {
        file: folder.display().to_string(),
        reason,
    };
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(|error| problem(error.to_string()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(|error| problem(error.to_string()))?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    paths.iter().map(|path| file(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that a file may have. One that comes near is cut by subject.
    const LONGEST: u64 = 20_480;

    #[test]
    fn files_are_short() {
        let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec");
        for folder in ["paths", "resources", "schemas"] {
            for entry in fs::read_dir(spec.join(folder)).expect("a folder") {
                let entry = entry.expect("a file");
                let size = entry.metadata().expect("a size").len();
                assert!(size <= LONGEST, "{}: {size} bytes", entry.path().display());
            }
        }
    }
}

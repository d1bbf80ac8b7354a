//! Pages of plugins, below `/plugins/{plugin_id}/frontend`, as far as their manifests say that they have some. They are all
//! that is served of a plugin: its server code is Python, for a server that runs such.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use dailies_definitions::failure::Failure;
use poem::http::{Method, StatusCode};
use poem::{IntoResponse, Request, Response};
use serde::Deserialize;

use super::folder::{Folder, INDEX, inside};
use super::limits::{announces_body, unanswered};
use super::router::RequestTarget;

/// Path of everything that belongs to plugins.
const PLUGINS_PATH: &str = "/plugins/";
/// File that says what a plugin is.
const MANIFEST: &str = "manifest.toml";
/// Built pages, in the folder of a plugin.
const PAGES_FOLDER: &str = "frontend/dist";
/// Answer to everything else below that path.
const NOT_SERVED: &str = "This server runs no code of plugins. Of a plugin, it serves the pages below /plugins/{plugin_id}/frontend, where there are any.";

/// Facts about a plugin, as far as they decide what is served.
#[derive(Deserialize)]
struct Manifest {
    id: String,
    #[serde(default)]
    frontend_project_enabled: bool,
    #[serde(default)]
    frontend_studio_enabled: bool,
}

/// Reason why a folder is no plugin.
#[derive(Debug, thiserror::Error)]
enum PluginError {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error(transparent)]
    Manifest(#[from] toml::de::Error),
}

/// Pages of plugins, by the names that these give themselves.
#[derive(Default)]
pub(super) struct Plugins(HashMap<String, Folder>);

impl Plugins {
    /// Those of a folder that holds a folder for each. One that can't be used is left out, and named in the log.
    ///
    /// # Errors
    /// The folder can't be read.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let mut plugins = HashMap::new();
        for entry in fs::read_dir(folder)? {
            let place = entry?.path();
            if !place.join(MANIFEST).exists() {
                continue;
            }
            match pages(&place) {
                Ok(Some((id, pages))) => {
                    plugins.insert(id, pages);
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, plugin = %place.display(), "the pages of a plugin can't be served")
                }
            }
        }
        Ok(Self(plugins))
    }

    /// A page of a plugin; `None` for everything else.
    pub(super) async fn answer(&self, request: &Request, target: &RequestTarget) -> Option<Response> {
        if target.is_known() || !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        let (id, path) = target.path.strip_prefix(PLUGINS_PATH)?.split_once('/')?;
        let pages = self.0.get(id)?;
        let answer = pages.file(&page(path)?, request.headers()).await;
        Some(answer.unwrap_or_else(|| Failure::not_found().into_response()))
    }

    /// Refusal of what nobody answers below the address of plugins.
    pub(super) fn refuse(request: &Request, target: &RequestTarget) -> Option<Response> {
        let refused = !target.is_known() && target.path.starts_with(PLUGINS_PATH);
        refused.then(|| {
            unanswered(
                Failure::plain(StatusCode::NOT_FOUND, NOT_SERVED).into_response(),
                announces_body(request.headers()),
            )
        })
    }
}

/// The pages of the plugin in a folder, with its name, if it has some.
fn pages(place: &Path) -> Result<Option<(String, Folder)>, PluginError> {
    let manifest: Manifest = toml::from_str(&fs::read_to_string(place.join(MANIFEST))?)?;
    if !manifest.frontend_project_enabled && !manifest.frontend_studio_enabled {
        return Ok(None);
    }
    Ok(Some((manifest.id, Folder::open(&place.join(PAGES_FOLDER))?)))
}

/// The file of a plugin's pages at this path behind its name.
fn page(path: &str) -> Option<PathBuf> {
    match path.strip_prefix("frontend")? {
        "" => Some(INDEX.into()),
        rest => inside(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_below_one_address() {
        assert_eq!(page("frontend"), Some(INDEX.into()));
        assert_eq!(page("frontend/assets/a.js"), Some("assets/a.js".into()));
        for path in ["frontend/../../manifest.toml", "frontends", "hello-world", ""] {
            assert_eq!(page(path), None, "{path}");
        }
    }

    #[test]
    fn a_plugin_without_pages_has_none_to_serve() {
        let folder = tempfile::TempDir::new().unwrap();
        let place = folder.path().join("shotlist");
        fs::create_dir_all(place.join(PAGES_FOLDER)).unwrap();
        let write = |text: &str| fs::write(place.join(MANIFEST), text).unwrap();
        write("id = \"shotlist\"\nname = \"Shot list\"");
        assert!(pages(&place).is_ok_and(|found| found.is_none()));
        write("id = \"shotlist\"\nfrontend_studio_enabled = true");
        assert!(matches!(pages(&place), Err(PluginError::File(_))));
        fs::write(place.join(PAGES_FOLDER).join(INDEX), "<html>").unwrap();
        assert!(pages(&place).is_ok_and(|found| found.is_some_and(|(id, _)| id == "shotlist")));
        write("id = ");
        assert!(matches!(pages(&place), Err(PluginError::Manifest(_))));
        assert!(Plugins::open(folder.path()).is_ok_and(|plugins| plugins.0.is_empty()));
    }
}

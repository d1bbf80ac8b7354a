//! Serves a built single-page web UI beside the API: its files, and its page for every address that is the UI's own.

use std::io;
use std::path::Path;

use poem::http::{HeaderMap, HeaderValue, Method, header};
use poem::{Request, Response};

use super::folder::{Folder, INDEX, inside};
use super::router::RequestTarget;

/// A folder with a built web UI.
pub(super) struct Ui(Folder);

impl Ui {
    /// Opens the folder of a web UI.
    ///
    /// # Errors
    /// The folder can't be read, or has no `index.html`.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        Ok(Self(Folder::open(folder)?))
    }

    /// Answers what is the UI's: a file of it, or its page when a browser goes to an address
    /// that is no route. `None` leaves the request to the API.
    ///
    /// Both have `/`: browsers that navigate there get the page, programs the API's answer.
    pub(super) async fn answer(&self, request: &Request, target: &RequestTarget) -> Option<Response> {
        let get = request.method() == Method::GET;
        if target.under_api || !(get || request.method() == Method::HEAD) {
            return None;
        }
        let navigates = get && accepts_html(request.headers());
        let root = target.path == "/";
        if !root
            && !target.is_known()
            && let Some(path) = inside(&target.path)
            && let Some(response) = self.file(&path, request.headers()).await
        {
            return Some(response);
        }
        if navigates && (root || !target.is_known()) {
            return self.file(Path::new(INDEX), request.headers()).await;
        }
        None
    }

    async fn file(&self, path: &Path, headers: &HeaderMap) -> Option<Response> {
        let mut response = self.0.file(path, headers).await?;
        if path == Path::new(INDEX) {
            response
                .headers_mut()
                .insert(header::VARY, HeaderValue::from_static("Accept"));
        }
        Some(response)
    }
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let mut accepted = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    accepted.any(|value| value.contains("text/html"))
}

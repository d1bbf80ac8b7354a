//! Serves a built single-page web UI beside the API: its files, and its page for every address that is the UI's own.
//!
//! Two libraries were compared. The files of poem 3.1 are opened on the threads of other requests, and tagged by their inode,
//! so that two servers never agree; `ServeDir` of tower-http 0.6 has no tags. Neither lets clients keep those files for good
//! whose names change with their content.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use poem::http::{HeaderMap, Method, StatusCode, header};
use poem::web::headers::{ETag, HeaderMapExt, IfNoneMatch};
use poem::{Body, Request, Response};
use tokio::fs::{self, File};

use super::router::RequestTarget;

const INDEX: &str = "index.html";

/// A folder with a built web UI.
pub(super) struct Ui {
    folder: PathBuf,
}

impl Ui {
    /// # Errors
    /// The folder can't be read, or has no `index.html`.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let folder = folder.canonicalize()?;
        std::fs::File::open(folder.join(INDEX))?;
        Ok(Self { folder })
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

    /// A file of the folder, or nothing. Links that lead out of the folder are not followed.
    async fn file(&self, path: &Path, headers: &HeaderMap) -> Option<Response> {
        let place = fs::canonicalize(self.folder.join(path)).await.ok()?;
        if !place.starts_with(&self.folder) {
            return None;
        }
        let file = File::open(&place).await.ok()?;
        let about = file.metadata().await.ok()?;
        if !about.is_file() {
            return None;
        }
        let changed = about.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        let tag = format!("W/\"{:x}-{:x}\"", changed.as_nanos(), about.len());
        let tag = tag.parse::<ETag>().ok()?;
        let cache = match is_hashed(path) {
            true => "public, max-age=31536000, immutable",
            false => "no-cache",
        };
        let known = headers.typed_get::<IfNoneMatch>();
        let same = known.is_some_and(|known| !known.precondition_passes(&tag));
        let mut response = Response::builder().header(header::CACHE_CONTROL, cache).typed_header(tag);
        if path == Path::new(INDEX) {
            response = response.header(header::VARY, "Accept");
        }
        if same {
            return Some(response.status(StatusCode::NOT_MODIFIED).finish());
        }
        let media_type = mime_guess::from_path(path).first_or_octet_stream();
        let media_type = match media_type.type_() {
            mime_guess::mime::TEXT => format!("{media_type}; charset=utf-8"),
            _ => media_type.to_string(),
        };
        let response = response.content_type(media_type).header(header::CONTENT_LENGTH, about.len());
        Some(response.body(Body::from_async_read(file)))
    }
}

/// The path inside of the folder; `None` when it tries to leave it.
fn inside(path: &str) -> Option<PathBuf> {
    let path = Path::new(path.strip_prefix('/')?);
    let plain = |part: Component| matches!(part, Component::Normal(_));
    let text = path.to_str()?;
    (path.components().all(plain) && !text.contains(['\\', ':', '\0'])).then(|| path.to_owned())
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.any(|value| value.contains("text/html"))
}

/// Whether a name changes with the content, as bundlers name files: `assets/index-DiwrgTda.js`.
fn is_hashed(path: &Path) -> bool {
    const HASH: usize = 8;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let Some((name, hash)) = stem.len().checked_sub(HASH).and_then(|at| stem.split_at_checked(at)) else {
        return false;
    };
    let mixed = hash.contains(|c: char| c.is_ascii_digit()) || hash.contains(char::is_lowercase) && hash.contains(char::is_uppercase);
    let plain = hash.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    path.starts_with("assets") && name.ends_with(['-', '.']) && mixed && plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        assert_eq!(inside("/assets/a.js").unwrap(), Path::new("assets/a.js"));
        for path in ["/../secret", "/a/../../secret", "/a/./../b", "//etc/passwd", "/a\\..\\b", "/c:/x"] {
            assert_eq!(inside(path), None, "{path}");
        }
    }

    #[test]
    fn knows_names_that_change_with_the_content() {
        for name in ["assets/index-DiwrgTda.js", "assets/app.3f2a9c1d.css", "assets/i-Ab-c_9Fg.js"] {
            assert!(is_hashed(Path::new(name)), "{name}");
        }
        for name in ["index.html", "favicon.ico", "assets/logo.png", "assets/big-painting.png", "img/index-DiwrgTda.js"] {
            assert!(!is_hashed(Path::new(name)), "{name}");
        }
    }
}

//! Files of a folder, sent as they are: those of the web UI, and the pages of plugins.
//!
//! Two libraries were compared. The files of poem 3.1 are opened on the threads of other requests, and tagged by their inode,
//! so that two servers never agree; `ServeDir` of tower-http 0.6 has no tags. Neither lets clients keep those files for good
//! whose names change with their content.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use poem::http::{HeaderMap, StatusCode, header};
use poem::web::headers::{ETag, HeaderMapExt, IfNoneMatch};
use poem::{Body, Response};
use tokio::fs::{self, File};

use super::unchanging::Unchanging;

/// The page of a folder.
pub(super) const INDEX: &str = "index.html";

/// A folder with a page.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Opens a folder.
    ///
    /// # Errors
    /// The folder can't be read, or has no `index.html`.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let folder = folder.canonicalize()?;
        std::fs::File::open(folder.join(INDEX))?;
        Ok(Self(folder))
    }

    /// A file of the folder, or nothing. Links that lead out of the folder are not followed.
    pub(super) async fn file(&self, path: &Path, headers: &HeaderMap) -> Option<Response> {
        let place = fs::canonicalize(self.0.join(path)).await.ok()?;
        if !place.starts_with(&self.0) {
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
        let response = Response::builder()
            .header(header::CACHE_CONTROL, cache)
            .typed_header(tag);
        if same {
            return Some(response.status(StatusCode::NOT_MODIFIED).finish());
        }
        let media_type = mime_guess::from_path(path).first_or_octet_stream();
        let media_type = match media_type.type_() {
            mime_guess::mime::TEXT => format!("{media_type}; charset=utf-8"),
            _ => media_type.to_string(),
        };
        let response = response
            .content_type(media_type)
            .header(header::CONTENT_LENGTH, about.len());
        let mut response = response.body(Body::from_async_read(file));
        response.set_data(Unchanging(place.to_string_lossy().into_owned()));
        Some(response)
    }
}

/// The path inside of the folder; `None` when it tries to leave it.
pub(super) fn inside(path: &str) -> Option<PathBuf> {
    let path = Path::new(path.strip_prefix('/')?);
    let plain = |part: Component| matches!(part, Component::Normal(_));
    let text = path.to_str()?;
    (path.components().all(plain) && !text.contains(['\\', ':', '\0'])).then(|| path.to_owned())
}

/// True if a name changes with the content, as bundlers name files: `assets/index-DiwrgTda.js`.
fn is_hashed(path: &Path) -> bool {
    const HASH: usize = 8;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let Some((name, hash)) = stem.len().checked_sub(HASH).and_then(|at| stem.split_at_checked(at)) else {
        return false;
    };
    let mixed = hash.contains(|c: char| c.is_ascii_digit())
        || hash.contains(char::is_lowercase) && hash.contains(char::is_uppercase);
    let plain = hash
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    path.starts_with("assets") && name.ends_with(['-', '.']) && mixed && plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        assert_eq!(inside("/assets/a.js").unwrap(), Path::new("assets/a.js"));
        for path in [
            "/../secret",
            "/a/../../secret",
            "/a/./../b",
            "//etc/passwd",
            "/a\\..\\b",
            "/c:/x",
        ] {
            assert_eq!(inside(path), None, "{path}");
        }
    }

    #[test]
    fn knows_names_that_change_with_the_content() {
        for name in [
            "assets/index-DiwrgTda.js",
            "assets/app.3f2a9c1d.css",
            "assets/i-Ab-c_9Fg.js",
        ] {
            assert!(is_hashed(Path::new(name)), "{name}");
        }
        for name in [
            "index.html",
            "favicon.ico",
            "assets/logo.png",
            "assets/big-painting.png",
            "img/index-DiwrgTda.js",
        ] {
            assert!(!is_hashed(Path::new(name)), "{name}");
        }
    }
}

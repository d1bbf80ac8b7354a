//! Addresses of databases.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;

/// The file that an address of SQLite names; none where the database is in memory or is not SQLite.
#[must_use]
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
    Some(path)
        .filter(|path| !path.is_empty() && path != ":memory:")
        .map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn files_are_found_in_every_form_of_an_address() {
        for (url, file) in [
            ("sqlite://dailies.db", "dailies.db"),
            ("sqlite:///srv/dailies.db?mode=rwc", "/srv/dailies.db"),
            ("sqlite:studio/dailies.db", "studio/dailies.db"),
            ("sqlite://my%20studio/100%25%3F.db?mode=ro", "my studio/100%?.db"),
        ] {
            assert_eq!(sqlite_file(url).as_deref(), Some(Path::new(file)), "{url}");
        }
        for url in ["sqlite::memory:", "sqlite://", "postgres://db.example.com/dailies"] {
            assert_eq!(sqlite_file(url), None, "{url}");
        }
    }
}

//! The stored files of the other instance.

use std::collections::BTreeMap;
use std::io;

use futures::{StreamExt, TryStreamExt};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sea_orm::{DbErr, QueryResult};
use uuid::Uuid;

use super::remote::Remote;
use super::{PullError, scope};
use crate::app::App;
use crate::database::{Database, Sql};
use crate::pictures::Depiction;
use crate::previews::keys;
use crate::progress::Progress;
use crate::storage::{Bucket, FileKey};

/// Files that are named when they could not be had, at most.
const NAMED: usize = 20;

/// Result of fetching files.
#[derive(Clone, Debug, Default)]
pub struct Fetched {
    pub fetched: u64,
    pub bytes: u64,
    /// Files that were here already.
    pub kept: u64,
    /// Files that the other instance does not have.
    pub missing: u64,
    /// Files that could not be had, by kind: how many, and why the first ones.
    pub failed: BTreeMap<String, (u64, Vec<String>)>,
}

/// A file there, and its place here.
#[derive(Clone, Debug)]
struct WantedFile {
    path: String,
    key: FileKey,
}

/// End of fetching one file.
enum Ending {
    Fetched(u64),
    Kept,
    Missing,
    Failed(String),
}

/// Fetches the files of all rows that are here, of one production or of all, some at once.
///
/// # Errors
/// The database does not answer. A file that can't be had is noted, and the others follow.
pub(super) async fn fetch(
    app: &App,
    remote: &Remote,
    production: Option<Uuid>,
    workers: usize,
) -> Result<Fetched, PullError> {
    let wanted = wanted(&app.database, production).await?;
    let progress = Progress::start(wanted.len());
    progress.part("Files", wanted.len());
    let all = wanted.into_iter().map(|file| async move {
        let ending = one(app, remote, &file).await;
        (file, ending)
    });
    let mut endings = futures::stream::iter(all).buffer_unordered(workers.max(1));
    let mut fetched = Fetched::default();
    while let Some((file, ending)) = endings.next().await {
        match ending {
            Ending::Fetched(bytes) => {
                fetched.fetched += 1;
                fetched.bytes += bytes;
            }
            Ending::Kept => fetched.kept += 1,
            Ending::Missing => fetched.missing += 1,
            Ending::Failed(reason) => {
                let (count, named) = fetched
                    .failed
                    .entry(format!("{}/{}", file.key.bucket().name(), file.key.prefix()))
                    .or_default();
                *count += 1;
                if named.len() < NAMED {
                    named.push(format!("{}: {reason}", file.key.id()));
                }
            }
        }
        progress.done(1);
    }
    progress.finish();
    Ok(fetched)
}

/// Fetches a file straight into the storage, unless it is there.
async fn one(app: &App, remote: &Remote, file: &WantedFile) -> Ending {
    match app.storage.exists(&file.key).await {
        Ok(true) => return Ending::Kept,
        Ok(false) => {}
        Err(error) => return Ending::Failed(error.to_string()),
    }
    let answer = match remote.get(&file.path, &[]).await {
        Ok(answer) => answer,
        Err(error) if error.is_missing() => return Ending::Missing,
        Err(error) => return Ending::Failed(error.to_string()),
    };
    match app
        .storage
        .put_stream(
            &file.key,
            answer
                .bytes_stream()
                .map_err(|error| io::Error::other(error.without_url())),
        )
        .await
    {
        Ok(bytes) => Ending::Fetched(bytes),
        Err(error) => Ending::Failed(error.to_string()),
    }
}

/// The file of a background, and its thumbnail.
fn of_background(id: Uuid, extension: &str) -> Vec<WantedFile> {
    vec![
        WantedFile {
            path: format!("/pictures/thumbnails/preview-background-files/{id}.png"),
            key: keys::thumbnail(id),
        },
        WantedFile {
            path: format!("/pictures/preview-background-files/{id}.{extension}"),
            key: keys::background(id),
        },
    ]
}

fn of_attachment(id: Uuid, name: &str) -> Vec<WantedFile> {
    let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
    vec![WantedFile {
        path: format!("/data/attachment-files/{id}/file/{name}"),
        key: keys::attachment(id),
    }]
}

/// Rows of a table that can have files.
struct FileRows {
    table: &'static str,
    /// Columns that `files` reads.
    columns: &'static str,
    /// Condition of those that have any.
    condition: &'static str,
    /// Files of one of them.
    files: fn(&QueryResult) -> Result<Vec<WantedFile>, DbErr>,
}

const FILE_ROWS: [FileRows; 7] = [
    FileRows {
        table: "person",
        columns: "id",
        condition: "has_avatar",
        files: |row| of_avatar(row, "persons"),
    },
    FileRows {
        table: "organisation",
        columns: "id",
        condition: "has_avatar",
        files: |row| of_avatar(row, "organisations"),
    },
    FileRows {
        table: "project",
        columns: "id",
        condition: "has_avatar",
        files: |row| of_avatar(row, "projects"),
    },
    FileRows {
        table: "preview_file",
        columns: "id, extension",
        condition: "extension IS NOT NULL",
        files: |row| {
            Ok(of_preview(
                row.try_get("", "id")?,
                &row.try_get::<String>("", "extension")?,
            ))
        },
    },
    FileRows {
        table: "preview_background_file",
        columns: "id, extension",
        condition: "extension IS NOT NULL",
        files: |row| {
            Ok(of_background(
                row.try_get("", "id")?,
                &row.try_get::<String>("", "extension")?,
            ))
        },
    },
    FileRows {
        table: "attachment_file",
        columns: "id, name",
        condition: "name IS NOT NULL",
        files: |row| {
            Ok(of_attachment(
                row.try_get("", "id")?,
                &row.try_get::<String>("", "name")?,
            ))
        },
    },
    FileRows {
        table: "working_file",
        columns: "id",
        condition: "id IS NOT NULL",
        files: |row| Ok(of_working_file(row.try_get("", "id")?)),
    },
];

/// The files that rows here can have.
async fn wanted(database: &Database, production: Option<Uuid>) -> Result<Vec<WantedFile>, DbErr> {
    let mut wanted = Vec::new();
    for FileRows {
        table,
        columns,
        condition,
        files,
    } in FILE_ROWS
    {
        let mut text = format!("SELECT {columns} FROM {table} WHERE {condition}");
        let values: Option<sea_orm::Value> = production.map(Into::into);
        if values.is_some() {
            text.push_str(&format!(" AND {}", scope::belongs(table)));
        }
        database
            .each_row(&Sql::with(text, values), |row| {
                wanted.extend(files(row)?);
                Ok(())
            })
            .await?;
    }
    Ok(wanted)
}

/// The thumbnail of a person, a production or the organisation.
fn of_avatar(row: &QueryResult, collection: &str) -> Result<Vec<WantedFile>, DbErr> {
    let id: Uuid = row.try_get("", "id")?;
    Ok(vec![WantedFile {
        path: format!("/pictures/thumbnails/{collection}/{id}.png"),
        key: keys::thumbnail(id),
    }])
}

fn of_working_file(id: Uuid) -> Vec<WantedFile> {
    vec![WantedFile {
        path: format!("/data/working-files/{id}/file"),
        key: FileKey::new(Bucket::Files, "working", id),
    }]
}

/// The files of a preview, by its extension.
fn of_preview(id: Uuid, extension: &str) -> Vec<WantedFile> {
    let picture = |place: &str, prefix| WantedFile {
        path: format!("/pictures/{place}/preview-files/{id}.png"),
        key: keys::picture(prefix, id),
    };
    let pictures = || {
        let places = [
            ("originals", "original"),
            ("previews", "previews"),
            ("thumbnails", "thumbnails"),
            ("thumbnails-square", "thumbnails-square"),
        ];
        places.map(|(place, prefix)| picture(place, prefix))
    };
    match extension {
        "png" => pictures().into(),
        "mp4" => {
            let [best, low, source] = keys::movie(id);
            let movie = |place: &str, key| WantedFile {
                path: format!("/movies/{place}/preview-files/{id}.mp4"),
                key,
            };
            let movies = [movie("originals", best), movie("low", low), movie("source", source)];
            let tiles = WantedFile {
                path: format!("/movies/tiles/preview-files/{id}.png"),
                key: keys::picture("tiles", id),
            };
            movies.into_iter().chain([tiles]).chain(pictures()).collect()
        }
        other => {
            let file = WantedFile {
                path: format!("/pictures/originals/preview-files/{id}.{other}"),
                key: keys::generic(id),
            };
            // Older instances have none of these.
            let pictures = Depiction::of_extension(other).map(|_| pictures());
            std::iter::once(file).chain(pictures.into_iter().flatten()).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_has_the_files_of_its_kind() {
        let id = Uuid::from_u128(1);
        let of = |extension| of_preview(id, extension).len();
        assert_eq!((of("png"), of("mp4"), of("pdf"), of("glb")), (4, 8, 5, 1));
        let model = of_preview(id, "glb");
        assert!(model[0].path.ends_with(".glb") && model[0].key == keys::generic(id));
    }
}

//! The files of a playlist as one archive, which is written while it is sent: it takes no more memory than a part of a file,
//! and no thread or connection of the database while a client is slow.
//!
//! The library `zip` writes into a buffer that the answer is taken from. async_zip would write to the client by itself, but
//! says of itself that it is not stable yet, and there would be two libraries for one format.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use futures::stream::BoxStream;
use futures::{Stream, TryStreamExt};
use poem::http::header;
use poem::{Body, Response};
use sea_orm::FromQueryResult;
use uuid::Uuid;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use super::names::Title;
use crate::access::playlists::{self, DOWNLOAD};
use crate::app::App;
use crate::database::{self, Database, Sql};
use crate::file_trees::language::slug;
use crate::previews::keys;
use crate::previews::names::{file_name, packed_name};
use crate::storage::{Disposition, FileKey, Storage};
use crate::vocabulary::entity_names::EntityNames;

/// The previews of a playlist in an archive.
///
/// # Errors
/// 404 for an unknown playlist, 403 for those who may not download.
pub(super) async fn download(app: &App, caller: &Caller, playlist_id: Uuid) -> Result<Media, Failure> {
    let database = &app.database;
    playlists::require(database, caller, playlist_id, &DOWNLOAD).await?;
    let title = Title::find(database, playlist_id).await?;
    let files = files(database, playlist_id).await?;
    let disposition = Disposition::Attachment(&format!("{}.zip", title.file_name())).header();
    let response = Response::builder()
        .header(header::CONTENT_TYPE, "application/zip")
        .header(header::CONTENT_DISPOSITION, disposition)
        .header(header::CACHE_CONTROL, "no-cache");
    Ok(Media::new(
        response.body(Body::from_bytes_stream(stream(app.storage.clone(), files))),
    ))
}

/// A file that goes into the archive.
#[derive(Clone, Debug)]
struct Packed {
    name: String,
    /// Keys under which it may be; the first that is there is taken.
    keys: Vec<FileKey>,
}

/// A preview of the revision of a preview that is shown.
#[derive(FromQueryResult)]
struct ArchivedPreview {
    shown: Uuid,
    id: Uuid,
    extension: Option<String>,
    original_name: Option<String>,
    position: Option<i32>,
    revision: Option<i32>,
    entity_id: Option<Uuid>,
    kind: Option<String>,
    entity: Option<String>,
    parent: Option<String>,
    grandparent: Option<String>,
    task_type: Option<String>,
    project: Option<String>,
    original: Option<bool>,
}

impl ArchivedPreview {
    fn packed(&self) -> Packed {
        let extension = self.extension.clone().unwrap_or_default();
        let keys = match extension.as_str() {
            "png" => vec![keys::picture("original", self.id)],
            "mp4" => keys::movie(self.id).to_vec(),
            _ => vec![keys::generic(self.id)],
        };
        let base = match self.original_name.as_deref() {
            Some(name) if self.original.unwrap_or_default() && !name.is_empty() => name.to_owned(),
            _ => {
                let names = EntityNames::new(
                    self.kind.clone(),
                    self.entity.clone(),
                    self.parent.clone(),
                    self.grandparent.clone(),
                );
                let text = |name: &Option<String>| name.clone().unwrap_or_default();
                let revision = format!("v{}", self.revision.unwrap_or(1));
                slug(&[text(&self.project), names.full(), text(&self.task_type), revision].join("_"))
            }
        };
        Packed {
            name: packed_name(&file_name(&base, self.position, &extension)),
            keys,
        }
    }
}

/// The files of the previews that the entries show, with the others of their revisions.
async fn files(database: &Database, playlist_id: Uuid) -> Result<VecDeque<Packed>, Failure> {
    let entries = playlists::stored_entries(database, playlist_id).await?;
    let ids: Vec<Uuid> = entries.iter().filter_map(|entry| entry.preview_file_id).collect();
    let mut sql = Sql::new(
        "SELECT q.id AS shown, p.id, p.extension, p.original_name, p.position, p.revision, t.entity_id, k.name AS kind, e.name AS entity, \
         pa.name AS parent, gp.name AS grandparent, tt.name AS task_type, pr.name AS project, \
         (SELECT o.use_original_file_name FROM organisation o ORDER BY o.created_at, o.id LIMIT 1) AS original \
         FROM preview_file q JOIN preview_file p ON p.task_id = q.task_id AND p.revision IS NOT DISTINCT FROM q.revision \
         JOIN task t ON t.id = p.task_id LEFT JOIN project pr ON pr.id = t.project_id LEFT JOIN task_type tt ON tt.id = t.task_type_id \
         LEFT JOIN entity e ON e.id = t.entity_id LEFT JOIN entity_type k ON k.id = e.entity_type_id \
         LEFT JOIN entity pa ON pa.id = e.parent_id LEFT JOIN entity gp ON gp.id = pa.parent_id WHERE q.id",
    );
    sql.among(&ids)
        .push(" ORDER BY COALESCE(p.position, 0), p.created_at, p.id");
    let mut found: HashMap<Uuid, Vec<ArchivedPreview>> = HashMap::new();
    for row in database::read_all::<ArchivedPreview>(database, &sql).await? {
        found.entry(row.shown).or_default().push(row);
    }
    let mut taken = HashSet::new();
    let mut files = VecDeque::new();
    for entry in entries {
        let previews = entry
            .preview_file_id
            .and_then(|id| found.get(&id))
            .into_iter()
            .flatten();
        for preview in previews.filter(|preview| preview.entity_id == entry.entity_id) {
            let Packed { name, keys } = preview.packed();
            files.push_back(Packed {
                name: unique(&mut taken, name),
                keys,
            });
        }
    }
    Ok(files)
}

/// The name, with a number in front when it is taken.
fn unique(taken: &mut HashSet<String>, name: String) -> String {
    let mut candidate = name.clone();
    let mut number = 2;
    while !taken.insert(candidate.to_lowercase()) {
        candidate = format!("{number}_{name}");
        number += 1;
    }
    candidate
}

/// Bytes that are written of an archive and not sent yet.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn take(&self) -> Vec<u8> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Buffer {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An archive that is being written.
struct Archive {
    storage: Storage,
    left: VecDeque<Packed>,
    buffer: Buffer,
    /// None once the archive is complete.
    writer: Option<ZipWriter<StreamWriter<Buffer>>>,
    /// Content of the file that is being written.
    content: Option<BoxStream<'static, io::Result<Bytes>>>,
}

/// The archive in parts.
fn stream(storage: Storage, files: VecDeque<Packed>) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let buffer = Buffer::default();
    let writer = Some(ZipWriter::new_stream(buffer.clone()));
    let archive = Archive {
        storage,
        left: files,
        buffer,
        writer,
        content: None,
    };
    futures::stream::try_unfold(archive, |mut archive| async move {
        Ok(archive.next().await?.map(|part| (part, archive)))
    })
}

impl Archive {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            let part = self.buffer.take();
            if !part.is_empty() {
                return Ok(Some(part.into()));
            }
            let Some(writer) = &mut self.writer else {
                return Ok(None);
            };
            if let Some(content) = &mut self.content {
                match content.try_next().await? {
                    Some(chunk) => writer.write_all(&chunk)?,
                    None => self.content = None,
                }
            } else if let Some(file) = self.left.pop_front() {
                self.open(file).await?;
            } else if let Some(writer) = self.writer.take() {
                writer.finish().map_err(io::Error::other)?;
            }
        }
    }

    /// Begins with a file, unless it is nowhere.
    async fn open(&mut self, file: Packed) -> io::Result<()> {
        for key in &file.keys {
            let Some(stored) = self.storage.get(key, None).await.map_err(io::Error::other)? else {
                continue;
            };
            let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            let options = options.large_file(stored.meta.size >= u64::from(u32::MAX));
            if let Some(writer) = &mut self.writer {
                writer.start_file(file.name, options).map_err(io::Error::other)?;
            }
            self.content = Some(stored.into_stream());
            return Ok(());
        }
        tracing::warn!(
            name = file.name,
            "a preview is left out of an archive: its file is missing"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        let mut taken = HashSet::new();
        let names = ["a.mp4", "a.mp4", "A.mp4", "b.mp4"].map(|name| unique(&mut taken, name.to_owned()));
        assert_eq!(
            names,
            ["a.mp4", "2_a.mp4", "2_A.mp4", "b.mp4"].map(|name| name.replace("2_A", "3_A"))
        );
    }
}

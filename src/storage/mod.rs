//! The file store: previews, thumbnails, avatars, movies, attachments and dumps, in a local
//! folder or in an S3-compatible service.

mod backend;
mod disposition;
mod key;
mod serve;

use std::{io, ops::Range, path::Path, sync::Arc};

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{GetOptions, GetResult, GetResultPayload, ObjectMeta, ObjectStoreExt, buffered::BufWriter};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio_util::io::ReaderStream;

pub use backend::{Backend, S3Settings, StorageSettings};
pub use disposition::Disposition;
pub use key::{Bucket, FileKey, NoKey};
pub use serve::{Cache, Delivery, ServeError, serve};

use backend::OpenBucket;

/// Bytes read at once from a local file.
const READ_CHUNK: usize = 256 * 1024;
/// Bytes of one part of an upload; smaller files are stored by a single request. S3 takes at
/// most 10 000 parts of at least 5 MiB.
const UPLOAD_PART: usize = 8 * 1024 * 1024;
/// Parts of one upload under way at once, which bounds the memory an upload takes.
const UPLOAD_CONCURRENCY: usize = 4;
/// S3 refuses to copy larger objects by itself.
const SERVER_SIDE_COPY_LIMIT: u64 = 5 * 1024 * 1024 * 1024;

/// Name of an object that nobody stores, which is asked for to find out whether somebody answers.
const PROBE: &str = "is-somebody-there";

/// Reason why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// A bucket is missing and could not be created.
    #[error("bucket `{bucket}` could not be created: {reason}")]
    CreateBucket {
        /// Full name of the bucket.
        bucket: String,
        /// Answer of the service.
        reason: String,
    },
    /// The store failed or refused.
    #[error(transparent)]
    Store(#[from] object_store::Error),
    /// A local file could not be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Facts about a stored file without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileMeta {
    /// Size in bytes, never zero.
    pub size: u64,
    /// Moment at which the file was last written.
    pub modified: DateTime<Utc>,
    /// Strong entity tag, with its quotes.
    pub etag: String,
}

/// Thing that a bucket holds at one place.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Key of the file; none for what is not stored by this server.
    pub key: Option<FileKey>,
    /// Its place, for messages.
    pub name: String,
    /// Size in bytes; zero is what an interrupted copy leaves behind.
    pub size: u64,
    /// Moment at which it was last written.
    pub modified: DateTime<Utc>,
}

/// A stored file, or a part of it, ready to be read.
pub struct StoredFile {
    /// Facts about the whole file.
    pub meta: FileMeta,
    /// The bytes that are read; the end is exclusive.
    pub range: Range<u64>,
    stream: BoxStream<'static, io::Result<Bytes>>,
}

impl StoredFile {
    /// The content in chunks, read while it is consumed.
    pub fn into_stream(self) -> BoxStream<'static, io::Result<Bytes>> {
        self.stream
    }

    /// The content at once: for small files only.
    ///
    /// # Errors
    /// The store fails on the way.
    pub async fn into_bytes(self) -> Result<Bytes, StorageError> {
        let mut content = BytesMut::new();
        let mut stream = self.stream;
        while let Some(chunk) = stream.try_next().await? {
            content.extend_from_slice(&chunk);
        }
        Ok(content.freeze())
    }
}

/// The file store. Cloning it is cheap.
///
/// A file without content counts as absent: it is what an interrupted copy leaves behind.
#[derive(Clone)]
pub struct Storage {
    buckets: Arc<[OpenBucket; 3]>,
}

impl Storage {
    /// Opens the store, creating folders or buckets where the settings say so.
    ///
    /// # Errors
    /// A folder or bucket cannot be created, or the settings of the service are invalid.
    /// A service that does not answer is only noticed when buckets are to be created.
    pub async fn open(settings: &StorageSettings) -> Result<Self, StorageError> {
        let [pictures, movies, files] = Bucket::ALL;
        Ok(Self {
            buckets: Arc::new([
                backend::open(pictures, settings).await?,
                backend::open(movies, settings).await?,
                backend::open(files, settings).await?,
            ]),
        })
    }

    /// Stores the bytes, replacing what was there. Readers see the former or the new file,
    /// never a part.
    ///
    /// # Errors
    /// The store fails; the former file is then untouched.
    pub async fn put(&self, key: &FileKey, content: Bytes) -> Result<(), StorageError> {
        let (bucket, location) = self.locate(key);
        bucket.store.put(&location, content.into()).await?;
        Ok(())
    }

    /// Stores a copy of a local file without loading it, and returns its size in bytes.
    ///
    /// # Errors
    /// The file cannot be read or the store fails; the former file is then untouched.
    pub async fn put_file(&self, key: &FileKey, path: &Path) -> Result<u64, StorageError> {
        let file = tokio::fs::File::open(path).await?;
        self.put_stream(key, ReaderStream::with_capacity(file, READ_CHUNK))
            .await
    }

    /// Stores what the stream gives without keeping it in memory, and returns its size in bytes.
    ///
    /// # Errors
    /// The stream or the store fails; the former file is then untouched.
    pub async fn put_stream(
        &self,
        key: &FileKey,
        content: impl Stream<Item = io::Result<Bytes>>,
    ) -> Result<u64, StorageError> {
        let (bucket, location) = self.locate(key);
        let mut writer = BufWriter::with_capacity(bucket.store.clone(), location, UPLOAD_PART)
            .with_max_concurrency(UPLOAD_CONCURRENCY);
        match fill(&mut writer, content).await {
            Ok(size) => {
                writer.shutdown().await?;
                Ok(size)
            }
            Err(error) => {
                // The first error tells more than one of the cleaning up.
                let _ = writer.abort().await;
                Err(error)
            }
        }
    }

    /// Opens the file, or the given part of it, which must lie inside of the file. `None` when
    /// there is no such file.
    ///
    /// # Errors
    /// The store fails or the range lies outside of the file.
    pub async fn get(&self, key: &FileKey, range: Option<Range<u64>>) -> Result<Option<StoredFile>, StorageError> {
        let (bucket, location) = self.locate(key);
        let options = GetOptions {
            range: range.map(Into::into),
            ..GetOptions::default()
        };
        let Some(found) = present(bucket.store.get_opts(&location, options).await)? else {
            return Ok(None);
        };
        let Some(meta) = file_meta(&found.meta) else {
            return Ok(None);
        };
        let range = found.range.clone();
        Ok(Some(StoredFile {
            meta,
            range,
            stream: content_stream(found).await?,
        }))
    }

    /// Facts about the file; `None` when there is no such file.
    ///
    /// # Errors
    /// The store fails.
    pub async fn head(&self, key: &FileKey) -> Result<Option<FileMeta>, StorageError> {
        let (bucket, location) = self.locate(key);
        let found = present(bucket.store.head(&location).await)?;
        Ok(found.as_ref().and_then(file_meta))
    }

    /// Everything in a bucket, in no order.
    pub fn list(&self, bucket: Bucket) -> BoxStream<'static, Result<Listed, StorageError>> {
        let place = self.bucket(bucket);
        let layout = place.layout;
        let found = place.store.list(None);
        let listed = move |meta: ObjectMeta| Listed {
            key: FileKey::at(bucket, &meta.location, layout),
            name: format!("{}/{}", bucket.name(), meta.location),
            size: meta.size,
            modified: meta.last_modified,
        };
        found.map_ok(listed).map_err(StorageError::from).boxed()
    }

    /// Asks each bucket for something: one may be missing, or closed to the key.
    ///
    /// # Errors
    /// A bucket is not there, or does not answer.
    pub async fn reach(&self) -> Result<(), StorageError> {
        for bucket in self.buckets.iter() {
            match &bucket.folder {
                Some(folder) => {
                    tokio::fs::metadata(folder).await?;
                }
                // Only a listing tells a bucket that is not there from a file that is not there.
                None => {
                    bucket.store.list(Some(&PROBE.into())).try_next().await?;
                }
            }
        }
        Ok(())
    }

    /// True if the files can be reached.
    pub async fn is_reached(&self) -> bool {
        self.reach().await.is_ok()
    }

    /// True if there is such a file.
    ///
    /// # Errors
    /// The store fails.
    pub async fn exists(&self, key: &FileKey) -> Result<bool, StorageError> {
        Ok(self.head(key).await?.is_some())
    }

    /// Removes the file, if there is one.
    ///
    /// # Errors
    /// The store fails.
    pub async fn delete(&self, key: &FileKey) -> Result<(), StorageError> {
        let (bucket, location) = self.locate(key);
        present(bucket.store.delete(&location).await)?;
        Ok(())
    }

    /// Copies a file to another key, inside of the store where it can. `false` when there is
    /// nothing to copy.
    ///
    /// # Errors
    /// The store fails.
    pub async fn copy(&self, from: &FileKey, to: &FileKey) -> Result<bool, StorageError> {
        let Some(meta) = self.head(from).await? else {
            return Ok(false);
        };
        if from.bucket() != to.bucket() || meta.size > SERVER_SIDE_COPY_LIMIT {
            return self.transfer(from, self, to).await;
        }
        let (bucket, source) = self.locate(from);
        let (_, target) = self.locate(to);
        Ok(present(bucket.store.copy(&source, &target).await)?.is_some())
    }

    /// Copies a file into another store, through this machine. `false` when there is nothing
    /// to copy.
    ///
    /// # Errors
    /// One of the stores fails.
    pub async fn transfer(&self, from: &FileKey, target: &Self, to: &FileKey) -> Result<bool, StorageError> {
        let Some(file) = self.get(from, None).await? else {
            return Ok(false);
        };
        target.put_stream(to, file.into_stream()).await?;
        Ok(true)
    }

    /// Writes the file to a local path, for programs that only read files (`ffmpeg`). `false`
    /// when there is no such file.
    ///
    /// # Errors
    /// The store fails or the path cannot be written; an incomplete file may then be left
    /// at the path.
    pub async fn download(&self, key: &FileKey, path: &Path) -> Result<bool, StorageError> {
        let Some(file) = self.get(key, None).await? else {
            return Ok(false);
        };
        let mut target = tokio::fs::File::create(path).await?;
        let mut stream = file.into_stream();
        while let Some(chunk) = stream.try_next().await? {
            target.write_all(&chunk).await?;
        }
        target.flush().await?;
        Ok(true)
    }

    fn bucket(&self, bucket: Bucket) -> &OpenBucket {
        let [pictures, movies, files] = self.buckets.as_ref();
        match bucket {
            Bucket::Pictures => pictures,
            Bucket::Movies => movies,
            Bucket::Files => files,
        }
    }

    fn locate(&self, key: &FileKey) -> (&OpenBucket, object_store::path::Path) {
        let bucket = self.bucket(key.bucket());
        (bucket, key.location(bucket.layout))
    }
}

/// Sends the stream to the writer, and returns how many bytes it was.
async fn fill(writer: &mut BufWriter, content: impl Stream<Item = io::Result<Bytes>>) -> Result<u64, StorageError> {
    let mut content = std::pin::pin!(content);
    let mut size = 0;
    while let Some(chunk) = content.try_next().await? {
        size += chunk.len() as u64;
        writer.put(chunk).await?;
    }
    Ok(size)
}

/// Turns the error that tells of a missing file into `None`.
fn present<T>(answer: object_store::Result<T>) -> Result<Option<T>, StorageError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn file_meta(meta: &ObjectMeta) -> Option<FileMeta> {
    if meta.size == 0 {
        return None;
    }
    let etag = match &meta.e_tag {
        Some(tag) => format!("\"{}\"", tag.trim_start_matches("W/").trim_matches('"')),
        None => format!("\"{:x}-{:x}\"", meta.last_modified.timestamp_micros(), meta.size),
    };
    Some(FileMeta {
        size: meta.size,
        modified: meta.last_modified,
        etag,
    })
}

async fn content_stream(found: GetResult) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
    match found.payload {
        // The library reads files by 8 KiB, with a change of thread for each.
        GetResultPayload::File(file, _) => {
            let mut file = tokio::fs::File::from_std(file);
            file.seek(io::SeekFrom::Start(found.range.start)).await?;
            let part = file.take(found.range.end - found.range.start);
            Ok(ReaderStream::with_capacity(part, READ_CHUNK).boxed())
        }
        GetResultPayload::Stream(stream) => Ok(stream.map_err(io::Error::from).boxed()),
    }
}

#[cfg(test)]
mod tests;

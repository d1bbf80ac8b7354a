//! The stored files in the archive.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};

use bytes::Bytes;
use futures::TryStreamExt;
use zip::CompressionMethod;

use super::DumpError;
use super::archive::{Reader, member};
use super::manifest::{FilesPart, StoredPart};
use super::summed::Summed;
use super::writing::{Archive, compressed};
use crate::progress::Progress;
use crate::storage::{Bucket, FileKey, Storage, StoredFile};

/// Name of the member that lists them.
const LIST: &str = "files.jsonl";
/// Bytes of a file that are in memory at once.
const CHUNK: usize = 256 * 1024;

/// Writes every stored file as a member, and the list of them. Gives what the storage holds beside the files of Dailies,
/// too, which is left out.
///
/// # Errors
/// The storage or the disk fails.
pub(super) async fn write(storage: &Storage, archive: &mut Archive) -> Result<(FilesPart, Vec<String>), DumpError> {
    let mut list = Summed::new(BufWriter::new(tempfile::tempfile()?));
    let (mut count, mut bytes, mut strange) = (0, 0, Vec::new());
    let progress = Progress::start(0);
    for bucket in Bucket::ALL {
        progress.next(format!("Files: {}", bucket.name()));
        let mut found = storage.list(bucket);
        while let Some(listed) = found.try_next().await? {
            let Some(key) = listed.key else {
                strange.push(listed.name);
                continue;
            };
            // One that was removed meanwhile belongs to no row any more.
            let Some(file) = storage.get(&key, None).await? else {
                continue;
            };
            let part = write_file(archive, key.to_string(), file).await?;
            list.write_all(&serde_json::to_vec(&part).map_err(io::Error::from)?)?;
            list.write_all(b"\n")?;
            count += 1;
            bytes += part.bytes;
            progress.more(1);
        }
    }
    progress.finish();
    let part = FilesPart {
        member: LIST.to_owned(),
        count,
        bytes,
        sha256: write_list(archive, list)?,
    };
    Ok((part, strange))
}

/// Writes a stored file as a member.
async fn write_file(archive: &mut Archive, name: String, file: StoredFile) -> Result<StoredPart, DumpError> {
    // Media are compressed already.
    let options = compressed().compression_method(CompressionMethod::Stored);
    archive.start_file(StoredPart::member(&name), options)?;
    let mut out = Summed::new(archive);
    let mut content = file.into_stream();
    while let Some(chunk) = content.try_next().await? {
        out.write_all(&chunk)?;
    }
    Ok(StoredPart {
        name,
        bytes: out.bytes,
        sha256: out.sum(),
    })
}

/// Writes the list of the files as a member, and gives its sum.
fn write_list(archive: &mut Archive, list: Summed<BufWriter<File>>) -> Result<String, DumpError> {
    archive.start_file(LIST, compressed())?;
    let (list, sum) = list.into_parts();
    let mut list = list.into_inner().map_err(io::IntoInnerError::into_error)?;
    list.rewind()?;
    io::copy(&mut list, archive)?;
    Ok(sum)
}

/// The files that the list of an archive names.
///
/// # Errors
/// The list can't be read.
fn listed(
    archive: &mut Reader,
    part: &FilesPart,
) -> Result<impl Iterator<Item = Result<StoredPart, DumpError>> + use<>, DumpError> {
    // The list is put aside, since the archive reads one member at a time.
    let mut file = tempfile::tempfile()?;
    io::copy(&mut member(archive, &part.member)?, &mut file)?;
    file.rewind()?;
    let read = |line: io::Result<String>| -> Result<StoredPart, DumpError> {
        serde_json::from_str(&line?).map_err(|error| DumpError::Damaged(format!("{LIST}: {error}")))
    };
    Ok(BufReader::new(file).lines().map(read))
}

/// Reads every file, and compares it with the list.
///
/// # Errors
/// A file is missing, is another one, or has a name that is none of the store.
pub(super) fn check(archive: &mut Reader, part: &FilesPart, progress: &Progress) -> Result<(), DumpError> {
    let mut count = 0;
    for file in listed(archive, part)? {
        let StoredPart { name, bytes, sha256 } = file?;
        let damaged = |what: &str| DumpError::Damaged(format!("the stored file {name} {what}"));
        name.parse::<FileKey>()
            .map_err(|_| damaged("has a name that no file has"))?;
        let mut content = Summed::new(member(archive, &StoredPart::member(&name))?);
        io::copy(&mut content, &mut io::sink()).map_err(|error| damaged(&format!("can't be read: {error}")))?;
        if content.bytes != bytes || content.sum() != sha256 {
            return Err(damaged("is not the one that was dumped"));
        }
        count += 1;
        progress.done(1);
    }
    if count == part.count {
        Ok(())
    } else {
        Err(DumpError::Damaged(format!(
            "it lists {count} stored files instead of {}",
            part.count
        )))
    }
}

/// Puts every file into the store, in place of an earlier one.
///
/// # Errors
/// The storage fails, or the archive can't be read any more.
pub(super) async fn restore(archive: &mut Reader, part: &FilesPart, storage: &Storage) -> Result<(), DumpError> {
    let count = usize::try_from(part.count).unwrap_or(usize::MAX);
    let progress = Progress::start(count);
    progress.part("Files", count);
    for file in listed(archive, part)? {
        let name = file?.name;
        let key: FileKey = name.parse().map_err(|_| DumpError::Unlisted(name.clone()))?;
        let content = member(archive, &StoredPart::member(&name))?;
        storage
            .put_stream(
                &key,
                futures::stream::try_unfold(content, |content| async move { next(content) }),
            )
            .await?;
        progress.done(1);
    }
    progress.finish();
    Ok(())
}

/// The next bytes of a member, and the member behind them.
fn next<R: Read>(mut content: R) -> io::Result<Option<(Bytes, R)>> {
    let mut chunk = Vec::with_capacity(CHUNK);
    content.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)?;
    Ok(if chunk.is_empty() {
        None
    } else {
        Some((chunk.into(), content))
    })
}

//! The archive as it is read: its members, and whether all of them are what was written.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::read::ZipFile;

use super::manifest::{FORMAT, MANIFEST, Manifest, TablePart};
use super::summed::Summed;
use super::{DumpError, stored};
use crate::progress::Progress;

/// An archive that is read.
pub(super) type Reader = ZipArchive<BufReader<File>>;

/// Opens an archive, and reads what it says of itself.
///
/// # Errors
/// It is none, or one of a newer release.
pub(super) fn open(file: &Path) -> Result<(Reader, Manifest), DumpError> {
    let mut archive = ZipArchive::new(BufReader::new(File::open(file)?))?;
    let mut text = String::new();
    let member = archive
        .by_name(MANIFEST)
        .map_err(|_| DumpError::NoDump(format!("it has no {MANIFEST}")))?;
    BufReader::new(member).read_to_string(&mut text)?;
    let manifest: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| DumpError::NoDump(error.to_string()))?;
    let version = manifest["version"].as_str().unwrap_or_default();
    if manifest["format"]
        .as_u64()
        .is_none_or(|format| format > u64::from(FORMAT))
    {
        return Err(DumpError::Newer(version.to_owned()));
    }
    let manifest = serde_json::from_value(manifest).map_err(|error| DumpError::NoDump(error.to_string()))?;
    Ok((archive, manifest))
}

/// A member of an archive.
///
/// # Errors
/// It is not there.
pub(super) fn member<'a>(archive: &'a mut Reader, name: &str) -> Result<ZipFile<'a, BufReader<File>>, DumpError> {
    archive
        .by_name(name)
        .map_err(|error| DumpError::Damaged(format!("{name}: {error}")))
}

/// Reads everything in an archive, and compares it with what was written.
///
/// # Errors
/// Something is missing, or not what it was.
pub(super) fn check(archive: &mut Reader, manifest: &Manifest, with_files: bool) -> Result<(), DumpError> {
    let files = manifest.files.as_ref().filter(|_| with_files);
    let count = files.map_or(0, |files| usize::try_from(files.count).unwrap_or(usize::MAX));
    let progress = Progress::start(manifest.tables.len() + count);
    progress.part("Checking", manifest.tables.len() + count);
    for TablePart {
        member: name,
        rows,
        sha256,
        ..
    } in &manifest.tables
    {
        let (found, sum) =
            lines(member(archive, name)?).map_err(|error| DumpError::Damaged(format!("{name}: {error}")))?;
        if found != *rows || sum != *sha256 {
            return Err(DumpError::Damaged(format!("{name} is not the member that was written")));
        }
        progress.done(1);
    }
    if let Some(files) = files {
        let (_, sum) = lines(member(archive, &files.member)?)
            .map_err(|error| DumpError::Damaged(format!("{}: {error}", files.member)))?;
        if sum != files.sha256 {
            return Err(DumpError::Damaged(format!(
                "{} is not the member that was written",
                files.member
            )));
        }
        stored::check(archive, files, &progress)?;
    }
    progress.finish();
    Ok(())
}

/// Number of lines, and the sum of everything.
fn lines(content: impl Read) -> io::Result<(u64, String)> {
    let mut content = BufReader::new(Summed::new(content));
    let (mut count, mut line) = (0, Vec::new());
    while content.read_until(b'\n', &mut line)? > 0 {
        count += 1;
        line.clear();
    }
    Ok((count, content.into_inner().sum()))
}

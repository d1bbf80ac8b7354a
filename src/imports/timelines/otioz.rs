//! Timelines of OpenTimelineIO in an archive, with or without the media that they show. The media are not looked at.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::Wrong;

/// Member of the archive that is the timeline.
const TIMELINE: &str = "content.otio";
/// Most bytes of the timeline: it is read into memory as a whole.
const LARGEST_TIMELINE: u64 = 32 * 1024 * 1024;

/// The timeline of an archive, as the bytes of an OTIO file.
///
/// # Errors
/// It is no archive, or has no timeline in it.
pub(super) fn timeline(content: &[u8]) -> Result<Vec<u8>, Wrong> {
    let mut archive = ZipArchive::new(Cursor::new(content)).map_err(|error| format!("it is no archive: {error}"))?;
    let member = archive
        .by_name(TIMELINE)
        .map_err(|error| format!("it has no {TIMELINE} that can be read: {error}"))?;
    let mut timeline = Vec::new();
    // One byte more tells that there is too much of it, whatever the archive says of its size.
    let read = member
        .take(LARGEST_TIMELINE + 1)
        .read_to_end(&mut timeline)
        .map_err(|error| format!("{TIMELINE} is damaged: {error}"))?;
    if u64::try_from(read).is_ok_and(|read| read <= LARGEST_TIMELINE) {
        Ok(timeline)
    } else {
        Err(format!("{TIMELINE} has more than {LARGEST_TIMELINE} bytes"))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;

    fn archive(member: &str, content: &[u8]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive
            .start_file(
                member,
                SimpleFileOptions::default().compression_method(CompressionMethod::Stored),
            )
            .unwrap();
        archive.write_all(content).unwrap();
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn the_timeline_is_taken_out_of_the_archive() {
        assert_eq!(timeline(&archive(TIMELINE, b"{}")), Ok(b"{}".to_vec()));
    }

    #[test]
    fn archives_without_a_timeline_are_refused() {
        assert!(timeline(b"{}").is_err_and(|wrong| wrong.starts_with("it is no archive: ")));
        assert!(timeline(&archive("media/a.mov", b"")).is_err_and(|wrong| wrong.starts_with("it has no content.otio")));
        let longest = usize::try_from(LARGEST_TIMELINE).unwrap();
        assert!(
            timeline(&archive(TIMELINE, &vec![b' '; longest + 1]))
                .is_err_and(|wrong| wrong.starts_with("content.otio has more than"))
        );
    }
}
